"""How the Videos API shows a video, and how OpenAI words what is wrong.

``VideoResource``, ``VideoListResource``, ``DeletedVideoResource`` and ``ErrorResponse`` of OpenAI's
openapi.yaml 2.3.0 (2026-08-21), and its guides on video generation and on error codes. No document
gives status and code of what is wrong with a video; where no guide does either, they are those of
OpenAI's other calls.
"""

from collections.abc import Mapping
from typing import Any

from simulator.core.clock import SECOND
from simulator.core.problems import Kind, Problem
from simulator.core.task import Order, Phase, Task
from simulator.dialects.ark_codes import FAILURES
from simulator.engine.call import Call, Reply

LONGEST_ECHO = 200
# "Download URLs are valid for a maximum of 1 hour after generation."
CONTENT_LIFE = 3600 * SECOND

WORDS: Mapping[Phase, str] = {
    Phase.QUEUED: "queued",
    Phase.RUNNING: "in_progress",
    Phase.SUCCEEDED: "completed",
    Phase.FAILED: "failed",
    Phase.EXPIRED: "failed",
    Phase.CANCELLED: "failed",
}
# An end for which there is no word: it is a failure whose code names it.
WORDLESS: Mapping[Phase, tuple[str, str]] = {
    Phase.EXPIRED: ("expired", "The video expired before it was finished."),
    Phase.CANCELLED: ("cancelled", "The video was cancelled."),
}


def video(task: Task, now: int) -> dict[str, Any]:
    """A video job, with all of its keys in every phase."""
    phase, order = task.phase(now), task.order
    ended = phase not in (Phase.QUEUED, Phase.RUNNING)
    return {
        "id": task.id,
        "object": "video",
        "created_at": task.created // SECOND,
        "status": WORDS[phase],
        "completed_at": task.updated_at(now) // SECOND if ended else None,
        "error": failure(task, phase) if WORDS[phase] == "failed" else None,
        "expires_at": expires_at(task) // SECOND if phase is Phase.SUCCEEDED else None,
        "model": order.model,
        "progress": task.progress(now),
        "prompt": order.prompt,
        "remixed_from_video_id": None,
        "seconds": str(order.seconds),
        "size": size(order),
    }


def size(order: Order) -> str:
    """The size of the clip, which is not always the one that was asked for."""
    return f"{order.width}x{order.height}"


def failure(task: Task, phase: Phase) -> dict[str, str]:
    """`error` of a video that came to nothing."""
    code, message = WORDLESS.get(phase, (task.plan.code, task.plan.message))
    return {"code": code, "message": message or FAILURES.get(code, "The request failed.")}


def expires_at(task: Task) -> int:
    """When the files of a finished video are deleted, in milliseconds."""
    return task.made() + CONTENT_LIFE


def reply(
    status: int, body: Any, headers: Mapping[str, str] | None = None, task: Task | None = None
) -> Reply:
    """JSON without a charset, as OpenAI and LiteLLM send it."""
    return Reply(status, body, headers or {}, "application/json", task=task)


