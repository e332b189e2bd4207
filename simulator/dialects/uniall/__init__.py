"""UniAll: flat JSON with an ``extra_body``, queried as an OpenAI video object.

"Seedance 2.0 Video Generation", UniAll documentation, read June 2026; what it leaves open is as in
the new-api code base or, where marked, this simulator's own choice.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from simulator.core.chance import Chance
from simulator.core.fields import Fields
from simulator.core.limits import Limits, check_media
from simulator.core.media import MediaKind
from simulator.core.problems import Kind, Problem
from simulator.core.reader import Reader
from simulator.core.rules import (
    Between,
    Body,
    Count,
    EachText,
    Excludes,
    Needs,
    OfType,
    OneOf,
    Required,
    Rule,
    given,
    value,
    whole,
)
from simulator.core.task import Order, Reference, Task
from simulator.core.tokens import SIZES
from simulator.dialects import newapi_base, newapi_errors
from simulator.dialects.ark_codes import FAILURES, REFUSALS
from simulator.dialects.newapi_models import models_route
from simulator.dialects.newapi_polling import row
from simulator.dialects.newapi_wallet import Wallet, quota, ratios
from simulator.dialects.tiers import faster
from simulator.dialects.uniall.examples import EXAMPLES
from simulator.engine import Engine, Submission
from simulator.engine.bodies import json_object
from simulator.engine.call import Call, Reply
from simulator.engine.dialect import Dialect, Route
from simulator.engine.references import each, from_link

# Tier and resolution of each model.
MODELS: Mapping[str, tuple[str, str]] = {
    "seedance2.0-480p": ("standard", "480p"),
    "seedance2.0-720p": ("standard", "720p"),
    "seedance2.0-1080p": ("standard", "1080p"),
    "seedance2.0-4k": ("standard", "4k"),
    "seedance2.0-fast-480p": ("fast", "480p"),
    "seedance2.0-fast-720p": ("fast", "720p"),
    "seedance2.0-mini-480p": ("mini", "480p"),
    "seedance2.0-mini-720p": ("mini", "720p"),
}
RATIOS = ("9:16", "1:1", "16:9")
OPTIONS = (
    "generate_audio",
    "seed",
    "watermark",
    "camera_fixed",
    "return_last_frame",
    "operation",
)
# What each operation needs beside it: of every group at least one field.
OPERATIONS: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "reference_to_video": (("images", "videos"),),
    "edit_video": (("videos",),),
    "extend_video": (("videos",),),
    "first_last_frame": (("image",), ("last_image",)),
}
VIDEOS = Limits(seconds=(2000, 15000), total=15000)
SEED_MOST = 2**32 - 1
CLIP_LIFE = 86400
# "Whether … audio generation is used" counts, says the page, and not how much: half, as Ark lists
# the one family that has two prices (1.5 pro).
SILENT = Decimal("0.5")


@dataclass(frozen=True, slots=True)
class OperationFits:
    """The operation has the media that it works on."""

    def problem(self, body: Body) -> Problem | None:
        operation = value(body, "extra_body.operation")
        for group in OPERATIONS.get(operation, ()):
            if not any(value(body, field) for field in group):
                needed = " or ".join(group)
                detail = f"{operation} needs {needed}"
                return Problem(Kind.NEEDS, "extra_body.operation", detail, limit=group)
        return None


def _array(field: str) -> tuple[Rule, ...]:
    return (OfType(field, "array"), EachText(field))


def _switch(name: str) -> Rule:
    return OfType(f"extra_body.{name}", "boolean", "flag")


RULES: tuple[Rule, ...] = (
    Required("model"),
    OfType("model", "string"),
    OneOf("model", tuple(MODELS)),
    Required("prompt"),
    OfType("prompt", "string"),
    OfType("duration", "integer", "digits"),
    Between("duration", 5, 15),
    OfType("aspect_ratio", "string"),
    OneOf("aspect_ratio", RATIOS),
    OfType("image", "string"),
    OfType("last_image", "string"),
    *_array("images"),
    Count("images", most=9),
    *_array("videos"),
    Count("videos", most=3),
    *_array("audios"),
    OfType("extra_body", "object"),
    OfType("extra_body.generate_audio", "boolean"),
    OfType("extra_body.seed", "integer"),
    Between("extra_body.seed", -1, SEED_MOST),
    _switch("watermark"),
    _switch("camera_fixed"),
    _switch("return_last_frame"),
    OfType("extra_body.operation", "string"),
    OneOf("extra_body.operation", tuple(OPERATIONS)),
    Needs("last_image", ("image",)),
    Excludes("image", ("images", "videos")),
    Needs("audios", ("image", "images", "videos")),
    OperationFits(),
)


async def read_body(call: Call) -> Mapping[str, Any]:
    """The body with its options in ``extra_body``: the OpenAI SDK merges them into the top level.

    What stands in ``extra_body`` itself wins.
    """
    body = await json_object(call)
    nested = given(body, "extra_body", {})
    if not isinstance(nested, dict):
        return body
    options = {name: given(nested, name, body.get(name)) for name in OPTIONS}
    return {**body, "extra_body": {**nested, **options}}


async def create(call: Call, engine: Engine) -> Reply:
    """An order in flat JSON."""
    chance = await engine.draw(call.account)
    order = _order(call.body, await _references(call, engine), chance)
    submission = Submission(
        dialect="uniall",
        account=call.account,
        order=order,
        charge=quota(order, july=engine.observed, silent=SILENT),
        name=lambda attempt: newapi_base.task_id(chance, attempt),
        failures=FAILURES,
        refusals=REFUSALS,
        base=call.base,
    )
    task = await engine.submit(submission, chance, call.now)
    headers = ratios(order) if engine.observed else {}
    return Reply(200, _head(task, "queued", 0), headers, task=task)


async def _references(call: Call, engine: Engine) -> tuple[Reference, ...]:
    links = _links(call.body)
    found = await each(
        from_link(engine, kind, role, url, field, data_urls=True)
        for field, kind, role, url in links
    )
    known = [(link[0], one) for link, one in zip(links, found, strict=True)]
    check_media([(field, one.facts) for field, one in known if one.kind == "video"], VIDEOS)
    return tuple(found)


def _links(body: Body) -> list[tuple[str, MediaKind, str, str]]:
    """Every link of the request: its field, what it should be, its role."""
    found: list[tuple[str, MediaKind, str, str]] = []
    for field, role in (("image", "first_frame"), ("last_image", "last_frame")):
        if body.get(field):
            found.append((field, "image", role, body[field]))
    arrays: tuple[tuple[str, MediaKind], ...] = (
        ("images", "image"),
        ("videos", "video"),
        ("audios", "audio"),
    )
    for field, kind in arrays:
        for at, url in enumerate(given(body, field, ())):
            found.append((f"{field}[{at}]", kind, f"reference_{kind}", url))
    return found


def _order(body: Body, references: tuple[Reference, ...], chance: Chance) -> Order:
    tier, resolution = MODELS[body["model"]]
    ratio = given(body, "aspect_ratio", "16:9")
    width, height = SIZES[resolution][ratio]
    seconds = whole(given(body, "duration", 5)) or 5
    seed = given(body, "extra_body.seed", -1)
    return Order(
        model=body["model"],
        prompt=body["prompt"],
        mode=_mode(references),
        resolution=resolution,
        ratio=ratio,
        width=width,
        height=height,
        seconds=seconds,
        frames=24 * seconds,
        seed=chance.number("seed", 0, 99_999) if seed == -1 else seed,
        sound=_on(body, "generate_audio", True),
        watermark=_on(body, "watermark"),
        last_frame=_on(body, "return_last_frame"),
        camera_fixed=_on(body, "camera_fixed"),
        tier=tier,
        references=references,
    )


def _mode(references: tuple[Reference, ...]) -> str:
    roles = {reference.role for reference in references}
    if "first_frame" not in roles:
        return "r2v" if roles else "t2v"
    return "flf2v" if "last_frame" in roles else "i2v"


def _on(body: Body, name: str, otherwise: bool = False) -> bool:
    sent = given(body, f"extra_body.{name}", otherwise)
    return sent is True or sent == "true"


async def show(call: Call, engine: Engine) -> Reply:
    """A task as an OpenAI video object."""
    task = await _find(call, engine)
    now = _asked(task, engine, call.now)
    status = newapi_base.OPENAI[newapi_base.STATUS[task.phase(now)]]
    body = _head(task, status, _progress(task, status, now))
    if status == "completed":
        body["video_url"] = newapi_base.clip_link(task, engine, call.base, CLIP_LIFE)
        if task.order.last_frame:
            body["last_frame_url"] = newapi_base.clip_link(
                task, engine, call.base, CLIP_LIFE, "png"
            )
    if status == "failed":
        code, message = newapi_base.failure(task, now)
        body["error"] = {"code": code, "message": message}
    if engine.observed:
        return newapi_base.told(task, body, call, engine)
    return Reply.of(task, body, now)


async def _find(call: Call, engine: Engine) -> Task:
    if engine.observed:
        return await newapi_base.find("uniall", call, engine)
    return await engine.find("uniall", call.account, call.args["id"], call.now)


def _asked(task: Task, engine: Engine, now: int) -> int:
    """When the gateway has last asked upstream, whose own body it passes on; at first, the order's.

    ``observed``: the code base asks every 15 seconds, and its channels of this kind keep the body.
    """
    if not engine.observed:
        return now
    asked = row(task, now, newapi_base.rounds(engine)).asked
    return task.created if asked is None else asked


def _head(task: Task, status: str, progress: int) -> dict[str, Any]:
    return {
        "id": task.id,
        "task_id": task.id,
        "object": "video.generation.job",
        "model": task.order.model,
        "status": status,
        "progress": progress,
    }


def _progress(task: Task, status: str, now: int) -> int:
    """0 while it waits, 1 to 99 while it runs, 100 in the end."""
    done = task.progress(now)
    return min(99, max(1, done)) if status == "in_progress" else done


DIALECT = Dialect(
    name="uniall",
    title="UniAll",
    documents=("UniAll: Seedance 2.0 Video Generation",),
    base_path="/v1",
    differences="flat JSON with extra_body, OpenAI video objects, 5 to 15 seconds, three ratios",
    routes=(
        Route("POST", newapi_base.CREATE, create, "create", read_body, RULES),
        Route("POST", "/v1/videos/generations", newapi_base.nowhere),
        Route("GET", newapi_base.OBJECT, show, "query"),
        Route("GET", newapi_base.CONTENT, newapi_base.content_handler("uniall"), "download"),
        models_route(MODELS),
        *Wallet().routes(),
    ),
    refuse=newapi_errors.refuse_call,
    dress=newapi_errors.dress,
    failures=FAILURES,
    refusals=REFUSALS,
    fields=Fields(
        read=frozenset(
            {
                "model",
                "prompt",
                "duration",
                "aspect_ratio",
                "image",
                "last_image",
                "images",
                "videos",
                "audios",
                *(f"extra_body.{name}" for name in OPTIONS),
                *OPTIONS,  # where the OpenAI SDK puts what it is given as extra_body
            }
        ),
        places={
            "resolution": "the name of the model (-480p to -4k)",
            **{
                concept: f"extra_body.{name}"
                for concept, name in {
                    "sound": "generate_audio",
                    "kind of task": "operation",
                }.items()
            },
        },
    ),
    reader=Reader(
        created=("/id", "/task_id"),
        id=("/id", "/task_id"),
        progress=("/progress",),
        link=("/video_url", "/last_frame_url"),
        error=("/error/code", "/code"),
        objects=("/error",),
    ),
    examples=EXAMPLES,
    example={
        "model": "seedance2.0-480p",
        "prompt": "A paper boat sails down a rainy street",
        "duration": 5,
        "extra_body": {"generate_audio": False},
    },
    sdk=(("openai", 'OpenAI(base_url="{base}/v1", api_key="{key}").videos.poll(task_id)'),),
    escapes="observed",
    observed_token=newapi_base.token,
    cheaper=faster(MODELS),
)
