"""What the new-api code base gives every gateway that runs on it: states, envelopes, errors.

Wire facts: the source of QuantumNous/new-api at 4ca47ee2 (2026-06-06) and bde9b2f4 (2026-07-11):
router/video-router.go, middleware/auth.go, middleware/utils.go, relay/relay_task.go, model/task.go,
dto/task.go, i18n/locales; and what builds of both answered on 2026-11-28.
"""

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any

from simulator.core.chance import ALNUM, Chance
from simulator.core.clock import DAY, SECOND
from simulator.core.problems import Kind, Refusal, refuse
from simulator.core.task import Phase, Task
from simulator.dialects.ark_codes import FAILURES
from simulator.dialects.newapi_polling import ROUND, TIMED_OUT, Row, fated, row
from simulator.engine import Engine
from simulator.engine.call import Call, Clip, Reply

CREATE = "/v1/video/generations"
VIDEOS = "/v1/videos"
QUERY = "/v1/video/generations/{id}"
OBJECT = "/v1/videos/{id}"
CONTENT = "/v1/videos/{id}/content"

# Money is counted in quota, of which so many are a dollar.
PER_DOLLAR = 500_000
# Query answers do not name their characters.
JSON = "application/json"
TASK_ID_LENGTH = 32

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


def failure(task: Task, now: int) -> tuple[str, str]:
    """Code and reason of a task that has come to no good end."""
    wordless = WORDLESS.get(task.phase(now))
    if wordless is not None:
        return wordless
    code = task.plan.code
    return code, task.plan.message or FAILURES.get(code, "The request failed.")


def reason(task: Task, known: Row) -> str:
    """Why a task has come to no good end, as the gateway tells it; empty for others."""
    if known.status != "FAILURE":
        return ""
    return TIMED_OUT if known.timed_out else failure(task, known.finished)[1]


def task_id(chance: Chance, attempt: int) -> str:
    """An id of the code base: `task_` and 32 letters and digits."""
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
    task: Task, known: Row, data: Mapping[str, Any], *, quota: int, url: str = "", reason: str = ""
) -> dict[str, Any]:
    """Everything that the code base tells of a task (``TaskDto``).

    ``data`` is the upstream's body, ``url`` the clip of a task that has ended well and ``reason``
    why it has not: it stands where the link would, too.
    """
    draws = Chance.of("row", task.id)
    link = url or reason
    return {
        "id": draws.number("id", 10_000, 9_999_999),
        "created_at": task.created // SECOND,
        "updated_at": known.updated // SECOND,
        "task_id": task.id,
        "platform": "54",
        "user_id": user_id(task),
        "group": "default",
        "channel_id": channel_id(task),
        "quota": quota,
        "action": "generate",
        "status": known.status,
        "fail_reason": reason,
        **({"result_url": link} if link else {}),
        "submit_time": task.created // SECOND,
        "start_time": known.started // SECOND,
        "finish_time": known.finished // SECOND,
        "progress": f"{known.percent}%",
        "properties": {
            "input": "",
            "upstream_model_name": task.order.model,
            "origin_model_name": asked(task),
        },
        "data": data,
    }


def user_id(task: Task) -> int:
    """The number of the user whose task it is."""
    return Chance.of("user", task.account).number("id", 1, 99_999)


def channel_id(task: Task) -> int:
    """The number of the channel that a task was sent by."""
    return Chance.of("row", task.id).number("channel", 1, 99)


def video_object(
    task: Task, known: Row, url: str = "", error: tuple[str, str] | None = None
) -> dict[str, Any]:
    """The same as an OpenAI video object; ``error`` is code and message of the upstream's."""
    body = {
        **created_object(task),
        "status": OPENAI[known.status],
        "progress": known.percent,
        "completed_at": known.updated // SECOND,
    }
    if error is not None:
        body["error"] = {"message": error[1], "code": error[0]}
    return {**body, "metadata": {"url": url}}


def quota_of(task: Task, known: Row, quota_each: int = 1) -> int:
    """What the row says that the task costs: in the end what was settled, also once refunded."""
    charge = task.charge
    return int((charge.settled if known.status == "SUCCESS" else charge.reserved) * quota_each)


