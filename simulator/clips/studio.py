"""The place where clips are made: one render per key, results kept while they fit."""

import asyncio
import contextlib
import hashlib
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Literal

from msgspec.structs import replace

from simulator.clips import fast, full, label, mov, mp4, previews, stills, tone, user_image
from simulator.clips.cache import Folder, Memory
from simulator.clips.geometry import Box, geometry
from simulator.clips.process import LIMIT_S, Ffmpeg, StudioError
from simulator.clips.spec import Clip, ClipSpec, Usage
from simulator.clips.text import clean
from simulator.clips.track import Video
from simulator.core.media import Rendition

__all__ = ["Clip", "Studio", "StudioError"]

# Counts the looks of the clips: what was kept from another one is not used again.
VERSION = 14
CLIPS = 6 << 20

# Chroma is drawn out over its neighbours.
FRINGE = 4
PARTS = 24 << 20

Mode = Literal["fast", "full"]
Make = Callable[[], Awaitable[bytes]]


class Studio:
    """Renders clips and the pictures taken from them."""

    def __init__(
        self,
        *,
        ffmpeg: str | None = None,
        cache_dir: Path | None = None,
        mode: Mode = "fast",
        limit: float = LIMIT_S,
    ) -> None:
        self._tool = Ffmpeg(ffmpeg, limit)
        self._mode = mode
        self._clips = Memory(CLIPS)
        self._parts = Memory(PARTS)
        self._folder = Folder(cache_dir) if cache_dir else None
        self._threads = ThreadPoolExecutor(2, thread_name_prefix="studio")
        self._busy: dict[str, asyncio.Task[bytes]] = {}
        if self._folder:
            self._folder.tidy()

    async def rendition(self, spec: ClipSpec, wanted: Rendition) -> Clip:
        """Any file that is made of a clip."""
        match wanted:
            case Rendition.CLIP:
                return await self.clip(spec)
            case Rendition.LAST_FRAME:
                return await self.last_frame(spec)
        key = name(self._mode, wanted.value, spec)
        return Clip(await self._known(self._clips, key, lambda: self._preview(spec, wanted)), key)

    async def clip(self, spec: ClipSpec) -> Clip:
        """The file, an MP4 or a MOV."""
        key = name(self._mode, "mp4", spec)
        return Clip(await self._known(self._clips, key, lambda: self._render(spec)), key)

    async def last_frame(self, spec: ClipSpec) -> Clip:
        """The last picture as a PNG, without the label."""
        key = name(self._mode, "png", spec)
        return Clip(await self._known(self._clips, key, lambda: self._still(spec)), key)

    async def prepare(self, spec: ClipSpec) -> None:
        """Make what this clip will share with others, before somebody waits for it."""
        with contextlib.suppress(StudioError):
            await self._base(spec)
            if spec.sound:
                await self._tones()

    @property
    def usage(self) -> Usage:
        """How often a clip was at hand, how often it was made, and what the caches hold."""
        return Usage(self._clips.hits, self._clips.misses, self._clips.held + self._parts.held)

    async def close(self) -> None:
        for task in list(self._busy.values()):
            task.cancel()
        await asyncio.gather(*self._busy.values(), return_exceptions=True)
        self._threads.shutdown(wait=True)

    async def _known(self, memory: Memory, key: str, make: Make) -> bytes:
        """A piece from memory, or from the one render that is under way for it."""
        piece = memory.get(key)
        if piece is None:
            piece = await self._once(key, make)
            memory.put(key, piece)
        return piece

    async def _once(self, key: str, make: Make) -> bytes:
        task = self._busy.get(key)
        if task is None:
            task = self._busy[key] = asyncio.ensure_future(guarded(make))
            task.add_done_callback(lambda task: self._over(key, task))
        return await asyncio.shield(task)

    def _over(self, key: str, task: "asyncio.Task[bytes]") -> None:
        """Forget a render; its error has been seen even if nobody waits for it any more."""
        self._busy.pop(key, None)
        if not task.cancelled():
            task.exception()

    async def _kept(self, key: str, make: Make) -> bytes:
        """A piece that is worth a file."""

        async def found() -> bytes:
            folder = self._folder
            piece = await asyncio.to_thread(folder.get, key) if folder else None
            if piece is None:
                piece = await make()
                if folder:
                    await asyncio.to_thread(folder.put, key, piece)
            return piece

        return await self._known(self._parts, key, found)

    async def _render(self, spec: ClipSpec) -> bytes:
        base = await self._base(spec)
        coded = spec.sound and spec.container == "mp4"
        tones = await self._tones() if coded else b""
        return await self._thread(assembled, spec, self._mode, base, tones)

    async def _base(self, spec: ClipSpec) -> bytes:
        """What an encoder does for a clip; clips that can share it do."""
        if self._mode == "full":
            return await self._kept(name("full", spec), lambda: full.render(spec, self._tool))
        if user_image.applies(spec):
            key = name("own", user_image.names(spec))
            return await self._kept(key, lambda: self._thread(user_image.template, spec))
        return await self._template(fast.style(spec))

    async def _template(self, style: fast.Style) -> bytes:
        return await self._kept(name("style", style), lambda: self._thread(fast.template, style))

    async def _tones(self) -> bytes:
        return await self._kept(name("tones"), lambda: self._thread(tone.encoded))

    async def _still(self, spec: ClipSpec) -> bytes:
        plain = await self._ending(replace(spec, watermark=False))
        if not spec.watermark or not baked(spec, self._mode):
            return await self._thread(unmarked, plain)
        box = label_box(spec, self._mode)
        return await self._thread(unmarked, plain, await self._ending(spec), box)

    async def _preview(self, spec: ClipSpec, wanted: Rendition) -> bytes:
        return await self._thread(previewed, spec, self._mode, await self._base(spec), wanted)

    async def _ending(self, spec: ClipSpec) -> bytes:
        """A clip with the same last picture."""
        return await self._thread(ended, spec, self._mode, await self._base(spec))

    async def _thread(self, work: Callable[..., bytes], *given: object) -> bytes:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work, *given)


