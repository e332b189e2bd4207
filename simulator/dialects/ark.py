"""Ark, the upstream itself (Volcengine Ark and BytePlus ModelArk): tasks under /api/v3.

Volcengine documentation 82379/1520757, 82379/1521309 and 82379/1099476, mid to autumn 2026, and
live captures on both hosts.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from simulator.addresses import judge_link
from simulator.clock import DAY
from simulator.dialects import content
from simulator.dialects.ark_family import (
    EXPIRES_AFTER,
    FAILURES,
    KEY_PROBLEMS,
    RATIO_CHOICES,
    SEED_MOST,
    Model,
    callbacks,
    error,
    given,
    media_message,
    mixing_message,
    order_of,
    read_body,
    request_id,
    submit,
    task_object,
)
from simulator.engine import Engine, kept
from simulator.problems import Kind, Problem, refuse
from simulator.rules import (
    Between,
    Body,
    Count,
    Length,
    OfType,
    OneOf,
    OneOfFor,
    Required,
    Unsupported,
    value,
)
from simulator.task import Phase, Task
from simulator.wire import Call, Dialect, Event, Reply, Route

_ALL = ("480p", "720p", "1080p", "4k")
_LOW = ("480p", "720p")
_BYTEPLUS = "ap-southeast-1"
MODELS: Mapping[str, Model] = {
    "doubao-seedance-2-0-260128": Model("doubao-seedance-2-0", "standard", _ALL),
    "doubao-seedance-2-0-fast-260128": Model("doubao-seedance-2-0-fast", "fast", _LOW),
    "doubao-seedance-2-0-mini-260615": Model("doubao-seedance-2-0-mini", "mini", _LOW),
    "dreamina-seedance-2-0-260128": Model("dreamina-seedance-2-0", "standard", _ALL, _BYTEPLUS),
    "dreamina-seedance-2-0-fast-260128": Model(
        "dreamina-seedance-2-0-fast", "fast", _LOW, _BYTEPLUS
    ),
    "dreamina-seedance-2-0-mini-260615": Model(
        "dreamina-seedance-2-0-mini", "mini", _LOW, _BYTEPLUS
    ),
}
# What an endpoint id (ep-…) stands for; answers show the model, not the endpoint.
ENDPOINT_MODEL = "doubao-seedance-2-0-260128"
_ENDPOINT = re.compile(r"ep-[0-9A-Za-z-]{3,60}")


@dataclass(frozen=True, slots=True)
class KnownModel:
    """The model is one that the account can call."""

    def problem(self, body: Body) -> Problem | None:
        name = body["model"]
        if name in MODELS or _ENDPOINT.fullmatch(name):
            return None
        return Problem(Kind.MODEL, "model", "is unknown", got=name)


@dataclass(frozen=True, slots=True)
class Tools:
    """Tools are objects of the one known type."""

    def problem(self, body: Body) -> Problem | None:
        for at, tool in enumerate(value(body, "tools") or ()):
            if not isinstance(tool, dict) or tool.get("type") != "web_search":
                return Problem(Kind.CHOICE, f"tools[{at}].type", "must be web_search", got=tool)
        return None


def _rules(least_expiry: int) -> tuple[Any, ...]:
    return (
        Required("model"),
        OfType("model", "string"),
        KnownModel(),
        Required("content"),
        OfType("content", "array"),
        Count("content", most=100, least=1),
        content.ContentItems(),
        OfType("callback_url", "string"),
        OfType("return_last_frame", "boolean"),
        Unsupported("service_tier"),
        OfType("execution_expires_after", "integer"),
        Between("execution_expires_after", least_expiry, 259200),
        OfType("generate_audio", "boolean"),
        Unsupported("draft"),
        OfType("tools", "array"),
        Tools(),
        OfType("safety_identifier", "string"),
        Length("safety_identifier", 64),
        OfType("priority", "integer"),
        Between("priority", 0, 9),
        OfType("resolution", "string"),
        OneOf("resolution", _ALL),
        OneOfFor("resolution", "model", {name: m.resolutions for name, m in MODELS.items()}),
        OfType("ratio", "string"),
        OneOf("ratio", RATIO_CHOICES),
        OfType("duration", "integer"),
        Between("duration", 4, 15, also=(-1,)),
        Unsupported("frames"),
        OfType("seed", "integer"),
        Between("seed", -1, SEED_MOST),
        Unsupported("camera_fixed"),
        OfType("watermark", "boolean"),
        content.DraftAlone(),
        content.ImageRoles(),
        content.OtherRoles("video"),
        content.OtherRoles("audio"),
        content.AtMost("first_frame", 1),
        content.AtMost("last_frame", 1),
        content.FramesWithoutReferences(),
        content.FirstBeforeLast(),
        content.NotOnlyAudio(),
        content.AtMost("reference_image", 9),
        content.AtMost("reference_video", 3),
        content.AtMost("reference_audio", 3),
    )


RULES = _rules(3600)
# On the 2.0 models the live service does not enforce the floor of the expiry.
OBSERVED_RULES = _rules(1)


async def create(call: Call, engine: Engine) -> Reply:
    _judge_callback(call, engine)
    if content.draft_id(call.body) is not None:
        raise refuse(Kind.UNSUPPORTED, "content[0].type", "drafts are not of this model")
    name = call.body["model"] if call.body["model"] in MODELS else ENDPOINT_MODEL
    body = _with_text_commands({**call.body, "model": name})
    call = replace(call, body=body)
    chance = engine.draw(call.account)
    order = await order_of(call, engine, MODELS[name], chance)
    extra = {
        "priority": given(body, "priority", 0),
        "execution_expires_after": given(body, "execution_expires_after", EXPIRES_AFTER),
        "safety_identifier": body.get("safety_identifier"),
        "web_search": bool(body.get("tools")),
    }
    task = await submit(call, engine, "ark", replace(order, extra=extra), chance)
    return Reply(200, {"id": task.id})


async def show(call: Call, engine: Engine) -> Reply:
    task = await _find(call, engine)
    return Reply(200, render(task, engine, call.base, call.now))


def render(task: Task, engine: Engine, base: str, now: int) -> dict[str, Any]:
    """A task as the query, the list and the callbacks give it."""
    extra = task.order.extra
    also: dict[str, Any] = {
        "service_tier": "default",
        "execution_expires_after": extra["execution_expires_after"],
        "generate_audio": task.order.sound,
        "draft": False,
        "priority": extra["priority"],
    }
    if extra["safety_identifier"] is not None:
        also["safety_identifier"] = extra["safety_identifier"]
    body = task_object(task, engine, base, now, MODELS[task.order.model], also)
    if extra["web_search"] and "usage" in body:
        body["usage"]["tool_usage"] = {"web_search": 0}
    return body


async def index(call: Call, engine: Engine) -> Reply:
    """The account's tasks of the last seven days, newest first, filtered and in pages."""
    asked = call.parameters
    number = _page(asked, "page_num", 1)
    size = _page(asked, "page_size", 20)
    tasks = await engine.store.tasks(call.account.key, "ark")
    found = [task for task in reversed(tasks) if kept(task, call.now, DAY)]
    found = [task for task in found if _passes(task, asked, call.now)]
    page = found[(number - 1) * size : number * size]
    items = [render(task, engine, call.base, call.now) for task in page]
    return Reply(200, {"total": len(found), "items": items})


