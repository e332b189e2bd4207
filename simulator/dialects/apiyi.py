"""APIYI: Ark's own wire format behind a gateway with keys, a wallet and channels of its own.

"Seedance 2.0 Video Generation API Reference" and "Seedance 2.0 Overview", APIYI documentation, June
and September 2026; the gateway's own errors from its FAQ, September 2026.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from simulator.core.chance import ALNUM
from simulator.core.clock import BEIJING, moment
from simulator.core.problems import Kind, Problem
from simulator.core.rules import (
    Between,
    Body,
    Count,
    OfType,
    OneOf,
    OneOfFor,
    Required,
    Rule,
    given,
)
from simulator.core.samples import FRAMES, IMAGES, SOUND, TEXT, inline, link
from simulator.core.sharing import shared
from simulator.core.task import Order, Task
from simulator.dialects import ark_errors, ark_models, ark_tasks, content
from simulator.dialects.ark_codes import FAILURES, REFUSALS
from simulator.dialects.ark_family import (
    EXPIRES_AFTER,
    FIELDS,
    MIXING_RULES,
    RATIO_CHOICES,
    READER,
    SEED_MOST,
    TRUSTING,
    Intake,
    of_other_models,
    order_of,
    read_body,
    submit,
    task_object,
)
from simulator.dialects.ark_models import Model
from simulator.dialects.ark_rows import each, mixing, refused
from simulator.dialects.ark_sdk import ai_sdk
from simulator.dialects.newapi_models import models_route
from simulator.dialects.tiers import faster
from simulator.engine import Engine
from simulator.engine.call import Call, Reply
from simulator.engine.dialect import Dialect, Route

RESOLUTIONS = ("480p", "720p", "1080p")
FAST_RESOLUTIONS = ("480p", "720p")
NEW = "doubao-seedance-2-5-260628"
STANDARD, FAST = "doubao-seedance-2-0-260128", "doubao-seedance-2-0-fast-260128"
MODELS: Mapping[str, Model] = {
    STANDARD: Model("doubao-seedance-2-0", "standard", RESOLUTIONS),
    FAST: Model("doubao-seedance-2-0-fast", "fast", FAST_RESOLUTIONS),
}
# What the gateway sells since the summer of 2026: Ark's Chinese models, each up to 1080p.
SOLD: Mapping[str, Model] = {
    name: replace(
        ark_models.MODELS[name],
        resolutions=tuple(
            each for each in ark_models.MODELS[name].resolutions if each in RESOLUTIONS
        ),
    )
    for name in (STANDARD, FAST, "doubao-seedance-2-0-mini-260615", NEW)
}
ITEMS = ("text", "image_url", "video_url", "audio_url")


@dataclass(frozen=True, slots=True)
class HasChannel:
    """The model is one of those that the gateway has a channel for."""

    models: tuple[str, ...] = (STANDARD, FAST)

    def problem(self, body: Body) -> Problem | None:
        if body["model"] in self.models:
            return None
        return Problem(Kind.MODEL, "model", "has no channel", got=body["model"])


def _rules(
    channel: Rule, resolution: Rule, duration: Rule, rest: tuple[Rule, ...]
) -> tuple[Rule, ...]:
    return (
        Required("model"),
        OfType("model", "string"),
        channel,
        Required("content"),
        OfType("content", "array"),
        Count("content", most=100, least=1),
        content.ContentItems(ITEMS),
        OfType("resolution", "string"),
        OneOf("resolution", RESOLUTIONS),
        resolution,
        OfType("ratio", "string"),
        OneOf("ratio", RATIO_CHOICES),
        OfType("duration", "integer"),
        duration,
        OfType("generate_audio", "boolean"),
        OfType("watermark", "boolean"),
        OfType("seed", "integer"),
        Between("seed", -1, SEED_MOST),
        OfType("return_last_frame", "boolean"),
        OfType("execution_expires_after", "integer"),
        Between("execution_expires_after", 3600, 259_200),
        *rest,
    )


RULES = _rules(
    HasChannel(),
    OneOfFor("resolution", "model", {FAST: FAST_RESOLUTIONS}),
    Between("duration", 4, 15, also=(-1,)),
    MIXING_RULES,
)
# "Ignored or rejected", says the page: ignored as documented, rejected where Ark is watched.
OLD_FIELDS = ("frames", "camera_fixed", "service_tier")
OBSERVED_RULES = _rules(
    HasChannel(tuple(SOLD)),
    each("resolution", lambda model: OneOf("resolution", model.resolutions), SOLD),
    each("duration", lambda model: Between("duration", *model.seconds, also=(-1,)), SOLD),
    (
        *refused(*ark_models.OF_25),
        OfType("output_format", "string"),
        OfType("omni_reference_task_type", "string"),
        OneOf("omni_reference_task_type", ark_tasks.TYPES),
        *mixing(SOLD),
        *of_other_models(*OLD_FIELDS),
    ),
)


async def create(call: Call, engine: Engine) -> Reply:
    """An order, answered with the id alone."""
    chance = await engine.draw(call.account)
    model = sold(engine)[call.body["model"]]
    intake = TRUSTING
    if model.task_types:
        intake = Intake(limits=ark_models.limits(model.material, engine.observed))
    order = await order_of(call, engine, model, chance, intake)
    order = _as_the_task_is(call, order, model)
    expires = given(call.body, "execution_expires_after", EXPIRES_AFTER)
    # No page speaks of callbacks, so the field is one of those that mean nothing.
    order = replace(order, callback_url=None, extra=shared({"execution_expires_after": expires}))
    task = await submit(call, engine, "apiyi", order, chance)
    return Reply(200, {"id": task.id}, task=task)


def _as_the_task_is(call: Call, order: Order, model: Model) -> Order:
    """The order as Seedance 2.5 takes it; what its prompt gives away is refused at once here.

    APIYI's FAQ, August 2026: 400, and nothing is billed.
    """
    if not model.task_types:
        return order
    order = ark_tasks.constrained(call.body, order, model)
    ark_tasks.refuse_inferred(call.body, order)
    return replace(order, container=given(call.body, "output_format", "mp4"))


def sold(engine: Engine) -> Mapping[str, Model]:
    """The models that there are: those of the seed, or all that are sold by now."""
    return SOLD if engine.observed else MODELS


async def show(call: Call, engine: Engine) -> Reply:
    """A task as it is now."""
    task = await engine.find("apiyi", call.account, call.args["id"], call.now)
    also = {**_passed_on(task, engine), "generate_audio": task.order.sound, "draft": False}
    if engine.observed:
        also["priority"] = 0
    model = SOLD[task.order.model]
    shown = task_object(task, engine, call.base, call.now, model, also)
    if engine.observed and "usage" in shown:
        shown["output_format"] = task.order.container
    return Reply.of(task, shown, call.now)


def _passed_on(task: Task, engine: Engine) -> dict[str, Any]:
    """What Ark answers too, although the page's sample does not have it."""
    if not engine.observed:
        return {}
    expires = task.order.extra["execution_expires_after"]
    return {"service_tier": "default", "execution_expires_after": expires}


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