# Status, type and code. Whatever is not here is a value that is not valid.
_WRONG = (400, "invalid_request_error", "invalid_value")
CODES: Mapping[Kind, tuple[int, str, str | None]] = {
    Kind.NO_ROUTE: (404, "invalid_request_error", None),
    Kind.NO_METHOD: (405, "invalid_request_error", "method_not_supported"),
    Kind.NO_KEY: (401, "invalid_request_error", None),
    Kind.BAD_KEY: (401, "invalid_request_error", None),
    Kind.UNKNOWN_KEY: (401, "invalid_request_error", "invalid_api_key"),
    Kind.EXPIRED_KEY: (401, "invalid_request_error", "invalid_api_key"),
    Kind.BANNED: (401, "invalid_request_error", "account_deactivated"),
    Kind.NO_GROUP: (403, "invalid_request_error", "model_not_found"),
    Kind.TOO_LARGE: (413, "invalid_request_error", None),
    Kind.CONTENT_TYPE: (400, "invalid_request_error", "unsupported_content_type"),
    Kind.UNREADABLE: (400, "invalid_request_error", None),
    Kind.NOT_OBJECT: (400, "invalid_request_error", None),
    Kind.MISSING: (400, "invalid_request_error", "missing_required_parameter"),
    Kind.TYPE: (400, "invalid_request_error", "invalid_type"),
    Kind.FACE: (400, "invalid_request_error", "moderation_blocked"),
    Kind.REVIEW: (400, "invalid_request_error", "{got}"),
    Kind.BROKE: (429, "insufficient_quota", "insufficient_quota"),
    Kind.LIMITED: (429, "requests", "rate_limit_exceeded"),
    Kind.QUEUE_FULL: (429, "requests", "rate_limit_exceeded"),
    Kind.UNKNOWN_TASK: (404, "invalid_request_error", None),
    Kind.UNKNOWN_FILE: (400, "invalid_request_error", None),
    Kind.STATE: (400, "invalid_request_error", None),
    Kind.RENDER: (500, "server_error", None),
}
_NO_KEY = (
    "You didn't provide an API key. You need to provide your API key in an Authorization header "
    "using Bearer auth (i.e. Authorization: Bearer YOUR_KEY)."
)
SENTENCES: Mapping[Kind, str] = {
    Kind.NO_ROUTE: "Invalid URL ({method} {path})",
    Kind.NO_METHOD: "Not allowed to {method} on {path}.",
    Kind.NO_KEY: _NO_KEY,
    Kind.BAD_KEY: _NO_KEY,
    Kind.UNKNOWN_KEY: "Incorrect API key provided.",
    Kind.EXPIRED_KEY: "Incorrect API key provided: it has expired.",
    Kind.BANNED: "The account associated with this API key has been deactivated.",
    Kind.NO_GROUP: "Project does not have access to model `{got}`",
    Kind.TOO_LARGE: "Maximum content size limit ({limit}) exceeded",
    Kind.CONTENT_TYPE: "Unsupported content type: '{got}'. This API method only accepts "
    "'application/json' and 'multipart/form-data' requests.",
    Kind.UNREADABLE: "We could not parse the body of your request: {reason}.",
    Kind.NOT_OBJECT: "We could not parse the body of your request: {reason}.",
    Kind.MISSING: "Missing required parameter: '{field}'.",
    Kind.TYPE: "Invalid type for '{field}': it {detail}.",
    Kind.FACE: "Your request was blocked by our moderation system: '{field}' {detail}.",
    Kind.REVIEW: "{detail}",
    Kind.BROKE: "You exceeded your current quota, please check your plan and billing details.",
    Kind.LIMITED: "Rate limit reached for requests. Please try again in {wait}.",
    Kind.QUEUE_FULL: "Too many videos are waiting. Please try again when one is done.",
    Kind.UNKNOWN_TASK: "Video with id '{got}' not found.",
    Kind.UNKNOWN_FILE: "No such File object: {got}",
    Kind.STATE: "{detail}",
    Kind.RENDER: "The server had an error while processing your request: {detail}",
}
_INVALID = "Invalid value for '{field}': it {detail}."
_ONE_OF = "Invalid value: '{got}'. Supported values are: {limit}."
# The problems of which a parameter is to blame, beside those that have no sentence of their own.
_OF_PARAMETER = frozenset({Kind.MISSING, Kind.TYPE, Kind.FACE, Kind.UNKNOWN_FILE})
# What is not there, yet or any more, is answered like what never was. No page says so of downloads:
# gateways that were built beside OpenAI's own service do.
NOT_THERE = "not there"


def refuse_call(problem: Problem, call: Call) -> Reply:
    """The error envelope, with all four of its keys."""
    kind = problem.kind
    status, name, code = CODES.get(kind, _WRONG)
    blamed = kind in _OF_PARAMETER or kind not in SENTENCES
    error = {
        "message": _sentence(problem, call),
        "type": name,
        "param": problem.field if blamed else None,
        "code": str(problem.got) if code == "{got}" else code,
    }
    if problem.aspect == NOT_THERE:
        status = 404
    return reply(status, {"error": error}, _headers(problem))


def _sentence(problem: Problem, call: Call) -> str:
    template = SENTENCES.get(problem.kind, _INVALID)
    if template is _INVALID and isinstance(problem.limit, tuple) and problem.kind is Kind.MODEL:
        template = _ONE_OF
    limit, got = problem.limit, problem.got
    listed = " and ".join(f"'{one}'" for one in limit) if isinstance(limit, tuple) else limit
    return template.format(
        method=call.method,
        path=call.path[:LONGEST_ECHO],
        field=problem.field,
        detail=problem.detail.replace("{item}", ""),
        reason=f"{problem.field} {problem.detail}".strip(),
        limit=listed,
        got=str(got)[:LONGEST_ECHO],
        wait=f"{got} seconds" if isinstance(got, int) else "a minute",
    )


def _headers(problem: Problem) -> Mapping[str, str]:
    if problem.kind is Kind.NO_METHOD:
        return {"Allow": str(problem.limit)}
    return {}


def headers(call: Call) -> dict[str, str]:
    """The headers of every answer."""
    return {"x-request-id": f"req_{call.chance.hex('request', 32)}", "openai-version": "2020-10-01"}