async def delete(call: Call, engine: Engine) -> Reply:
    task = await _find(call, engine)
    phase = task.phase(call.now)
    if phase is Phase.QUEUED:
        await engine.cancel(task, call.now)
    elif phase in (Phase.RUNNING, Phase.CANCELLED):
        raise refuse(Kind.STATE, "id", f"the task is {phase}", got=phase)
    else:
        await engine.remove(task, call.now)
    return Reply(200, {})


async def _find(call: Call, engine: Engine) -> Task:
    return await engine.find("ark", call.account, call.args["id"], call.now, cancelled_for=DAY)


def _judge_callback(call: Call, engine: Engine) -> None:
    url = call.body.get("callback_url")
    if url is not None:
        detail = judge_link(url, engine.config.callbacks, plain_http=True)
        if detail is not None:
            raise refuse(Kind.ADDRESS, "callback_url", detail, got=url)


def _page(asked: list[tuple[str, str]], name: str, otherwise: int) -> int:
    text = dict(asked).get(name)
    if text is None or text == "":
        return otherwise
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:4]) <= 500 and len(text) < 4):
        raise refuse(Kind.RANGE, name, "must be from 1 to 500", got=text)
    return int(text)


def _passes(task: Task, asked: list[tuple[str, str]], now: int) -> bool:
    filters = dict(asked)
    status = filters.get("filter.status")
    if status and status not in tuple(Phase):
        raise refuse(Kind.CHOICE, "filter.status", "is unknown", got=status)
    ids = [wanted for name, wanted in asked if name == "filter.task_ids" and wanted]
    return (
        (not status or task.phase(now) == status)
        and filters.get("filter.model") in (None, "", task.order.model)
        and filters.get("filter.service_tier") in (None, "", "default")
        and (not ids or task.id in ids)
    )


