"""The place where clips are made: one render per key, results kept while they fit."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from simulator.clips import fast, full, stills, tone
from simulator.clips.process import Ffmpeg, StudioError
from simulator.clips.shelf import Folder, Memory
from simulator.clips.spec import ClipSpec

__all__ = ["Clip", "Studio", "StudioError"]

# Counts the looks of the clips: what was kept from another one is not used again.
VERSION = 2
CLIPS = 6 << 20
PARTS = 24 << 20

# Sizes that most tasks ask for.
COMMON = ((1280, 720), (720, 1280), (1920, 1080), (864, 496))

Mode = Literal["fast", "full"]
Make = Callable[[], Awaitable[bytes]]


@dataclass(frozen=True, slots=True)
class Clip:
    data: bytes
    etag: str


class Studio:
    """Renders clips and the pictures taken from them."""

    def __init__(
        self, *, ffmpeg: str | None = None, cache_dir: Path | None = None, mode: Mode = "fast"
    ) -> None:
        self._tool = Ffmpeg(ffmpeg)
        self._mode = mode
        self._clips = Memory(CLIPS)
        self._parts = Memory(PARTS)
        self._folder = Folder(cache_dir) if cache_dir else None
        self._threads = ThreadPoolExecutor(2, thread_name_prefix="studio")
        self._busy: dict[str, asyncio.Task[bytes]] = {}
        if self._folder:
            self._folder.tidy()

    async def clip(self, spec: ClipSpec) -> Clip:
        """The MP4."""
        key = name(self._mode, "mp4", spec)
        return Clip(await self._known(self._clips, key, lambda: self._render(spec)), key)

    async def last_frame(self, spec: ClipSpec) -> Clip:
        """The last picture as a PNG, without the label."""
        plain = replace(spec, watermark=False, sound=False)
        key = name(self._mode, "png", plain)
        return Clip(await self._known(self._clips, key, lambda: self._still(plain)), key)

    async def warm(self) -> None:
        """Make what the common sizes share."""
        await self._tones()

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
            task = self._busy[key] = asyncio.ensure_future(make())
            task.add_done_callback(lambda _: self._busy.pop(key, None))
        return await asyncio.shield(task)

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
        if self._mode == "full":
            return await full.render(spec, self._tool)
        style = fast.style(spec)
        base = await self._kept(name("template", style), lambda: fast.template(style, self._tool))
        tones = await self._tones() if spec.sound else b""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, fast.clip, spec, base, tones)

    async def _tones(self) -> bytes:
        return await self._kept(name("tones"), lambda: tone.encoded(self._tool))

    async def _still(self, spec: ClipSpec) -> bytes:
        clip = await self.clip(spec)
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, stills.last_picture, clip.data)


def name(*parts: object) -> str:
    """A digest that is the same for the same parts in every run."""
    return hashlib.sha256(repr((VERSION, *parts)).encode()).hexdigest()[:32]
