"""What evolink answers: a task in every phase, and what is wrong."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from simulator.core.clock import DAY, SECOND, stamp
from simulator.core.problems import Kind, Problem
from simulator.core.task import LIVE, Phase, Task
from simulator.dialects.evolink.billing import cost, number
from simulator.dialects.evolink.refusals import REFUSED, account, suggestion
from simulator.engine import Engine
from simulator.engine.call import Call, Reply
from simulator.engine.dialect import Event

ID_PREFIX = "task-unified-"
CLIP_LIFE = 86400

WORDS: Mapping[Phase, str] = {
    Phase.QUEUED: "pending",
    Phase.RUNNING: "processing",
    Phase.SUCCEEDED: "completed",
    Phase.FAILED: "failed",
    Phase.EXPIRED: "failed",
    Phase.CANCELLED: "failed",
}
# The vendor's programs of autumn 2026 know one word more.
NEWER_WORDS: Mapping[Phase, str] = {**WORDS, Phase.CANCELLED: "cancelled"}
# Seconds that the answers promise: the pages' samples, and for mini the same as for fast.
ESTIMATES: Mapping[str, int] = {"standard": 165, "fast": 120, "mini": 120, "2.5": 300}

FAILURES: Mapping[str, str] = {
    "content_policy_violation": "The content was refused by the safety review.",
    "invalid_parameters": "The generation service refused the parameters.",
    "image_processing_error": "An input image could not be processed.",
    "image_dimension_mismatch": "The sizes of the input images do not fit together.",
    "generation_failed_no_content": "The generation ended without a video.",
    "service_error": "The generation service failed.",
    "generation_timeout": "The generation took too long.",
    "resource_exhausted": "The generation service has no capacity left.",
    "quota_exceeded": "The quota of the generation service is used up.",
    "service_unavailable": "The generation service is not available.",
    "resource_not_found": "An input file was not found.",
    "unknown_error": "The generation failed for an unknown reason.",
}
# An end for which there is no word is a failure whose code names it.
WORDLESS: Mapping[Phase, tuple[str, str]] = {
    Phase.EXPIRED: ("generation_timeout", FAILURES["generation_timeout"]),
    Phase.CANCELLED: ("request_cancelled", "The task was cancelled."),
}


def drafts_end(task: Task) -> int:
    """When a draft can no longer be gone on from: seven days after it was ordered, as at Ark."""
    return task.created + 7 * DAY


def word(phase: Phase, observed: bool) -> str:
    """The status of a task in a phase."""
    return (NEWER_WORDS if observed else WORDS)[phase]


def took(task: Task) -> int:
    """How many seconds an ended task has taken."""
    ended = task.ended()
    assert ended is not None
    return (ended - task.created) // SECOND


def created(task: Task) -> dict[str, Any]:
    """A task as the create call gives it, whatever becomes of it at once."""
    return _task(task, Phase.QUEUED, 0, False)


def render(task: Task, engine: Engine, base: str, now: int) -> dict[str, Any]:
    """A task as the query and the callbacks give it."""
    phase = task.phase(now)
    newer = _newer(task, phase) if engine.observed else {}
    if phase in LIVE:
        return {**_task(task, phase, task.progress(now), engine.observed), **newer}
    if phase is not Phase.SUCCEEDED:
        told = _task(task, phase, 0, engine.observed)
        error = _failure(task, phase)
        if engine.observed:
            error["suggestion"] = suggestion(error["code"])
        return {**told, "error": error, **newer}
    key = f"{task.order.model}/{task.id}.{task.order.container}"
    link = engine.link(base, "media-evolink", key, task.made(), CLIP_LIFE)
    expires = {"draft_expires_at": drafts_end(task) // SECOND} if task.order.draft else {}
    told = _task(task, phase, 100, engine.observed)
    if engine.observed:
        told["usage"] |= cost(task.charge)
        newer["result_data"] = [_result(task, link)]
    return {**told, "results": [link], **expires, **newer}


def _result(task: Task, link: str) -> dict[str, Any]:
    """The clip as an item of ``result_data``, whose length is in seconds.

    The vendor's own programs, autumn 2026: an item may have eight keys, most of which are of songs
    and pictures. A video has an id, a length and a link; how the id looks is ours.
    """
    return {"result_id": f"{task.id}-0", "duration": task.order.seconds, "video_url": link}


def _newer(task: Task, phase: Phase) -> dict[str, Any]:
    """What the answers of autumn 2026 add: where the credits are, and lengths in seconds.

    ``duration`` is that of the work, ``video_duration`` that of the clip.
    """
    reserved = number(task.charge.reserved)
    charged = number(task.charge.settled) if phase is Phase.SUCCEEDED else 0
    back = phase not in LIVE and phase is not Phase.SUCCEEDED
    state = "reserved" if phase in LIVE else "released" if back else "charged"
    billing: dict[str, Any] = {
        "charge_status": state,
        "refund_status": "completed" if back else "not_required",
        "refund_scope": "account_balance",
        "reserved_credits": reserved,
        "charged_credits": charged,
        "refunded_credits": reserved if back else 0,
    }
    if phase in LIVE:
        return {"billing": billing}
    if back:
        ended = task.created + took(task) * SECOND
        billing["refunded_at"] = stamp(ended)
        return {"billing": billing, "duration": took(task)}
    return {"billing": billing, "duration": took(task), "video_duration": task.order.seconds}


def _task(task: Task, phase: Phase, progress: int, observed: bool) -> dict[str, Any]:
    return {
        "created": task.created // SECOND,
        "id": task.id,
        "model": task.order.model,
        "object": "video.generation.task",
        "progress": progress,
        "status": word(phase, observed),
        "task_info": _task_info(task, phase),
        "type": "video",
        "usage": {
            "billing_rule": "per_second",
            "credits_reserved": number(task.charge.reserved),
            "user_group": "default",
        },
    }


def _task_info(task: Task, phase: Phase) -> dict[str, Any]:
    if phase not in LIVE:
        return {"can_cancel": False}
    return {
        "can_cancel": True,
        "estimated_time": ESTIMATES[task.order.tier],
        "video_duration": task.order.seconds,
    }


def _failure(task: Task, phase: Phase) -> dict[str, str]:
    code, message = WORDLESS.get(phase, (task.plan.code, ""))
    if phase is Phase.FAILED:
        message = task.plan.message or FAILURES.get(code, "The generation failed.")
    return {"code": code, "message": message, "type": "task_error"}


def events(task: Task) -> tuple[tuple[Phase, int], ...]:
    """The end of a task is what the callback tells of, and nothing before it."""
    return task.turns()


def callback_body(event: Event, engine: Engine) -> Mapping[str, Any]:
    """A callback says what a query at its moment would."""
    return render(event.task, engine, event.task.base, event.at)


FACE = "content_policy_violation"
# Status, code and type of the current pages.
_INVALID = (400, "invalid_request", "invalid_request_error")
CODES: Mapping[Kind, tuple[int, str, str]] = {
    Kind.NO_ROUTE: (404, "not_found", "invalid_request_error"),
    Kind.NO_METHOD: (405, "method_not_allowed", "invalid_request_error"),
    Kind.NO_KEY: (401, "unauthorized", "authentication_error"),
    Kind.BAD_KEY: (401, "unauthorized", "authentication_error"),
    Kind.UNKNOWN_KEY: (401, "unauthorized", "authentication_error"),
    Kind.EXPIRED_KEY: (401, "unauthorized", "authentication_error"),
    Kind.BANNED: (403, "permission_denied", "invalid_request_error"),
    Kind.NO_GROUP: (403, "model_access_denied", "invalid_request_error"),
    Kind.TOO_LARGE: (413, "request_too_large", "request_too_large_error"),
    Kind.FACE: (400, FACE, "invalid_request_error"),
    Kind.REVIEW: (400, FACE, "invalid_request_error"),
    Kind.BROKE: (402, "insufficient_quota", "insufficient_quota"),
    Kind.LIMITED: (429, "rate_limit_exceeded", "rate_limit_error"),
    Kind.QUEUE_FULL: (429, "rate_limit_exceeded", "rate_limit_error"),
    Kind.UNKNOWN_TASK: (404, "task_not_found", "invalid_request_error"),
    Kind.UNKNOWN_FILE: (404, "file_not_found", "invalid_request_error"),
    Kind.KEY_REUSED: (409, "idempotency_conflict", "invalid_request_error"),
    Kind.IN_FLIGHT: (503, "paid_outcome_unknown", "api_error"),
    Kind.RENDER: (500, "internal_error", "api_error"),
}
# Type and suggestion of the older pages, whose code is the status itself.
OLD_TYPES: Mapping[int, tuple[str, str]] = {
    400: ("invalid_request_error", "check the parameters of the request"),
    401: ("authentication_error", "check the API key"),
    402: ("insufficient_quota_error", "https://evolink.ai/dashboard/billing"),
    403: ("permission_error", "check what the API key may use"),
    404: ("not_found_error", "check the address and the id"),
    405: ("invalid_request_error", "check the method"),
    413: ("request_too_large_error", "send links instead of files"),
    429: ("rate_limit_error", "retry after {wait} seconds"),
    500: ("internal_server_error", "try again later"),
}
SENTENCES: Mapping[Kind, str] = {
    Kind.NO_ROUTE: "There is nothing at {method} {path}.",
    Kind.NO_METHOD: "{method} is not allowed at {path}, only {limit}.",
    Kind.NO_KEY: "No API key was sent: the header has to be Authorization: Bearer YOUR_API_KEY.",
    Kind.BAD_KEY: "The API key is malformed: the header has to be Authorization: Bearer "
    "YOUR_API_KEY.",
    Kind.UNKNOWN_KEY: "The API key is invalid.",
    Kind.EXPIRED_KEY: "The API key has expired.",
    Kind.BANNED: "The account has been disabled.",
    Kind.NO_GROUP: "The API key has no access to the model {got}.",
    Kind.TOO_LARGE: "The request body has more than {limit} bytes.",
    Kind.CONTENT_TYPE: "Wrong Content-Type: {detail}.",
    Kind.FACE: "content_policy_violation: {field} {detail}'s face, which is not allowed "
    "as a reference.",
    Kind.BROKE: "The credits are not enough: {limit} left, {got} needed.",
    Kind.LIMITED: "Too many requests, please retry after {wait} seconds.",
    Kind.QUEUE_FULL: "Too many tasks are waiting, please retry after {wait} seconds.",
    Kind.UNKNOWN_TASK: "The task {got} was not found or has expired.",
    Kind.UNKNOWN_FILE: "The file {got} was not found or has expired.",
    Kind.KEY_REUSED: "The Idempotency-Key was sent before with another request.",
    Kind.IN_FLIGHT: "The first request with this Idempotency-Key is still under way: send it again "
    "with the same key.",
    Kind.RENDER: "Internal server error: {detail}",
}
LONGEST_ECHO = 200
# Seconds after which a caller may come again, where nothing else is known.
RETRY_AFTER: Mapping[int, int] = {429: 60, 503: 30}


def refuse_call(problem: Problem, call: Call) -> Reply:
    """A problem in the envelope of the tasks, or in that of the files."""
    status, code, name = _coded(problem)
    message = _message(problem, call)
    headers = {"Allow": str(problem.limit)} if problem.kind is Kind.NO_METHOD else {}
    if call.observed and status in RETRY_AFTER:
        headers["Retry-After"] = str(_wait(problem, status))
    if call.path.startswith("/api/v1/files/"):
        body = {"success": False, "code": status, "msg": message, "data": None}
        return Reply(status, body, headers)
    error: dict[str, Any] = {"code": code, "message": message, "type": name}
    if call.observed:
        error |= _observed(problem, status)
    if problem.field and status == 400:
        error["param"] = problem.field
    return Reply(status, {"error": error}, headers)


def _coded(problem: Problem) -> tuple[int, str, str]:
    """Status, code and type of a problem."""
    if problem.kind is Kind.REVIEW:
        code = str(problem.got)
        refused = REFUSED.get(code, REFUSED[FACE])
        return refused.status, code, refused.type
    status, code, name = CODES.get(problem.kind, _INVALID)
    return status, "invalid_task_id" if problem.aspect == "prefix" else code, name


def _observed(problem: Problem, status: int) -> dict[str, Any]:
    """What an error has of the older pages, or of the programs of autumn 2026.

    Those tell reviews and empty wallets apart by words, which the older pages do not have.
    """
    if status not in OLD_TYPES:
        return {}
    name, suggestion = OLD_TYPES[status]
    advice = {"fallback_suggestion": suggestion.format(wait=_wait(problem, status))}
    if problem.kind is Kind.BROKE:
        needed, left = problem.got, problem.limit
        known = isinstance(needed, Decimal) and isinstance(left, Decimal)
        return {**advice, **(account(needed, left) if known else {})}
    if problem.kind is Kind.REVIEW:
        return {**advice, **(problem.limit if isinstance(problem.limit, Mapping) else {})}
    return {"code": status, "type": name, **advice}


def _wait(problem: Problem, status: int = 429) -> int:
    """The seconds after which a limited caller may come again: the usual ones, unless known."""
    known = problem.kind in (Kind.LIMITED, Kind.QUEUE_FULL) and isinstance(problem.got, int)
    return int(problem.got) if known else RETRY_AFTER.get(status, RETRY_AFTER[429])


def _message(problem: Problem, call: Call) -> str:
    template = SENTENCES.get(problem.kind)
    if template is None:
        subject = "" if problem.aspect == "prefix" else problem.field
        return f"{subject} {problem.detail}".strip()
    return template.format(
        method=call.method,
        path=call.path[:LONGEST_ECHO],
        limit=problem.limit,
        wait=_wait(problem),
        got=str(problem.got)[:LONGEST_ECHO],
        field=problem.fields,
        detail=problem.detail,
    )