EXAMPLES: Mapping[str, Mapping[str, Any]] = {
    "text": {
        "model": FAST,
        "content": [content.text_item(TEXT)],
        "resolution": "720p",
        "ratio": "16:9",
        "duration": 5,
        "generate_audio": False,
    },
    "images": {
        "model": FAST,
        "content": [
            content.text_item(IMAGES),
            content.media_item("image", link("image", 1), "reference_image"),
            content.media_item("image", link("image", 2), "reference_image"),
        ],
        "ratio": "21:9",
    },
    "video-audio": {
        "model": FAST,
        "content": [
            content.text_item(SOUND),
            content.media_item("image", link("image", 1), "reference_image"),
            content.media_item("video", link("video"), "reference_video"),
            content.media_item("audio", link("audio"), "reference_audio"),
        ],
        "ratio": "adaptive",
        "duration": -1,
    },
    "first-last": {
        "model": FAST,
        "content": [
            content.text_item(FRAMES),
            content.media_item("image", inline("image"), "first_frame"),
            content.media_item("image", link("image", 2), "last_frame"),
        ],
        "ratio": "adaptive",
    },
}

TASKS = "/seedance/api/v3/contents/generations/tasks"

DIALECT = Dialect(
    name="apiyi",
    title="APIYI",
    documents=("APIYI: Seedance 2.0 Video Generation API Reference",),
    base_path="/seedance/api/v3",
    differences="Ark's format behind a gateway: two models, up to 1080p, create and query only",
    routes=(
        Route("POST", TASKS, create, "create", read_body, RULES, OBSERVED_RULES),
        Route("GET", TASKS + "/{id}", show, "query"),
        models_route(MODELS, SOLD),
    ),
    refuse=refuse_call,
    dress=dress,
    failures=FAILURES,
    refusals=REFUSALS,
    reader=READER,
    fields=replace(
        FIELDS,
        observed=frozenset(ark_models.OF_25),
        absent={
            "container": "output_format is of Seedance 2.5 alone",
            "kind of task": "omni_reference_task_type is of Seedance 2.5 alone",
        },
    ),
    examples=EXAMPLES,
    example={
        "model": STANDARD,
        "content": [{"type": "text", "text": "A paper boat sails down a rainy street"}],
        "resolution": "480p",
        "duration": 5,
        "generate_audio": False,
    },
    sdk=(
        (
            "volcengine-ark-runtime",
            'AsyncArk(base_url="{base}/seedance/api/v3", api_key="{key}").content_generation.tasks',
        ),
        ai_sdk("/seedance/api/v3", FAST),
    ),
    cheaper=faster(SOLD),
)
