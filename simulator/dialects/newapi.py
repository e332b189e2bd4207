"""What the new-api code base gives nbility, uniall and octopusx: states, envelopes, errors.

Wire facts: the source of QuantumNous/new-api at 4ca47ee2 (2026-06-06): router/video-router.go,
middleware/auth.go, middleware/utils.go, relay/relay_task.go, model/task.go, dto/task.go.
"""

import json
from collections.abc import Awaitable, Callable, Mapping
from decimal import Decimal
from typing import Any

from simulator.core.chance import ALNUM, Chance
from simulator.core.clock import SECOND, moment
from simulator.core.ledger import entries
from simulator.core.problems import Kind, Problem, refuse
from simulator.core.task import Phase, Task
from simulator.dialects import ark_errors
from simulator.dialects.ark_codes import FAILURES
from simulator.engine import Engine
from simulator.engine.call import Call, Clip, Reply

CREATE = "/v1/video/generations"
QUERY = "/v1/video/generations/{id}"
OBJECT = "/v1/videos/{id}"
CONTENT = "/v1/videos/{id}/content"

VERSION = "v1.0.0-rc.14"
BUILD = "4ca47ee2"
# Money is counted in quota, of which so many are a dollar.
PER_DOLLAR = 500_000
TASK_ID_LENGTH = 32
FIRST_POLL = 15 * SECOND
LONGEST_ECHO = 200

# The states as the envelope and as the OpenAI object spell them.
STATUS: Mapping[Phase, str] = {
    Phase.QUEUED: "QUEUED",
    Phase.RUNNING: "IN_PROGRESS",
    Phase.SUCCEEDED: "SUCCESS",
    Phase.FAILED: "FAILURE",
    Phase.EXPIRED: "FAILURE",
    Phase.CANCELLED: "FAILURE",
}
PERCENT: Mapping[str, int] = {
    "NOT_START": 0,
    "SUBMITTED": 10,
    "QUEUED": 10,
    "IN_PROGRESS": 50,
    "SUCCESS": 100,
    "FAILURE": 100,
}
OPENAI: Mapping[str, str] = {
    "NOT_START": "unknown",
    "SUBMITTED": "queued",
    "QUEUED": "queued",
    "IN_PROGRESS": "in_progress",
    "SUCCESS": "completed",
    "FAILURE": "failed",
}
# An end for which there is no word: it is a failure whose reason names it.
WORDLESS: Mapping[Phase, tuple[str, str]] = {
    Phase.EXPIRED: ("expired", "The task expired before it was finished."),
    Phase.CANCELLED: ("cancelled", "The task was cancelled."),
}
ACTIONS: Mapping[str, str] = {
    "t2v": "textGenerate",
    "i2v": "generate",
    "flf2v": "firstTailGenerate",
    "r2v": "referenceGenerate",
}


def failure(task: Task, now: int) -> tuple[str, str]:
    """Code and reason of a task that has come to no good end."""
    wordless = WORDLESS.get(task.phase(now))
    if wordless is not None:
        return wordless
    code = task.plan.code
    return code, task.plan.message or FAILURES.get(code, "The request failed.")