async def guarded(make: Make) -> bytes:
    """What goes wrong with files is a plain sentence too."""
    try:
        return await make()
    except OSError as error:
        raise StudioError(f"The clip's files cannot be written: {error.strerror}.") from error


def assembled(spec: ClipSpec, mode: Mode, base: bytes, tones: bytes) -> bytes:
    """A clip from its kept pieces."""
    if spec.container == "mov":
        plain = tone.uncompressed(spec.seed, spec.frames) if spec.sound else b""
        return mov.movie(pictured(spec, mode, base), plain, notes(spec))
    sound = tone.packets(tone.tones(tones), spec.seed, spec.frames) if spec.sound else []
    return mp4.movie(pictured(spec, mode, base), sound, notes(spec))


def ended(spec: ClipSpec, mode: Mode, base: bytes) -> bytes:
    """A film of the clip's last picture alone, from which the last frame is taken."""
    return mp4.movie(pictured(spec, mode, base).ending())


def previewed(spec: ClipSpec, mode: Mode, base: bytes, wanted: Rendition) -> bytes:
    """A thumbnail or a spritesheet of a clip."""
    shown = pictured(spec, mode, base)
    if wanted is Rendition.THUMBNAIL:
        return previews.thumbnail(shown)
    return previews.spritesheet(shown)


def pictured(spec: ClipSpec, mode: Mode, base: bytes) -> Video:
    """The pictures of a clip, by the renderer that is meant for it."""
    if mode == "full":
        return full.video(spec, base)
    return user_image.video(spec, base) if user_image.applies(spec) else fast.video(spec, base)


def baked(spec: ClipSpec, mode: Mode) -> bool:
    """Whether an encoder saw the label, so that what is around it differs too."""
    return mode == "full" or spec.last is not None


def unmarked(plain: bytes, marked: bytes = b"", box: Box | None = None) -> bytes:
    """The last picture; of a marked clip, all but what its label covers."""
    picture = stills.last_picture(plain)
    if box is not None:
        picture = stills.patched(stills.last_picture(marked), picture, box)
    return stills.png(picture)


def label_box(spec: ClipSpec, mode: Mode) -> Box:
    """What the label covers of the last picture, and what it tints beside it."""
    place = geometry(spec.width, spec.height, user_image.applies(spec))
    over = spec.last is not None or (place.own and mode == "full")
    box = label.on_picture(place) if over else label.on_card(place)
    return Box(box.left - FRINGE, box.top - FRINGE, box.right + FRINGE, box.bottom + FRINGE)


def notes(spec: ClipSpec) -> dict[str, str]:
    """Metadata by which a program knows the task."""
    return {
        "title": spec.task,
        "comment": clean(spec.prompt),
        "encoder": "seedance-sim",
        "task_id": spec.task,
        "model": spec.model,
        "seed": str(spec.seed),
        "order_digest": spec.digest,
    }


def name(*parts: object) -> str:
    """A digest that is the same for the same parts in every run."""
    return hashlib.sha256(repr((VERSION, *parts)).encode()).hexdigest()[:32]
