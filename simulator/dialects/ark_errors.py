"""How Ark words what is wrong, in its own envelope; its resellers pass the same words on.

Wire facts: Volcengine documentation 82379/1099476 (error codes), autumn 2026, and error texts seen
live on both hosts from 2026-05 to 2026-09.
"""

from collections.abc import Mapping
from typing import Any

from simulator.core.limits import MB
from simulator.core.problems import Kind, Problem
from simulator.core.task import Phase
from simulator.dialects import ark_tasks, content
from simulator.engine.call import Call, Reply

LONGEST_ECHO = 200

# Status, type and code. Whatever is not here is a wrong parameter.
_WRONG = (400, "BadRequest", "InvalidParameter")
CODES: Mapping[Kind, tuple[int, str, str]] = {
    Kind.NO_ROUTE: (404, "NotFound", "NotFound"),
    Kind.NO_METHOD: (405, "BadRequest", "MethodNotAllowed"),
    Kind.NO_KEY: (401, "Unauthorized", "AuthenticationError"),
    Kind.BAD_KEY: (401, "Unauthorized", "AuthenticationError"),
    Kind.UNKNOWN_KEY: (401, "Unauthorized", "AuthenticationError"),
    Kind.EXPIRED_KEY: (401, "Unauthorized", "AuthenticationError"),
    Kind.BANNED: (401, "Forbidden", "InvalidAccountStatus"),
    Kind.NO_GROUP: (404, "Not Found", "ModelNotOpen"),
    Kind.MODEL: (404, "Not Found", "InvalidEndpointOrModel.NotFound"),
    Kind.TOO_LARGE: (413, "BadRequest", "InvalidParameter"),
    Kind.MISSING: (400, "BadRequest", "MissingParameter"),
    Kind.FACE: (400, "BadRequest", "Input{Media}SensitiveContentDetected.PrivacyInformation"),
    Kind.REVIEW: (400, "BadRequest", "{got}"),
    Kind.BROKE: (403, "Forbidden", "AccountOverdueError"),
    Kind.LIMITED: (429, "TooManyRequests", "ModelAccountRpmRateLimitExceeded"),
    Kind.QUEUE_FULL: (429, "TooManyRequests", "QuotaExceeded"),
    Kind.UNKNOWN_TASK: (404, "NotFound", "ResourceNotFound"),
    Kind.UNKNOWN_FILE: (404, "NotFound", "ResourceNotFound"),
    Kind.STATE: (409, "Conflict", "InvalidAction.{Phase}TaskDeletion"),
    Kind.RENDER: (500, "InternalServerError", "InternalServiceError"),
}
KEY_ERRORS: Mapping[Kind, str] = {
    Kind.NO_KEY: "AuthN_MissOrInvalidAuthorizationHeader",
    Kind.BAD_KEY: "AuthN_AuthenticationError",
    Kind.UNKNOWN_KEY: "AuthN_AuthenticationError",
    Kind.EXPIRED_KEY: "AuthN_AuthenticationError",
    Kind.BANNED: "AuthN_AuthenticationError",
}

SENTENCES: Mapping[Kind, str] = {
    Kind.NO_ROUTE: "The requested path {got} is not found.",
    Kind.NO_METHOD: "The method {got} is not allowed, only {limit}.",
    Kind.NO_KEY: "the API key or AK/SK in the request is missing or invalid.",
    Kind.BAD_KEY: "The API key format is incorrect.",
    Kind.UNKNOWN_KEY: "The API key or AK/SK in the request is missing or invalid.",
    Kind.EXPIRED_KEY: "The API key in the request has expired.",
    Kind.BANNED: "The account is in an invalid state.",
    Kind.NO_GROUP: "Your account 2100000000 has not activated the model {got}. Please activate the "
    "model service in the Ark Console.",
    Kind.MODEL: "The model or endpoint {got} does not exist or you do not have access to it.",
    Kind.TOO_LARGE: "The request body is larger than {limit} bytes.",
    Kind.CONTENT_TYPE: "The Content-Type of the request must be application/json.",
    Kind.UNREADABLE: "The request body cannot be read: {reason}.",
    Kind.NOT_OBJECT: "The request body must be a JSON object.",
    Kind.FACE: "The request failed because the input {items} may contain real person.",
    Kind.REVIEW: "{review}",
    Kind.BROKE: "The request failed because your account has an overdue balance.",
    Kind.LIMITED: "The requests per minute (RPM) limit of the model for your account has been "
    "exceeded.",
    Kind.QUEUE_FULL: "The request has exceeded the quota.",
    Kind.UNKNOWN_TASK: "The specified resource `{got}` is not found.",
    Kind.UNKNOWN_FILE: "The specified resource `{got}` is not found.",
    Kind.STATE: "Cannot delete task because it is currently {got}",
    Kind.RENDER: "The service encountered an unexpected internal error: {detail}",
}
# The same, where the sentence has to do with one parameter that the envelope names.
PARAMETER_SENTENCES: Mapping[Kind, str] = {
    Kind.MISSING: "The request failed because it is missing `{field}` parameter.",
    Kind.UNSUPPORTED: "the specified parameter {field} is not supported for model {family} in "
    "{mode}, must be empty",
}
_INVALID = "The parameter `{field}` specified in the request is not valid: {detail}"