def sorted_keys(body: Any) -> Any:
    """A body that has been through a Go map: its keys in the order of the alphabet."""
    if isinstance(body, dict):
        return {name: sorted_keys(body[name]) for name in sorted(body)}
    return [sorted_keys(item) for item in body] if isinstance(body, list) else body


def fate(engine: Engine) -> Callable[[Task], Task]:
    """What becomes of a task of which the gateway hears from its upstream."""
    return partial(fated, every=rounds(engine))


def rounds(engine: Engine) -> int:
    """How often upstream is asked; where everything is there at once, so is what it says."""
    return 0 if engine.config.pace == "instant" else ROUND


def asked(task: Task) -> str:
    """The model as the order named it, whoever made it then."""
    return str(task.order.extra.get("asked", task.order.model))


def created_object(task: Task) -> dict[str, Any]:
    """What the code base answers to a create call."""
    return {
        "id": task.id,
        "task_id": task.id,
        "object": "video",
        "model": asked(task),
        "status": "queued",
        "progress": 0,
        "created_at": task.created // SECOND,
    }


def told(task: Task, body: Mapping[str, Any], call: Call, engine: Engine) -> Reply:
    """What a query is told of a task, which stays so until the next round."""
    every = rounds(engine)
    until = (call.now // every + 1) * every if every else call.now
    return Reply(200, body, content_type=JSON, task=task, until=until)


async def find(dialect: str, call: Call, engine: Engine, name: str = "") -> Task:
    """The account's own task of an id; a key with a list of models has to be allowed its model.

    For a task that is not known the model's name is empty, and so on no list.
    """
    models = call.account.models
    try:
        task = await engine.find(dialect, call.account, name or call.args["id"], call.now)
    except Refusal:
        if models:
            raise refuse(Kind.NO_GROUP, "model", "no access", got="") from None
        raise
    if models and asked(task) not in models:
        raise refuse(Kind.NO_GROUP, "model", "no access", got=asked(task))
    return task


Find = Callable[[Call, Engine], Awaitable[Task]]


def content_handler(
    dialect: str, found: Find | None = None, *, stock: bool = False
) -> Callable[[Call, Engine], Awaitable[Reply | Clip]]:
    """The call that gives a clip's bytes to a caller with a key.

    A ``stock`` one is in both fidelities as the code base has it: it hands through what the
    upstream's link gives, as long as that holds, and passes no range on.
    """

    async def show(call: Call, engine: Engine) -> Reply | Clip:
        if found is None:
            task = await engine.find(dialect, call.account, call.args["id"], call.now)
        else:
            task = await found(call, engine)
        live = stock or engine.observed
        status = (
            row(task, call.now, rounds(engine)).status if live else STATUS[task.phase(call.now)]
        )
        if status != "SUCCESS":
            raise refuse(Kind.STATE, "id", "the task has no clip", got=status)
        if live and call.now >= task.made() + DAY:
            error = {"message": "Upstream service returned status 403", "type": "server_error"}
            return Reply(502, {"error": error})
        headers = {"Cache-Control": "public, max-age=86400"}
        return Clip(task, headers=headers, whole=live)

    return show


def token(call: Call) -> str:
    """The key, with ``Bearer`` ahead of it or without; lists of models take it elsewhere, too."""
    headers = call.headers
    given = headers.get("Authorization", "")
    if call.path.startswith("/v1/models") and headers.get("x-api-key"):
        given = headers["x-api-key"]
    key = _bare(given)
    if key in ("", "midjourney-proxy"):
        key = _bare(headers.get("mj-api-secret", ""))
    if not key:
        raise refuse(Kind.NO_KEY, "Authorization", "no key")
    return key


def _bare(given: str) -> str:
    scheme, _, key = given.strip().partition(" ")
    return key.strip() if scheme in ("Bearer", "bearer") else given.strip()


async def nowhere(call: Call, engine: Engine) -> Reply:
    """A path that the code base does not have, although a pattern of one that it has fits."""
    raise refuse(Kind.NO_ROUTE, detail=f"{call.method} {call.path}", got=call.path)
