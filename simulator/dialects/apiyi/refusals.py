"""How a problem is refused: the gateway's own in its words, the rest in Ark's."""

from collections.abc import Mapping

from msgspec.structs import replace

from simulator.core.chance import ALNUM
from simulator.core.clock import BEIJING, moment
from simulator.core.problems import Kind, Problem
from simulator.dialects import ark_errors
from simulator.dialects.apiyi.rules import SOLD, STANDARD
from simulator.engine.call import Call, Reply

# What the gateway itself refuses: status, code and message. The rest is Ark's, passed on.
GATEWAY: Mapping[Kind, tuple[int, str, str]] = {
    Kind.NO_ROUTE: (404, "invalid_url", "Invalid URL ({method} {path})"),
    Kind.NO_METHOD: (405, "method_not_allowed", "{method} is not allowed, only {limit}"),
    Kind.NO_KEY: (401, "invalid_token", "Invalid token: no Authorization header was sent"),
    Kind.BAD_KEY: (401, "invalid_token", "Invalid token: send Authorization: Bearer sk-…"),
    Kind.UNKNOWN_KEY: (401, "invalid_token", "Invalid token"),
    Kind.EXPIRED_KEY: (401, "invalid_token", "Invalid token: it has expired"),
    Kind.BANNED: (403, "user_banned", "The user of this token has been banned"),
    Kind.NO_GROUP: (503, "model_not_found", "{channel}"),
    Kind.MODEL: (503, "model_not_found", "{channel}"),
    Kind.BROKE: (
        429,
        "insufficient_user_quota",
        "user [1] quota [{limit}] preConsumedQuota [{got}] is not enough",
    ),
}
CHANNEL = "Current group SeeDance2 has no available channel for this model: {got}"
OBSERVED_CHANNEL = "Current group SeeDance2 has no available channels for model {got}"
# The one error that was seen whole (a FAQ's copy): without a request id, in two wordings.
LOCALIZED: Mapping[Kind, str] = {Kind.BROKE: "Insufficient user quota"}
# List and delete are Ark's, not the gateway's: as unknown as any other path.
NOT_OFFERED = ("GET", "DELETE")


def refuse_call(problem: Problem, call: Call) -> Reply:
    """What the gateway says itself is in its words, the rest in Ark's."""
    if problem.kind is Kind.NO_METHOD and call.method in NOT_OFFERED:
        problem = replace(problem, kind=Kind.NO_ROUTE)
    if problem.kind in GATEWAY:
        return _gateway_error(problem, call)
    model = SOLD.get(str(call.body.get("model")), SOLD[STANDARD])
    return ark_errors.refusal(problem, call, model.family)


def _gateway_error(problem: Problem, call: Call) -> Reply:
    status, code, template = GATEWAY[problem.kind]
    got = str(problem.got)[: ark_errors.LONGEST_ECHO]
    message = template.format(
        method=call.method,
        path=call.path[: ark_errors.LONGEST_ECHO],
        limit=problem.limit,
        got=got,
        channel=(OBSERVED_CHANNEL if call.observed else CHANNEL).format(got=got),
    )
    localized = LOCALIZED.get(problem.kind)
    error = {
        "message": message if localized else f"{message} (request id: {shell_id(call)})",
        "localized_message": localized or message,
        "type": "shell_api_error",
        "param": "",
        "code": code,
    }
    headers = {"Allow": str(problem.limit)} if problem.kind is Kind.NO_METHOD else {}
    return Reply(status, {"error": error}, headers)


def shell_id(call: Call) -> str:
    """The gateway's id of a call: the time in nanoseconds, eight letters and digits (ours)."""
    nanoseconds = call.now % 1000 * 1_000_000 + call.chance.number("shell", 0, 999_999)
    stamp = f"{moment(call.now, BEIJING):%Y%m%d%H%M%S}{nanoseconds:09d}"
    return stamp + call.chance.word("shell id", ALNUM, 8)


def dress(call: Call) -> Mapping[str, str]:
    """Ark's request id as it was passed on, and the gateway's own."""
    return {"x-request-id": ark_errors.request_id(call), "X-Shellapi-Request-Id": shell_id(call)}