def status_before_poll(task: Task, now: int) -> str:
    """The state of a task, which is ``NOT_START`` until the code base has first asked upstream.

    It asks every 15 seconds; a task that waits less is asked about half way.
    """
    asked = task.created + min(FIRST_POLL, (task.starts - task.created) // 2)
    return "NOT_START" if now < asked else STATUS[task.phase(now)]


def task_id(chance: Chance, attempt: int) -> str:
    return "task_" + chance.word(("id", attempt), ALNUM, TASK_ID_LENGTH)


def clip_link(task: Task, engine: Engine, base: str, life: int, suffix: str = "mp4") -> str:
    """The signed link of a succeeded task's clip, minted when it succeeded."""
    at = task.made()
    return engine.link(base, "gateway", f"{task.dialect}/{task.id}.{suffix}", at, life)


def envelope(data: Mapping[str, Any], message: str | None = None) -> dict[str, Any]:
    """The query's envelope; documents leave out the empty message that the code base sends."""
    if message is None:
        return {"code": "success", "data": data}
    return {"code": "success", "message": message, "data": data}


def times(task: Task, now: int) -> dict[str, int]:
    """When the task was submitted, started and finished, in seconds; 0 where it was not yet."""
    ended = task.ended()
    return {
        "submit_time": task.created // SECOND,
        "start_time": task.starts // SECOND if task.starts <= now else 0,
        "finish_time": ended // SECOND if ended is not None and ended <= now else 0,
    }


def full_task(
    task: Task,
    now: int,
    status: str,
    url: str,
    data: Mapping[str, Any],
    quota_each: int = 1,
) -> dict[str, Any]:
    """Everything that the code base tells of a task (``TaskDto``).

    ``url`` is empty until the task ends well, and then left out; ``quota_each`` is what one unit of
    its charge comes to in quota.
    """
    draws = Chance.of("row", task.id)
    failed = status == "FAILURE"
    row: dict[str, Any] = {
        "id": draws.number("id", 10_000, 9_999_999),
        "created_at": task.created // SECOND,
        "updated_at": task.updated_at(now) // SECOND,
        "task_id": task.id,
        "platform": "54",
        "user_id": Chance.of("user", task.account).number("id", 1, 99_999),
        "group": "default",
        "channel_id": draws.number("channel", 1, 99),
        "quota": int(-sum(entry.amount for entry in entries(task, now)) * quota_each),
        "action": ACTIONS[task.order.mode],
        "status": status,
        "fail_reason": failure(task, now)[1] if failed else "",
    }
    if url:
        row["result_url"] = url
    return {
        **row,
        **times(task, now),
        "progress": f"{PERCENT[status]}%",
        "properties": {"input": task.order.prompt, "origin_model_name": task.order.model},
        "data": data,
    }


def created_object(task: Task) -> dict[str, Any]:
    """What the code base answers to a create call."""
    return {
        "id": task.id,
        "task_id": task.id,
        "object": "video",
        "model": task.order.model,
        "status": "queued",
        "progress": 0,
        "created_at": task.created // SECOND,
    }


def content_handler(dialect: str) -> Callable[[Call, Engine], Awaitable[Reply | Clip]]:
    """The call that gives a clip's bytes to a caller with a key."""

    async def show(call: Call, engine: Engine) -> Reply | Clip:
        task = await engine.find(dialect, call.account, call.args["id"], call.now)
        phase = task.phase(call.now)
        if phase is not Phase.SUCCEEDED:
            raise refuse(Kind.STATE, "id", "the task has no clip", got=STATUS[phase])
        return Clip(task, headers={"Cache-Control": "public, max-age=86400"})

    return show


async def nowhere(call: Call, engine: Engine) -> Reply:
    """A path that the code base does not have, although a pattern of one that it has fits."""
    raise refuse(Kind.NO_ROUTE, detail=f"{call.method} {call.path}", got=call.path)


def request_id(call: Call) -> str:
    """The time to the second, its nanoseconds without leading zeros, the build, eight letters."""
    draws = call.chance
    nanoseconds = call.now % SECOND * 1_000_000 + draws.number("nanoseconds", 0, 999_999)
    word = draws.word("request", ALNUM, 8)
    return f"{moment(call.now):%Y%m%d%H%M%S}{nanoseconds}{BUILD}{word}"


def dress(call: Call) -> Mapping[str, str]:
    return {"X-Oneapi-Request-Id": request_id(call), "X-New-Api-Version": VERSION}


def middleware_error(call: Call, status: int, message: str, code: str = "") -> Reply:
    """What is refused before a task is thought of: keys, models, bodies."""
    text = f"{message} (request id: {request_id(call)})"
    return Reply(status, {"error": {"code": code, "message": text, "type": "new_api_error"}})


def task_error(status: int, code: str, message: str) -> Reply:
    """What is refused of a task: validation, money, the upstream."""
    return Reply(status, {"code": code, "message": message, "data": None})


def routing_error(status: int, message: str, headers: Mapping[str, str] | None = None) -> Reply:
    """What is said of a path that leads nowhere."""
    body = {"message": message, "type": "invalid_request_error", "param": "", "code": ""}
    return Reply(status, {"error": body}, headers or {})


KEYS: Mapping[Kind, tuple[int, str]] = {
    Kind.NO_KEY: (401, "Invalid token"),
    Kind.BAD_KEY: (401, "Invalid token"),
    Kind.UNKNOWN_KEY: (401, "Invalid token"),
    Kind.EXPIRED_KEY: (401, "Invalid token"),
    Kind.BANNED: (403, "User has been banned"),
}
# Bodies that the code base cannot look into for the model; its own limit would be larger.
BODIES: Mapping[Kind, tuple[int, str]] = {
    Kind.TOO_LARGE: (413, "Invalid request: request body exceeds {limit} bytes"),
    Kind.UNREADABLE: (400, "Invalid request: {detail}"),
    Kind.NOT_OBJECT: (400, "Invalid request: {detail}"),
    Kind.CONTENT_TYPE: (400, "Invalid request: {detail}"),
}
TASKS: Mapping[Kind, tuple[int, str, str]] = {
    Kind.BROKE: (403, "insufficient_user_quota", "用户额度不足, 剩余额度: {left}, 需要: {needed}"),
    Kind.LIMITED: (429, "fail_to_fetch_task", "当前分组上游负载已饱和, 请稍后再试"),
    Kind.QUEUE_FULL: (429, "fail_to_fetch_task", "当前分组上游负载已饱和, 请稍后再试"),
    Kind.UNKNOWN_TASK: (400, "task_not_exist", "task_not_exist"),
    Kind.UNKNOWN_FILE: (400, "file_not_exist", "file_not_exist"),
    Kind.RENDER: (500, "do_request_failed", "the clip cannot be rendered: {detail}"),
}


def refuse_call(problem: Problem, call: Call) -> Reply:
    """The code base's own words, for every kind of problem."""
    kind = problem.kind
    if kind is Kind.NO_ROUTE:
        return routing_error(404, f"Invalid URL ({call.method} {call.path})")
    if kind is Kind.NO_METHOD:
        headers = {"Allow": str(problem.limit)}
        return routing_error(405, f"Method Not Allowed ({call.method} {call.path})", headers)
    if kind in KEYS:
        status, message = KEYS[kind]
        if call.path.startswith("/api/"):
            return Reply(status, {"success": False, "message": message})
        return middleware_error(call, status, message)
    if kind in BODIES:
        status, message = BODIES[kind]
        detail = f"{problem.field} {problem.detail}".strip()
        return middleware_error(call, status, message.format(limit=problem.limit, detail=detail))
    if problem.field == "model":
        return _model_error(problem, call)
    if call.path.endswith("/content") and kind in (Kind.UNKNOWN_TASK, Kind.STATE, Kind.RENDER):
        return _content_error(problem)
    if kind is Kind.REVIEW:
        return _passed_on(ark_errors.refusal(problem, call, ""))
    if kind in TASKS:
        status, code, message = TASKS[kind]
        left, needed = _dollars(problem.limit), _dollars(problem.got)
        return task_error(
            status, code, message.format(left=left, needed=needed, detail=problem.detail)
        )
    return task_error(400, "invalid_request", f"{problem.fields} {problem.detail}".strip())


def _passed_on(upstream: Reply) -> Reply:
    """The upstream's refusal: its status, and its raw body as the message."""
    text = json.dumps(upstream.body, ensure_ascii=False, separators=(",", ":"))
    return task_error(upstream.status, "fail_to_fetch_task", text)


def _model_error(problem: Problem, call: Call) -> Reply:
    if problem.kind is Kind.MISSING:
        message = "Model name not specified, model name cannot be empty"
        return middleware_error(call, 400, message)
    if problem.kind is Kind.TYPE:
        return middleware_error(call, 400, f"Invalid request: model {problem.detail}")
    if problem.kind is Kind.NO_GROUP and call.account.models:
        message = f"This token has no access to model {str(problem.got)[:LONGEST_ECHO]}"
        return middleware_error(call, 403, message)
    name = str(problem.got)[:LONGEST_ECHO]
    message = f"No available channel for model {name} under group default (distributor)"
    return middleware_error(call, 503, message, "model_not_found")


def _content_error(problem: Problem) -> Reply:
    status, message, name = {
        Kind.UNKNOWN_TASK: (404, "Task not found", "invalid_request_error"),
        Kind.STATE: (
            400,
            f"Task is not completed yet, current status: {problem.got}",
            "invalid_request_error",
        ),
    }.get(problem.kind, (502, "Failed to fetch video content", "server_error"))
    return Reply(status, {"error": {"message": message, "type": name}})


def _dollars(amount: Any) -> str:
    return f"${amount / PER_DOLLAR:.6f}" if isinstance(amount, Decimal) else ""
