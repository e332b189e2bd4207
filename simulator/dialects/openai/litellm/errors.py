"""How LiteLLM words what is wrong: in its proxy, in itself, and upstream of it."""

import json
from collections.abc import Mapping

from simulator.core.problems import Kind, Problem
from simulator.core.rules import value
from simulator.dialects import ark_upstream
from simulator.dialects.openai.litellm.objects import decoded
from simulator.dialects.openai.litellm.order import upstream
from simulator.dialects.openai.litellm.rows import DROPPABLE, PROXY
from simulator.dialects.openai.render import reply
from simulator.dialects.openai.rules import FIRST_FRAME
from simulator.engine.call import Call, Reply

# The class that LiteLLM makes of a status, with the words ahead of the provider's, and its type.
CLASSES: Mapping[int, tuple[str, str]] = {
    400: ("BadRequestError", "invalid_request_error"),
    401: ("AuthenticationError: AuthenticationError", "authentication_error"),
    403: ("APIError: APIError", "permission_error"),
    404: ("NotFoundError: NotFoundError", "invalid_request_error"),
    429: ("RateLimitError: RateLimitError", "throttling_error"),
    500: ("InternalServerError: InternalServerError", "internal_server_error"),
    502: ("BadGatewayError: BadGatewayError", "internal_server_error"),
}
KEYS: Mapping[Kind, tuple[int, str, str]] = {
    Kind.NO_KEY: (401, "auth_error", "Authentication Error, No api key passed in."),
    Kind.BAD_KEY: (
        401,
        "auth_error",
        "Authentication Error, Malformed API Key passed in. Ensure Key has `Bearer ` prefix.",
    ),
    Kind.UNKNOWN_KEY: (400, "no_db_connection", "No connected db."),
    Kind.EXPIRED_KEY: (400, "no_db_connection", "No connected db."),
    Kind.BANNED: (400, "no_db_connection", "No connected db."),
}
NO_PROVIDER = (
    "litellm.BadRequestError: LLM Provider NOT provided. Pass in the LLM provider you are trying "
    "to call. You passed model=\n Pass model as E.g. For 'Huggingface' inference endpoints pass in "
    "`completion(model='huggingface/starcoder',..)` Learn more: "
    "https://docs.litellm.ai/docs/providers"
)
OFFLINE = (
    "litellm.InternalServerError: InternalServerError: OpenAIException - Cannot connect to host "
    "api.openai.com:443"
)
NO_ID, LISTING, REMIX, CONTENT = "no id", "listing", "remix", "content"
_AFTER = (
    "\n\nLiteLLM: model group '{group}' failed with the error above. No fallback was attempted."
)


def refuse_call(problem: Problem, call: Call) -> Reply:
    """LiteLLM's own refusal, or the one of Ark that it passes on as a text."""
    own = _own(problem, call)
    if own is not None:
        return own
    found = ark_upstream.refusal(problem, _as_ark_saw(call))
    text = json.dumps(found.body, ensure_ascii=False, separators=(",", ":"))
    return passed_on(found.status, text, call)


def passed_on(status: int, text: str, call: Call) -> Reply:
    """What is wrong upstream, as LiteLLM says it of every provider."""
    word, name = CLASSES.get(status, ("APIError: APIError", "invalid_request_error"))
    return _error(status, name, f"litellm.{word}: VolcengineException - {text}{_after(call)}")


def _after(call: Call) -> str:
    known = decoded(call.args.get("id") or str(value(call.body, "video.id")))
    return _AFTER.format(group=known.group if known else call.body.get("model"))


def _own(problem: Problem, call: Call) -> Reply | None:
    kind, aspect = problem.kind, problem.aspect
    if kind is Kind.NO_ROUTE:
        return reply(404, {"detail": "Not Found"})
    if kind is Kind.NO_METHOD:
        allowed = [one for one in str(problem.limit).split(", ") if one != "DELETE"]
        return reply(405, {"detail": "Method Not Allowed"}, {"Allow": ", ".join(allowed)})
    if kind in KEYS:
        strange = call.headers.get("Authorization", "").startswith("Basic ")
        return _error(*KEYS[Kind.UNKNOWN_KEY if strange else kind])
    if kind in (Kind.UNREADABLE, Kind.NOT_OBJECT, Kind.CONTENT_TYPE):
        text = f"{problem.field} {problem.detail}".strip()
        if kind is Kind.NOT_OBJECT:
            text = "expected an object"
        message = f"Invalid JSON payload: {text}"
        return _error(400, "invalid_request_error", message, "request_body")
    if kind is Kind.NO_GROUP or aspect == PROXY:
        return _proxy(problem)
    if aspect == DROPPABLE:
        text = f"litellm.UnsupportedParamsError: {problem.detail}"
        return _error(
            400,
            "invalid_request_error",
            f"{text}, set drop_params=True to ignore it{_after(call)}",
        )
    if aspect == REMIX:
        text = f"litellm.UnsupportedParamsError: {problem.detail}"
        if call.path.endswith("/edits"):
            return passed_on(400, text, call)
        return _error(400, "invalid_request_error", text + _after(call))
    if aspect == NO_ID:
        return _error(500, "internal_server_error", OFFLINE)
    if aspect == LISTING:
        return _error(400, "invalid_request_error", NO_PROVIDER)
    return passed_on(400, problem.detail, call) if aspect == CONTENT else None


def _proxy(problem: Problem) -> Reply:
    """What the proxy refuses before it thinks of a provider."""
    if problem.field == FIRST_FRAME:
        detail = {
            "type": "value_error",
            "loc": ["body", FIRST_FRAME],
            "msg": "Value error, Expected UploadFile, received: <class 'str'>",
        }
        return reply(422, {"detail": [detail]})
    if problem.field == "prompt":
        text = "/videos: Missing required parameter: 'prompt'."
        return _error(400, "invalid_request_error", text, "prompt")
    if problem.kind is Kind.TYPE:
        return _error(400, "bad_request_error", "'model' must be a string.", "model")
    text = (
        f"/videos: Invalid model name passed in model={str(problem.got)[:200]}. Call `/v1/models` "
        "to view available models for your key."
    )
    found = _error(400, "invalid_request_error", text)
    found.body["error"]["provider_specific_fields"] = {"error": text}
    return found


def _error(status: int, name: str, message: str, param: str | None = None) -> Reply:
    error = {"message": message, "type": name, "param": param, "code": str(status)}
    return reply(status, {"error": error})


def _as_ark_saw(call: Call) -> Call:
    """The call with the body that Ark got, where it was one of an order."""
    body = call.body
    return call.holding(upstream(body)) if isinstance(body.get("model"), str) else call
