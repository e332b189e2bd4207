"""How the asset library words its answers and what is wrong: the envelope of Volcengine's cloud.

Codes, their numbers and statuses as live answers of 2026 show them; those of an expired date, of an
unknown action and of a limit are from notes on the documentation's list of common errors.
"""

from collections.abc import Mapping
from typing import Any

from simulator.core.clock import BEIJING, moment
from simulator.core.problems import Kind, Problem
from simulator.dialects.ark import signing
from simulator.engine.call import Call, Reply

VERSION = "2024-01-01"
LONGEST_ECHO = 200
# Status, code, number (0: none) and text, by the kind of a problem, and its aspect where that says
# more.
_ERRORS: Mapping[tuple[Kind, str], tuple[int, str, int, str]] = {
    (Kind.NO_KEY, ""): (400, "InvalidCredential", 100025, "The request has no credential."),
    (Kind.BAD_KEY, ""): (400, "InvalidAuthorization", 100024, "Invalid 'Authorization' header"),
    (Kind.BAD_KEY, "credential"): (
        400,
        "InvalidCredential",
        100025,
        "The Credential in 'Authorization' is not valid: {detail}.",
    ),
    (Kind.BAD_KEY, "date missing"): (
        400,
        "MissingRequestInfo",
        100004,
        "The request is missing timestamp information.",
    ),
    (Kind.BAD_KEY, "date"): (
        400,
        "InvalidTimestamp",
        100006,
        "The request has expired, or its timestamp is in the future: {detail}.",
    ),
    (Kind.BAD_KEY, "mismatch"): (
        401,
        "SignatureDoesNotMatch",
        100010,
        "The request signature we calculated does not match the signature you provided. {detail}.",
    ),
    (Kind.UNKNOWN_KEY, ""): (401, "InvalidAccessKey", 100009, "The access key is not valid."),
    (Kind.EXPIRED_KEY, ""): (401, "InvalidSecretToken", 100026, "The security token has expired."),
    (Kind.BANNED, ""): (
        403,
        "AccessDenied",
        100013,
        "User is not authorized to perform: ark:{action} on resource: ",
    ),
    (Kind.NO_GROUP, ""): (
        403,
        "SubscriptionRequired",
        0,
        "This API requires an active subscription. Please subscribe to an advanced or premium "
        "plan.",
    ),
    (Kind.LIMITED, ""): (429, "RequestLimitExceeded", 0, "The request rate limit is exceeded."),
    (Kind.NO_ROUTE, ""): (
        404,
        "InvalidActionOrVersion",
        100008,
        "Could not find operation {action} for version {version}.",
    ),
    (Kind.NO_METHOD, ""): (405, "MethodNotAllowed", 0, "The method {got} is not allowed."),
    (Kind.TOO_LARGE, ""): (413, "RequestEntityTooLarge", 0, "The body is too large."),
    (Kind.MISSING, ""): (400, "MissingParameter.{field}", 0, "The parameter {field} is missing."),
    (Kind.UNKNOWN_FILE, "group"): (
        404,
        "NotFound.group_id",
        0,
        "The specified asset_group {got} is not found.",
    ),
    (Kind.UNKNOWN_FILE, "asset"): (
        404,
        "NotFound.asset_id",
        0,
        "The specified asset {got} is not found.",
    ),
    (Kind.RENDER, ""): (500, "InternalError", 0, "The service has an internal error: {detail}"),
}
_WRONG = (400, "InvalidParameter", 0, "The parameter {field} is not valid: {detail}.")
# What of a file is off, and what it is when it is on this or that side of its bound.
_MEASURES: Mapping[str, tuple[str, str, str, str]] = {
    "width": ("Width", "width", "TooSmall", "TooLarge"),
    "height": ("Height", "height", "TooSmall", "TooLarge"),
    "pixels": ("PixelCount", "Pixel count", "TooSmall", "TooLarge"),
    "ratio": ("AspectRatio", "aspect ratio", "TooSmall", "TooLarge"),
    "seconds": ("Duration", "duration (ms)", "TooShort", "TooLong"),
    "fps": ("FrameRate", "frame rate", "TooLow", "TooHigh"),
    "size": ("FileSize", "file size (bytes)", "TooSmall", "TooLarge"),
}


def done(call: Call, result: Mapping[str, Any]) -> Reply:
    """The answer to a call that went well."""
    return Reply(200, {"ResponseMetadata": _metadata(call), "Result": result})


def refusal(problem: Problem, call: Call) -> Reply:
    """The library's answer to a problem."""
    code, number, message, status = _worded(problem, call)
    error = {**({"CodeN": number} if number else {}), "Code": code, "Message": message}
    headers = {"Allow": str(problem.limit)} if problem.kind is Kind.NO_METHOD else {}
    return Reply(status, {"ResponseMetadata": {**_metadata(call), "Error": error}}, headers)


def _worded(problem: Problem, call: Call) -> tuple[str, int, str, int]:
    if problem.kind is Kind.MEDIA and problem.aspect in _MEASURES:
        return (*_measured(problem), 400)
    got, (action, version) = problem.got, _asked(call)
    names = {
        "field": problem.field or "body",
        "detail": problem.detail.rstrip("."),
        "got": got[:LONGEST_ECHO] if isinstance(got, str) else got,
        "action": action,
        "version": version,
    }
    usual = _ERRORS.get((problem.kind, ""), _WRONG)
    status, code, number, text = _ERRORS.get((problem.kind, problem.aspect), usual)
    return code.format_map(names), number, text.format_map(names), status


def _measured(problem: Problem) -> tuple[str, int, str]:
    """The code of a file that is beyond a bound, and its bounds."""
    name, words, under, over = _MEASURES[problem.aspect]
    limit, got = problem.limit, problem.got
    least, most = limit if isinstance(limit, tuple) else (0, limit)
    if problem.aspect in ("width", "height"):
        got = got[problem.aspect == "height"]
    message = f"{words.capitalize()} must be between {least} and {most}"
    return f"InvalidParameter.{name}{under if got < least else over}", 0, message


def _asked(call: Call) -> tuple[str, str]:
    """The action and the version that a call names, as far as an answer repeats them."""
    asked = dict(call.parameters)
    return asked.get("Action", "")[:LONGEST_ECHO], asked.get("Version", "")[:LONGEST_ECHO]


def _metadata(call: Call) -> dict[str, str]:
    """What was called: its time and twenty hexadecimal digits are the id (live answers, 2026)."""
    action, version = _asked(call)
    return {
        "RequestId": f"{moment(call.now, BEIJING):%Y%m%d%H%M%S}"
        + call.chance.hex("request", 20).upper(),
        "Action": action,
        "Version": version,
        "Service": signing.SERVICE,
        "Region": signing.region(call),
    }
