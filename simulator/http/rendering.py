"""The files that a task has made: what to render for it, with the pictures of its order."""

import asyncio
from dataclasses import replace
from threading import Lock

from msgspec import structs

from simulator.clips.cache import Memory
from simulator.clips.lazy import LateStudio
from simulator.clips.process import StudioError
from simulator.clips.spec import Clip as Rendered
from simulator.clips.spec import ClipSpec, Picture
from simulator.core.media import Facts, Rendition
from simulator.core.task import Reference, Task
from simulator.engine import Engine
from simulator.faults.active import Strike
from simulator.http.denials import Denied
from simulator.media.link import label
from simulator.media.reading import Unreadable

# Many orders speak of the same few samples, and to draw one takes longer than to make a clip.
_SAMPLES = Memory(4 << 20)
# Who asks for what is being drawn waits for it.
_DRAWING = Lock()


async def render(
    task: Task,
    rendition: Rendition,
    engine: Engine,
    studio: LateStudio,
    strike: Strike | None = None,
) -> Rendered:
    """The bytes of a file that a task has made."""
    spec = await spec_of(task, engine)
    if strike is not None:
        spec = strike.remake(spec)
    try:
        made = await studio.rendition(spec, rendition)
    except StudioError as error:
        raise Denied("render", str(error)) from None
    return made if strike is None else structs.replace(made, data=strike.spoil(made.data))


async def spec_of(task: Task, engine: Engine) -> ClipSpec:
    """What to render for a task, with the pictures whose bytes are known."""
    order = task.order
    by_role = {reference.role: reference for reference in order.references}
    return ClipSpec(
        task=task.id,
        dialect=task.dialect,
        model=order.model,
        mode=order.mode,
        prompt=order.prompt,
        resolution=order.resolution,
        ratio=order.ratio,
        width=order.width,
        height=order.height,
        frames=order.frames,
        seed=order.seed,
        digest=task.digest,
        sound=order.sound,
        watermark=order.watermark,
        camera_fixed=order.camera_fixed,
        draft=order.draft,
        tier=order.tier,
        container=order.container,
        first=await _bytes(by_role.get("first_frame"), engine),
        last=await _bytes(by_role.get("last_frame"), engine),
        references=tuple(
            [
                Picture(reference.kind, reference.name, await _bytes(reference, engine))
                for reference in order.references
                if reference.role not in ("first_frame", "last_frame")
            ]
        ),
    )


async def _bytes(reference: Reference | None, engine: Engine) -> bytes | None:
    if reference is None or reference.kind != "image":
        return None
    if reference.digest:
        return await engine.store.blob(reference.digest)
    if reference.facts is None or reference.facts.format in ("heic", "heif"):
        return None
    return await asyncio.to_thread(_sample, replace(reference.facts, size=0), label(reference.name))


def _sample(facts: Facts, written: str) -> bytes | None:
    """The picture behind a link to one of the simulator's own samples."""
    key = repr((facts, written))
    with _DRAWING:
        known = _SAMPLES.get(key)
        if known is None and (known := _drawn(facts, written)) is not None:
            _SAMPLES.put(key, known)
        return known


def _drawn(facts: Facts, written: str) -> bytes | None:
    from simulator.media.samples import render as draw  # pillow is not needed before

    try:
        return draw(facts, "", written)
    except Unreadable:
        return None


def content_type(rendition: Rendition, task: Task) -> str:
    """The media type of a file of a task."""
    mov = rendition is Rendition.CLIP and task.order.container == "mov"
    return "video/quicktime" if mov else rendition.value