# Fields whose wrong values Ark does not explain.
_PLAIN_FIELDS = (
    "duration",
    "resolution",
    "ratio",
    "seed",
    "bitrate_mode",
    "output_format",
    "omni_reference_task_type",
)
_PLAIN = "the parameter {what} specified in the request is not valid for model {family} in {mode}"

# A broken mixing rule, by the aspect of the problem.
MIXING: Mapping[str, str] = {
    "no role": "role must be specified for image contents",
    "image role": "invalid role specified for image content",
    "first_frame": "expected at most one first frame image content but got {got} instead",
    "last_frame": "expected at most one last frame image content but got {got} instead",
    "reference_image": "expected at most {limit} reference images but got {got} instead",
    "reference_video": "expected at most {limit} reference videos but got {got} instead",
    "reference_audio": "expected at most {limit} reference audios but got {got} instead",
    "mixed": "first/last frame content cannot be mixed with reference media content",
    "last alone": "last frame image content cannot be mixed with first frame or reference image "
    "content",
    "video role": "reference media mode requires video role to be reference_video",
    "audio role": "reference media mode requires audio role to be reference_audio",
    "audio alone": "reference_audio cannot be the only reference input",
    "texts": "expected at most one text content but got {got} instead",
    "draft_task": "draft_task must be the only content",
}

# A file that breaks a bound, by the aspect of the problem; images have texts of their own.
_IMAGE = "Error while downloading image, error: expected the "
_IMAGE_SIDE = "{aspect} to be {edge}px, but received a {got[0]}x{got[1]}px image instead"
_IMAGES: Mapping[str, str] = {
    "width": _IMAGE + _IMAGE_SIDE,
    "height": _IMAGE + _IMAGE_SIDE,
    "ratio": _IMAGE + "aspect ratio to be between {limit[0]:.2f} and {limit[1]:.2f}, but received "
    "image with aspect ratio: {got:.2f} instead",
}
_IMAGE_SIZE = (
    "the request failed because the size of the input image ({} MiB) exceeds the limit (30 MiB)"
)
_MEASURES: Mapping[str, str] = {
    "width": "{media} width (px)",
    "height": "{media} height (px)",
    "ratio": "{media} aspect ratio",
    "pixels": "{media} pixel count",
    "fps": "{media} frame rate",
    "seconds": "{media} duration (seconds)",
    "total": "{media} total duration (seconds)",
    "size": "{media} size (bytes)",
}
_MEASURED = (
    "the parameter {what} specified in the request must be {bound} for model {family} in {mode}"
)


def refusal(problem: Problem, call: Call, family: str) -> Reply:
    """Ark's answer to a problem; ``family`` is what it calls the model that was asked for."""
    status, kind, code = CODES.get(problem.kind, _WRONG)
    names = _names(problem, call, family)
    message, param = _sentence(problem, names)
    # The one message whose suffix begins in lower case (captures of 2026-09-10).
    suffix = "request id" if problem.kind is Kind.NO_KEY else "Request id"
    if problem.aspect == ark_tasks.ASPECT:
        code = "InvalidParameter.TaskTypeConstraint"
    error = {
        "code": code.format_map(names),
        "message": f"{message} {suffix}: {request_id(call)}",
        "param": param,
        "type": kind,
    }
    return Reply(status, {"error": error}, _headers(problem))


def unsupported_model(message: str, call: Call) -> Reply:
    """The answer to a model that a subscription does not have, whose type alone is empty."""
    error = {
        "code": "UnsupportedModel",
        "message": f"{message} Request id: {request_id(call)}",
        "param": "",
        "type": "",
    }
    return Reply(404, {"error": error})


def request_id(call: Call) -> str:
    """53 characters: 02, the time in milliseconds, 38 hexadecimal digits (live ids, 2026)."""
    return f"02{call.now:013d}{call.chance.hex('request', 38)}"


def _headers(problem: Problem) -> Mapping[str, str]:
    if problem.kind is Kind.NO_METHOD:
        return {"Allow": str(problem.limit)}
    if problem.kind in KEY_ERRORS:
        return {"x-error-code": KEY_ERRORS[problem.kind]}
    return {}


