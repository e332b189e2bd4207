"""What ark answers: a task in every phase, and what is wrong."""

from collections.abc import Mapping
from typing import Any

from simulator.core.problems import Problem
from simulator.core.task import Task
from simulator.dialects import ark_errors
from simulator.dialects.ark.rules import ENDPOINT_MODEL, MODELS
from simulator.dialects.ark_family import task_object
from simulator.engine import Engine
from simulator.engine.call import Call, Reply
from simulator.engine.dialect import Event


def render(task: Task, engine: Engine, base: str, now: int) -> dict[str, Any]:
    """A task as the query, the list and the callbacks give it."""
    extra = task.order.extra
    also: dict[str, Any] = {
        "service_tier": "default",
        "execution_expires_after": extra["execution_expires_after"],
        "generate_audio": task.order.sound,
        "draft": False,
        "priority": extra["priority"],
    }
    if extra["safety_identifier"] is not None:
        also["safety_identifier"] = extra["safety_identifier"]
    body = task_object(task, engine, base, now, MODELS[task.order.model], also)
    if extra["web_search"] and "usage" in body:
        body["usage"]["tool_usage"] = {"web_search": 0}
    return body


def callback_body(event: Event, engine: Engine) -> Mapping[str, Any]:
    """A callback says what a query at its moment would."""
    return render(event.task, engine, event.task.base, event.at)


def refuse_call(problem: Problem, call: Call) -> Reply:
    """A problem in Ark's words, which name the model's family."""
    model = MODELS.get(str(call.body.get("model")), MODELS[ENDPOINT_MODEL])
    return ark_errors.refusal(problem, call, model.family)
