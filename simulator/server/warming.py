"""Getting ready for clips while their tasks still run."""

import asyncio
from importlib import import_module

from simulator.clips.lazy import LateStudio
from simulator.core.task import Task
from simulator.engine import Engine

Look = tuple[int, int, bool, bool]
MOST_LOOKS = 64

# A client polls within a moment of its order, and no poll should wait for a library to load.
PAUSE_S = 0.5


class Warmer:
    """Makes, for the first task of each size, what clips of that size share.

    It begins ``pause`` seconds after an order, never works at two at once, and nobody waits for it:
    a clip that is asked for earlier is made on the spot.
    """

    def __init__(self, engine: Engine, studio: LateStudio, pause: float = PAUSE_S) -> None:
        self._engine = engine
        self._pause = pause
        self._studio = studio
        self._seen: set[Look] = set()
        self._waiting: list[Task] = []
        self._work: asyncio.Task[None] | None = None

    def changed(self, task: Task) -> None:
        """Take note of a task that was accepted."""
        order = task.order
        look = (order.width, order.height, order.draft, order.camera_fixed)
        if look in self._seen or len(self._seen) >= MOST_LOOKS or task.cancelled is not None:
            return
        self._seen.add(look)
        self._waiting.append(task)
        if self._work is None or self._work.done():
            self._work = asyncio.ensure_future(self._prepare())

    async def close(self) -> None:
        if self._work is not None:
            self._work.cancel()
            await asyncio.wait([self._work])

    async def _prepare(self) -> None:
        await asyncio.sleep(self._pause)
        # Not before the first task, and not on the loop: it would be the next poll that waits.
        rendering = await asyncio.to_thread(import_module, "simulator.http.rendering")
        while self._waiting:
            spec = await rendering.spec_of(self._waiting.pop(0), self._engine)
            await self._studio.prepare(spec)