def _names(problem: Problem, call: Call, family: str) -> dict[str, Any]:
    """What the templates of codes and sentences may speak of."""
    item, _, payload = problem.field.partition(".")
    media = payload.removesuffix("_url")
    got = problem.got
    return {
        "field": problem.field,
        "item": item,
        "items": _items(problem),
        "media": media,
        "Media": media.title(),
        "aspect": problem.aspect,
        "detail": problem.detail,
        "reason": f"{problem.field} {problem.detail}".strip(),
        "limit": problem.limit,
        "got": got[:LONGEST_ECHO] if isinstance(got, str) else got,
        "review": _review(problem, call) if problem.kind is Kind.REVIEW else "",
        "Phase": "Running" if got is Phase.RUNNING else "Cancelled",
        "family": family,
        "mode": content.mode_of(call.body),
    }


def _items(problem: Problem) -> str:
    """The items that are to blame, one after another; the kind of each where it is another."""
    words, known = [], ""
    for field in (problem.field, *problem.also):
        item, _, payload = field.partition(".")
        media = payload.removesuffix("_url")
        words.append(f"'{item}'" if media == known else f"{media} '{item}'")
        known = media
    return ", ".join(words)


def _review(problem: Problem, call: Call) -> str:
    """What the review found, with the content item that its code speaks of where there is one."""
    items = call.body.get("content")
    found = ""
    for at, item in enumerate(items if isinstance(items, list) else ()):
        media = str(item["type"]).removesuffix("_url")
        if str(problem.got).startswith(f"Input{media.title()}"):
            found = f" 'content[{at}]'"
            break
    return problem.detail.replace("{item}", found)


def _sentence(problem: Problem, names: Mapping[str, Any]) -> tuple[str, str]:
    """What Ark says, and the parameter that it names."""
    if problem.aspect == ark_tasks.ASPECT:
        return ark_tasks.sentence(problem), problem.field
    if problem.field == "task_type":
        text = "the specified task_type {mode} does not support model {family}"
        return _invalid("task_type", text.format_map(names))
    if problem.field == "content" and problem.aspect in MIXING:
        return _invalid("content", MIXING[problem.aspect].format_map(names))
    if problem.kind is Kind.MEDIA:
        return _invalid(*_media(problem, names))
    if problem.kind is Kind.ASSET:
        if problem.aspect == "type":
            return _invalid(f"{problem.field}.url", f"the specified asset {problem.detail}.")
        detail = f"The specified asset {names['got']} {problem.detail}."
        return _invalid(f"{problem.field}.url", detail)
    if problem.kind in PARAMETER_SENTENCES:
        return PARAMETER_SENTENCES[problem.kind].format_map(names), problem.field
    if problem.kind in SENTENCES:
        return SENTENCES[problem.kind].format_map(names), ""
    if problem.field in _PLAIN_FIELDS:
        return _PLAIN.format_map({**names, "what": problem.field}), problem.field
    return _invalid(problem.field, problem.detail)


def _invalid(field: str, detail: str) -> tuple[str, str]:
    return _INVALID.format(field=field, detail=detail), field


def _media(problem: Problem, names: Mapping[str, Any]) -> tuple[str, str]:
    """The parameter that Ark names for a file, and what it says of it."""
    aspect, media = problem.aspect, names["media"]
    if aspect == "data":
        return "content", "reference_video must be provided as a web url"
    if aspect == "format":
        return names["item"], _PLAIN.format_map({**names, "what": f"{media} format"})
    if aspect not in _MEASURES:
        return problem.field, "resource download failed"
    words, edge = _bound(problem)
    if media == "image" and aspect == "size":
        shown = f"{problem.got / MB:.10g}"
        return "image_url", _IMAGE_SIZE.format(shown)
    if media == "image" and aspect in _IMAGES:
        side = f"{'at least' if words.startswith('greater') else 'at most'} {edge}"
        return "image_url", _IMAGES[aspect].format_map({**names, "edge": side})
    what = _MEASURES[aspect].format_map(names)
    text = _MEASURED.format_map({**names, "what": what, "bound": f"{words} {edge}"})
    return "content" if aspect == "total" else names["item"], text


def _bound(problem: Problem) -> tuple[str, str]:
    """On which side of which bound a file should be; seconds are measured in milliseconds."""
    least, most = problem.limit if isinstance(problem.limit, tuple) else (0, problem.limit)
    got = problem.got
    if problem.aspect in ("width", "height"):
        got = got[problem.aspect == "height"]
    scale = 1000 if problem.aspect in ("seconds", "total") else 1
    if got < least:
        return "greater than or equal to", f"{least / scale:.10g}"
    return "less than or equal to", f"{most / scale:.10g}"