# Old-style commands at the end of the text: strict fields win, what cannot be read is left alone.
_COMMAND = re.compile(r"--(\w+)\s+(\S+)")
_COMMANDS: Mapping[str, str] = {
    "rs": "resolution",
    "resolution": "resolution",
    "rt": "ratio",
    "ratio": "ratio",
    "dur": "duration",
    "duration": "duration",
    "seed": "seed",
    "wm": "watermark",
    "watermark": "watermark",
}


def _with_text_commands(body: dict[str, Any]) -> dict[str, Any]:
    """The body with what commands in its text ask for, where no field does."""
    allowed = MODELS[body["model"]].resolutions
    for name, text in _COMMAND.findall(content.text(body)):
        field = _COMMANDS.get(name)
        if field is None or body.get(field) is not None:
            continue
        number = int(text) if re.fullmatch(r"-?\d{1,10}", text) else None
        if field == "resolution" and text.lower() in allowed:
            body[field] = text.lower()
        elif (field == "ratio" and text in RATIO_CHOICES) or (
            field == "watermark" and text in ("true", "false")
        ):
            body[field] = text == "true" if field == "watermark" else text
        elif number is not None and (
            (field == "duration" and (number == -1 or 4 <= number <= 15))
            or (field == "seed" and -1 <= number <= SEED_MOST)
        ):
            body[field] = number
    return body


# Status, type and code of each kind of problem (82379/1099476).
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
    Kind.FACE: (400, "BadRequest", "InputImageSensitiveContentDetected.PrivacyInformation"),
    Kind.BROKE: (403, "Forbidden", "AccountOverdueError"),
    Kind.LIMITED: (429, "TooManyRequests", "ModelAccountRpmRateLimitExceeded"),
    Kind.QUEUE_FULL: (429, "TooManyRequests", "QuotaExceeded"),
    Kind.UNKNOWN_TASK: (404, "NotFound", "ResourceNotFound"),
    Kind.STATE: (409, "Conflict", "InvalidAction.RunningTaskDeletion"),
    Kind.RENDER: (500, "InternalServerError", "InternalServiceError"),
}
SENTENCES: Mapping[Kind, str] = {
    Kind.NO_ROUTE: "The requested path {got} is not found.",
    Kind.NO_METHOD: "The method {got} is not allowed, only {limit}.",
    Kind.BAD_KEY: "The API key format is incorrect.",
    Kind.UNKNOWN_KEY: "The API key or AK/SK in the request is missing or invalid.",
    Kind.EXPIRED_KEY: "The API key in the request has expired.",
    Kind.BANNED: "The account is in an invalid state.",
    Kind.NO_GROUP: "Your account 2100000000 has not activated the model {got}. Please activate the "
    "model service in the Ark Console.",
    Kind.MODEL: "The model or endpoint {got} does not exist or you do not have access to it.",
    Kind.TOO_LARGE: "The request body is larger than {limit} bytes.",
    Kind.CONTENT_TYPE: "The Content-Type of the request must be application/json.",
    Kind.UNREADABLE: "The request body is not valid JSON.",
    Kind.NOT_OBJECT: "The request body must be a JSON object.",
    Kind.MISSING: "The request failed because it is missing `{field}` parameter.",
    Kind.FACE: "The request failed because the input image '{item}' may contain real person.",
    Kind.BROKE: "The request failed because your account has an overdue balance.",
    Kind.LIMITED: "The requests per minute (RPM) limit of the model for your account has been "
    "exceeded.",
    Kind.QUEUE_FULL: "The request has exceeded the quota.",
    Kind.UNKNOWN_TASK: "The specified resource `{got}` is not found.",
    Kind.STATE: "Cannot delete task because it is currently {got}",
    Kind.UNSUPPORTED: "the specified parameter {field} is not supported for model {family} in "
    "{mode}, must be empty",
    Kind.RENDER: "The service encountered an unexpected internal error: {detail}",
}
_INVALID = "The parameter `{field}` specified in the request is not valid: {detail}"


