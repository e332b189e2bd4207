"""What ark answers: a task in every phase, and what is wrong."""

from collections.abc import Mapping
from typing import Any

from simulator.core.problems import Problem
from simulator.core.task import Task
from simulator.dialects import ark_errors
from simulator.dialects.ark import entrance, plan
from simulator.dialects.ark_answers import task_object
from simulator.dialects.ark_models import MODELS
from simulator.dialects.ark_rows import ENDPOINT_MODEL
from simulator.engine import Engine
from simulator.engine.call import Call, Reply
from simulator.engine.dialect import Event


def render(task: Task, engine: Engine, base: str, now: int) -> dict[str, Any]:
    """A task as the query, the list and the callbacks give it."""
    order, extra = task.order, task.order.extra
    model = MODELS[order.model]
    also: dict[str, Any] = {
        "service_tier": extra["service_tier"],
        "execution_expires_after": extra["execution_expires_after"],
        "generate_audio": order.sound,
        "draft": order.draft,
        "priority": extra["priority"],
    }
    if "draft" in extra:
        # A final video lacks three of them, in live answers of 2026-09-30.
        finals = {"generate_audio": order.sound, "draft": False, "draft_task_id": extra["draft"]}
        also = finals
    if extra["safety_identifier"] is not None:
        also["safety_identifier"] = extra["safety_identifier"]
    body = task_object(task, engine, base, now, model, also)
    if "usage" in body and (engine.observed or "output_format" not in model.refused):
        body["output_format"] = order.container
    if extra["web_search"] and "usage" in body:
        body["usage"]["tool_usage"] = {"web_search": 0}
    return body


def callback_body(event: Event, engine: Engine) -> Mapping[str, Any]:
    """A callback says what a query at its moment would."""
    return render(event.task, engine, event.task.base, event.at)


def refuse_call(problem: Problem, call: Call) -> Reply:
    """A problem in Ark's words, which name the model's family; the asset library has its own."""
    if call.path == entrance.ROOT:
        return entrance.refusal(problem, call)
    model = MODELS.get(str(call.body.get("model")), MODELS[ENDPOINT_MODEL])
    if plan.missing(call, problem):
        return ark_errors.unsupported_model(plan.UNSUPPORTED, call)
    return ark_errors.refusal(problem, call, model.family)
