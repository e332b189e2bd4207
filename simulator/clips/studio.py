"""The place where clips are made: one render per key, results kept while they fit."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from simulator.clips import full, stills
from simulator.clips.process import Ffmpeg, StudioError
from simulator.clips.spec import ClipSpec

__all__ = ["Clip", "Studio", "StudioError"]

VERSION = 1
Mode = Literal["fast", "full"]


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
        self._threads = ThreadPoolExecutor(2, thread_name_prefix="studio")
        self._busy: dict[str, asyncio.Task[bytes]] = {}

    async def clip(self, spec: ClipSpec) -> Clip:
        key = name(spec, self._mode, "mp4")
        return Clip(await self._once(key, lambda: self._render(spec)), key)

    async def last_frame(self, spec: ClipSpec) -> Clip:
        plain = replace(spec, watermark=False, sound=False)
        key = name(plain, self._mode, "png")
        return Clip(await self._once(key, lambda: self._still(plain)), key)

    async def warm(self) -> None:
        """Make what the common sizes share."""

    async def close(self) -> None:
        for task in list(self._busy.values()):
            task.cancel()
        await asyncio.gather(*self._busy.values(), return_exceptions=True)
        self._threads.shutdown(wait=True)

    async def _once(self, key: str, make: Callable[[], Awaitable[bytes]]) -> bytes:
        task = self._busy.get(key)
        if task is None:
            task = self._busy[key] = asyncio.ensure_future(make())
            task.add_done_callback(lambda _: self._busy.pop(key, None))
        return await asyncio.shield(task)

    async def _render(self, spec: ClipSpec) -> bytes:
        return await full.render(spec, self._tool)

    async def _still(self, spec: ClipSpec) -> bytes:
        clip = await self.clip(spec)
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, stills.last_picture, clip.data)


def name(spec: ClipSpec, mode: Mode, kind: str) -> str:
    """A digest that is the same for the same spec in every run."""
    return hashlib.sha256(repr((VERSION, mode, kind, spec)).encode()).hexdigest()[:32]
