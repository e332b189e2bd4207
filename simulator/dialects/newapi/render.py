"""How new-api shows a task, and what it says of what is wrong."""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from msgspec.structs import replace

from simulator.core.problems import Kind, Problem
from simulator.core.task import Phase, Task
from simulator.dialects import ark_upstream, newapi_base, newapi_errors
from simulator.dialects.newapi.payload import go_type, payload
from simulator.dialects.newapi_polling import TIMED_OUT, Row, row, upstream
from simulator.engine import Engine
from simulator.engine.call import Call, Reply
from simulator.engine.dialect import Event

# Where a slash too many leads to the call itself.
_SERVED = re.compile(
    r"POST /v1/(videos|video/generations)"
    r"|GET /v1/(videos|video/generations|models)/[^/]+|GET /v1/(models|videos/[^/]+/content)"
)


def known(task: Task, engine: Engine, now: int) -> Row:
    """What the gateway has of a task in its database at a time."""
    return row(task, now, newapi_base.rounds(engine))


def envelope(task: Task, engine: Engine, base: str, now: int) -> dict[str, Any]:
    """The task as the code base's own query gives it."""
    found = known(task, engine, now)
    body = _upstream_body(task, found, engine, base)
    told = newapi_base.full_task(
        task,
        found,
        newapi_base.sorted_keys(body),
        quota=int(task.charge.reserved) if engine.observed else newapi_base.quota_of(task, found),
        url=body["content"]["video_url"] if found.status == "SUCCESS" else "",
        reason=_reason(found, body),
    )
    return newapi_base.envelope(told, "")


def video_object(task: Task, engine: Engine, base: str, now: int) -> dict[str, Any]:
    """The same task as an OpenAI video object, made from what the upstream said last."""
    found = known(task, engine, now)
    body = _upstream_body(task, found, engine, base)
    error = body.get("error") if body.get("status") == Phase.FAILED else None
    return newapi_base.video_object(
        task,
        found,
        url=body.get("content", {}).get("video_url", ""),
        error=None if error is None else (error["code"], error["message"]),
    )


def _reason(found: Row, body: Mapping[str, Any]) -> str:
    if found.status != "FAILURE":
        return ""
    return TIMED_OUT if found.timed_out else str(body["error"]["message"])


def _upstream_body(task: Task, found: Row, engine: Engine, base: str) -> Mapping[str, Any]:
    """What the upstream said when it was last asked, which at first is its answer to the order."""
    if found.asked is None:
        return {"id": ark_upstream.task_id(task)}
    return ark_upstream.shown(upstream(task), engine, base, found.asked)


def callback_body(event: Event, engine: Engine) -> Mapping[str, Any]:
    """The upstream's own object: it calls back by itself, and knows no other."""
    return ark_upstream.shown(upstream(event.task), engine, event.task.base, event.at)


def refuse_call(problem: Problem, call: Call) -> Reply:
    """Words that only the stock code base has; it shares the others."""
    kind, field = problem.kind, problem.field
    if kind in (Kind.NO_ROUTE, Kind.NO_METHOD):
        if call.path.endswith("/") and _SERVED.fullmatch(f"{call.method} {call.path[:-1]}"):
            return _without_slash(call)
        return newapi_errors.nowhere(call)
    if kind is Kind.UNREADABLE and problem.aspect == "encoding":
        return newapi_errors.NO_ANSWER
    if kind is Kind.TOO_LARGE:
        return replace(newapi_errors.refuse_call(problem, call), status=400)
    if kind is Kind.REVIEW:
        body = payload(call.body, june=call.observed) if call.body else {}
        return newapi_errors.passed_on(ark_upstream.refusal(problem, call.holding(body)))
    if kind is Kind.TYPE and field.startswith("metadata."):
        text = "convert request payload failed: unmarshal metadata failed: "
        message = f"{text}unmarshal metadata failed: {problem.detail}"
        return newapi_errors.task_error(500, "build_request_failed", message)
    if kind is Kind.TYPE and field != "model":
        wanted = "[]string" if problem.limit == "array" else problem.limit
        where = f"Go struct field .Alias.{field} of type {wanted}"
        message = f"json: cannot unmarshal {go_type(problem.got)} into {where}"
        return newapi_errors.task_error(400, "invalid_request", message)
    if kind is Kind.RANGE and field == "seconds":
        return newapi_errors.task_error(400, "invalid_seconds", f"seconds {problem.detail}")
    return newapi_errors.refuse_call(problem, call)


def _without_slash(call: Call) -> Reply:
    """Where to go instead: relative, because the client may see this server below a prefix."""
    last = quote(call.path[:-1].rpartition("/")[2], safe="%", errors="surrogateescape")
    headers = {"Location": f"../{last}"}
    if call.method == "POST":
        return Reply(307, None, headers)
    page = f'<a href="../{last}">Moved Permanently</a>.\n\n'.encode()
    return Reply(301, page, headers, "text/html; charset=utf-8")
