"""An order with its references, and what is told of its task."""

from decimal import Decimal
from typing import Any

from simulator.core.chance import Chance
from simulator.core.limits import check_media
from simulator.core.media import MediaKind
from simulator.core.rules import Body, given, whole
from simulator.core.task import Order, Reference, Task
from simulator.core.tokens import SIZES
from simulator.dialects import newapi_base
from simulator.dialects.ark_codes import FAILURES, REFUSALS
from simulator.dialects.newapi_polling import row
from simulator.dialects.newapi_wallet import quota, ratios
from simulator.dialects.uniall.rules import MODELS, VIDEOS
from simulator.engine import Engine, Submission
from simulator.engine.call import Call, Reply
from simulator.engine.references import each, from_link

CLIP_LIFE = 86400
# "Whether … audio generation is used" counts, says the page, and not how much: half, as Ark lists
# the one family that has two prices (1.5 pro).
SILENT = Decimal("0.5")


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
