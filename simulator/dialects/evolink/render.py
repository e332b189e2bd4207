"""What evolink answers: a task in every phase, and what is wrong."""

from collections.abc import Mapping
from typing import Any

from simulator.core.clock import DAY, SECOND
from simulator.core.problems import Kind, Problem
from simulator.core.task import LIVE, Phase, Task
from simulator.dialects.evolink.billing import number
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
# What an order is refused for when it is given (the vendor's own programs, autumn 2026).
REFUSALS: Mapping[str, str] = {
    "content_policy_violation": "The prompt was refused by the safety review.",
    "content_filter": "The content filter refused the request.",
    "sensitive_content": "The request has sensitive content.",
    "moderation_blocked": "The request was blocked by the moderation.",
    "input_moderation_failed": "The input did not pass the moderation.",
}
# An end for which there is no word is a failure whose code names it.
WORDLESS: Mapping[Phase, tuple[str, str]] = {
    Phase.EXPIRED: ("generation_timeout", FAILURES["generation_timeout"]),
    Phase.CANCELLED: ("request_cancelled", "The task was cancelled."),
}


def drafts_end(task: Task) -> int:
    """When a draft can no longer be gone on from: seven days after it was ordered, as at Ark."""
    return task.created + 7 * DAY


def created(task: Task) -> dict[str, Any]:
    """A task as the create call gives it, whatever becomes of it at once."""
    return _task(task, Phase.QUEUED, 0)


def render(task: Task, engine: Engine, base: str, now: int) -> dict[str, Any]:
    """A task as the query and the callbacks give it."""
    phase = task.phase(now)
    if phase in LIVE:
        return _task(task, phase, task.progress(now))
    if phase is Phase.SUCCEEDED:
        ended = task.made()
        key = f"{task.order.model}/{task.id}.{task.order.container}"
        link = engine.link(base, "media-evolink", key, ended, CLIP_LIFE)
        expires = {"draft_expires_at": drafts_end(task) // SECOND} if task.order.draft else {}
        return {**_task(task, phase, 100), "results": [link], **expires}
    return {**_task(task, phase, 0), "error": _failure(task, phase)}


def _task(task: Task, phase: Phase, progress: int) -> dict[str, Any]:
    return {
        "created": task.created // SECOND,
        "id": task.id,
        "model": task.order.model,
        "object": "video.generation.task",
        "progress": progress,
        "status": WORDS[phase],
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
    Kind.FACE: (400, "content_policy_violation", "invalid_request_error"),
    Kind.REVIEW: (400, "content_policy_violation", "invalid_request_error"),
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
    Kind.RENDER: "The video could not be made: {detail}",
}
LONGEST_ECHO = 200
RETRY_AFTER = 60


def refuse_call(problem: Problem, call: Call) -> Reply:
    """A problem in the envelope of the tasks, or in that of the files."""
    status, code, name = CODES.get(problem.kind, _INVALID)
    if problem.aspect == "prefix":
        code = "invalid_task_id"
    if problem.kind is Kind.REVIEW:
        code = str(problem.got)
    message = _message(problem, call)
    headers = {"Allow": str(problem.limit)} if problem.kind is Kind.NO_METHOD else {}
    if call.path.startswith("/api/v1/files/"):
        body = {"success": False, "code": status, "msg": message, "data": None}
        return Reply(status, body, headers)
    error: dict[str, Any] = {"code": code, "message": message, "type": name}
    # What the older pages do not know has no older form.
    if call.observed and status in OLD_TYPES:
        name, suggestion = OLD_TYPES[status]
        error = {"code": status, "message": message, "type": name}
        error["fallback_suggestion"] = suggestion.format(wait=_wait(problem))
    if problem.field and status == 400:
        error["param"] = problem.field
    return Reply(status, {"error": error}, headers)


def _wait(problem: Problem) -> int:
    """The seconds after which a limited caller may come again: the page's, unless others are."""
    return problem.got if isinstance(problem.got, int) else RETRY_AFTER


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
