"""A studio that opens with the first clip that is asked for: to load its tools takes a while."""

import asyncio
from importlib import import_module
from typing import TYPE_CHECKING, Any

from simulator.clips.spec import ClipSpec, Usage
from simulator.core.media import Rendition

if TYPE_CHECKING:
    from simulator.clips.studio import Clip, Studio


class LateStudio:
    """A studio to be. What it is made with are the arguments of ``Studio``."""

    def __init__(self, **settings: Any) -> None:
        self._settings = settings
        self._studio: Studio | None = None

    async def rendition(self, spec: ClipSpec, wanted: Rendition) -> "Clip":
        return await self._opened().rendition(spec, wanted)

    async def prepare(self, spec: ClipSpec) -> None:
        """Load the tools beside the loop, and make what the clip will share with others."""
        await asyncio.to_thread(import_module, "simulator.clips.studio")
        await self._opened().prepare(spec)

    async def close(self) -> None:
        if self._studio is not None:
            await self._studio.close()

    def usage(self) -> Usage:
        """What it has done so far."""
        return Usage() if self._studio is None else self._studio.usage

    def _opened(self) -> "Studio":
        if self._studio is None:
            from simulator.clips.studio import Studio

            self._studio = Studio(**self._settings)
        return self._studio