def refuse_call(problem: Problem, call: Call) -> Reply:
    status, kind, code = CODES.get(problem.kind, (400, "BadRequest", "InvalidParameter"))
    headers: dict[str, str] = {}
    if problem.kind in KEY_PROBLEMS:
        missing = problem.kind is Kind.NO_KEY
        name = "MissOrInvalidAuthorizationHeader" if missing else "AuthenticationError"
        headers["x-error-code"] = f"AuthN_{name}"
    if problem.kind is Kind.NO_KEY:
        # The one message whose suffix begins in lower case (captures of 2026-09-10).
        text = "the API key or AK/SK in the request is missing or invalid. request id: "
        body = {"code": code, "message": text + request_id(call), "param": "", "type": kind}
        return Reply(status, {"error": body}, headers)
    if problem.kind is Kind.NO_METHOD:
        headers["Allow"] = str(problem.limit)
    if problem.kind is Kind.STATE:
        code = "InvalidAction." + (
            "RunningTaskDeletion" if problem.got is Phase.RUNNING else "CancelledTaskDeletion"
        )
    message, param = sentence(problem, call)
    if mixing_message(problem) is not None:
        code = "InvalidParameter"
    return error(call, status, kind, code, message, param, headers)


def sentence(problem: Problem, call: Call) -> tuple[str, str]:
    """What Ark says of a problem, and the parameter that it names."""
    model = MODELS.get(str(call.body.get("model")), MODELS[ENDPOINT_MODEL])
    mode = _mode(call)
    mixed = mixing_message(problem)
    if mixed is not None:
        return _INVALID.format(field="content", detail=mixed), "content"
    if problem.kind is Kind.MEDIA:
        detail, param = media_message(problem, model.family, mode)
        return _INVALID.format(field=param, detail=detail), param
    template = SENTENCES.get(problem.kind)
    if template is not None:
        words = template.format(
            field=problem.field,
            got=problem.got,
            limit=problem.limit,
            detail=problem.detail,
            item=problem.field.partition(".")[0],
            family=model.family,
            mode=mode,
        )
        named = problem.kind in (Kind.MISSING, Kind.UNSUPPORTED)
        return words, problem.field if named else ""
    if problem.kind in (Kind.CHOICE, Kind.RANGE, Kind.TYPE) and "." not in problem.field:
        detail = f"the parameter {problem.field} specified in the request is not valid for model"
        return f"{detail} {model.family} in {mode}", problem.field
    return _INVALID.format(field=problem.field, detail=problem.detail), problem.field


def _mode(call: Call) -> str:
    try:
        return content.mode(role for _, role in content.with_roles(content.media(call.body)))
    except (KeyError, TypeError, AttributeError):
        return "t2v"


def callback_body(event: Event, engine: Engine) -> Mapping[str, Any]:
    return render(event.task, engine, event.task.base, event.at)


TASKS = "/api/v3/contents/generations/tasks"

DIALECT = Dialect(
    name="ark",
    title="Volcengine Ark and BytePlus ModelArk",
    documents=("Volcengine documentation 82379/1520757 and 82379/1521309",),
    base_path="/api/v3",
    differences="the upstream: content array, list and delete, callbacks on every status change",
    routes=(
        Route("POST", TASKS, create, "create", read_body, RULES, OBSERVED_RULES),
        Route("GET", TASKS, index, "list"),
        Route("GET", TASKS + "/{id}", show, "query"),
        Route("DELETE", TASKS + "/{id}", delete, "delete"),
    ),
    refuse=refuse_call,
    dress=lambda call: {"x-request-id": request_id(call)},
    failures=FAILURES,
    example={
        "model": "doubao-seedance-2-0-260128",
        "content": [{"type": "text", "text": "A paper boat sails down a rainy street"}],
    },
    cancelled_for=DAY,
    callbacks=callbacks(callback_body),
    sdk=(
        (
            "volcengine-ark-runtime",
            'AsyncArk(base_url="{base}/api/v3", api_key="{key}").content_generation.tasks',
        ),
        ("@ai-sdk/bytedance", 'createByteDance({{ baseURL: "{base}/api/v3", apiKey: "{key}" }})'),
    ),
)
