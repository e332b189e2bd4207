"""Ark as what stands behind a gateway: the orders that it takes, its words for the others."""

from collections.abc import Mapping
from typing import Any

from simulator.core.chance import Chance
from simulator.core.problems import Problem
from simulator.core.table import check
from simulator.core.task import Order, Task
from simulator.dialects.ark.render import refuse_call, render
from simulator.dialects.ark.routes import ordered
from simulator.dialects.ark.rules import OBSERVED_RULES, RULES
from simulator.dialects.ark_family import named, tidy
from simulator.engine import Engine
from simulator.engine.call import Call, Reply


async def take(call: Call, engine: Engine, chance: Chance) -> Order:
    """The order that a body is for Ark, or a refusal, to be worded by ``refusal``."""
    body = tidy(call.body)
    check(OBSERVED_RULES if engine.observed else RULES, body)
    return await ordered(call.holding(body), engine, chance)


def refusal(problem: Problem, call: Call) -> Reply:
    """Ark's answer to an order that is not good, as the gateway gets it."""
    return refuse_call(problem, call)


def task_id(task: Task) -> str:
    """The id under which Ark knows a task to which the gateway has given another."""
    return named("cgt", task.created, Chance.of("upstream", task.id), "id")


def shown(task: Task, engine: Engine, base: str, now: int) -> Mapping[str, Any]:
    """Ark's own object of a task."""
    return {**render(task, engine, base, now), "id": task_id(task)}
