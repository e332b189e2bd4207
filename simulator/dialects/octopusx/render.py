"""How OctopusX shows a task: the envelope, the OpenAI object, and Ark's own one, passed on."""

from collections.abc import Mapping
from typing import Any

from simulator.core.chance import ALNUM, Chance
from simulator.core.clock import SECOND
from simulator.core.task import Phase, Task
from simulator.dialects import newapi_base
from simulator.dialects.ark_answers import clip_links, length, task_object, usage
from simulator.dialects.newapi_polling import TIMED_OUT, Row, row, upstream
from simulator.dialects.octopusx.rules import MODELS
from simulator.engine import Engine
from simulator.engine.dialect import Event

STATUS: Mapping[Phase, str] = {**newapi_base.STATUS, Phase.QUEUED: "SUBMITTED"}
# The word inside agrees with the one outside, in the upstream's spelling.
INNER: Mapping[str, str] = {
    "SUBMITTED": "queued",
    "IN_PROGRESS": "processing",
    "SUCCESS": "succeeded",
    "FAILURE": "failed",
}
# "About 12 hours" in the documentation of the query; the links themselves hold 24.
DOCUMENTED_LIFE, OBSERVED_LIFE = 43200, 86400


def _life(engine: Engine) -> int:
    return OBSERVED_LIFE if engine.observed else DOCUMENTED_LIFE


def _links(task: Task, engine: Engine, base: str) -> dict[str, str]:
    return clip_links(task, engine, base, MODELS[task.order.model], _life(engine))


def alias(task_id: str) -> str:
    """The id under which the code base shows a task whose create call gave the upstream's."""
    return "task_" + Chance.of("alias", task_id).word("id", ALNUM, newapi_base.TASK_ID_LENGTH)


def envelope(task: Task, engine: Engine, base: str, now: int) -> dict[str, Any]:
    """A task in the gateway's envelope, with the upstream's inside."""
    if engine.observed:
        return _row(task, engine, base, now)
    status = STATUS[task.phase(now)]
    data = {"task_id": task.id, "status": status, "progress": f"{newapi_base.PERCENT[status]}%"}
    if status == "FAILURE":
        data["fail_reason"] = newapi_base.failure(task, now)[1]
    inner = _inner(task, engine, base, status)
    return newapi_base.envelope({**data, **newapi_base.times(task, now), "data": inner})


def _inner(task: Task, engine: Engine, base: str, status: str) -> dict[str, Any]:
    order, done = task.order, status == "SUCCESS"
    inner: dict[str, Any] = {
        "status": INNER[status],
        **length(order),
        "resolution": order.resolution,
        "ratio": order.ratio,
        "content": _links(task, engine, base) if done else {},
        "usage": usage(task, engine) if done else {},
    }
    return {**inner, **_draft(task)}


def _row(task: Task, engine: Engine, base: str, now: int) -> dict[str, Any]:
    """The task as the code base has it, which asks the upstream from time to time."""
    known, body = _asked(task, engine, base, now)
    told = newapi_base.full_task(
        task,
        known,
        newapi_base.sorted_keys(body),
        quota=newapi_base.quota_of(task, known),
        url=body["content"]["video_url"] if known.status == "SUCCESS" else "",
        reason=TIMED_OUT if known.timed_out else body.get("error", {}).get("message", ""),
    )
    return newapi_base.envelope({**told, "task_id": alias(task.id)}, "")


def _asked(task: Task, engine: Engine, base: str, now: int) -> tuple[Row, Mapping[str, Any]]:
    """What the gateway knows of a task, and what the upstream said of it when it was last asked."""
    known = row(task, now, newapi_base.rounds(engine))
    if known.asked is None:
        return known, {"id": task.id}
    return known, _upstream_object(upstream(task), engine, base, known.asked)


def _draft(task: Task) -> dict[str, str]:
    made_from = task.order.extra.get("draft_task_id")
    return {"draft_task_id": made_from} if made_from else {}


def video_object(task: Task, engine: Engine, base: str, now: int) -> dict[str, Any]:
    """The same task as an OpenAI video object."""
    if engine.observed:
        return _observed_object(task, engine, base, now)
    status = STATUS[task.phase(now)]
    body: dict[str, Any] = {
        "id": task.id,
        "task_id": task.id,
        "object": "video",
        "model": task.order.model,
        "status": newapi_base.OPENAI[status],
        "progress": newapi_base.PERCENT[status],
        "created_at": task.created // SECOND,
    }
    if status in ("SUCCESS", "FAILURE"):
        body["completed_at"] = task.updated_at(now) // SECOND
    if status == "SUCCESS":
        body["metadata"] = {"url": _links(task, engine, base)["video_url"]}
    if status == "FAILURE":
        code, message = newapi_base.failure(task, now)
        body["error"] = {"message": message, "code": code}
    return body


def _observed_object(task: Task, engine: Engine, base: str, now: int) -> dict[str, Any]:
    known, body = _asked(task, engine, base, now)
    error = body.get("error") if known.status == "FAILURE" and not known.timed_out else None
    url = body.get("content", {}).get("video_url", "")
    told = None if error is None else (error["code"], error["message"])
    return newapi_base.video_object(task, known, url, told)


def callback_body(event: Event, engine: Engine) -> Mapping[str, Any]:
    """What the query answers at that moment."""
    return envelope(event.task, engine, event.task.base, event.at)


def passed_on(event: Event, engine: Engine) -> Mapping[str, Any]:
    """The upstream's own task object: live, its callback is passed on as it is."""
    return _upstream_object(upstream(event.task), engine, event.task.base, event.at)


def _upstream_object(task: Task, engine: Engine, base: str, now: int) -> Mapping[str, Any]:
    order = task.order
    also = {
        "service_tier": order.extra["service_tier"],
        "execution_expires_after": order.extra["execution_expires_after"],
        "generate_audio": order.sound,
        "draft": order.draft,
        "priority": 0,
        **_draft(task),
    }
    return task_object(task, engine, base, now, MODELS[order.model], also, _life(engine))
