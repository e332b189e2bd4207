"""The file of ``--scenario`` on a running server: applied at its start, and whenever it changes."""

import asyncio
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager

from simulator.control.scenario import Mistake, Stage, read
from simulator.core.config import BadSetting
from simulator.server.world import World
from simulator.store import Broken

LOOK_EVERY_S = 0.25
LARGEST = 1024 * 1024

_log = logging.getLogger("seedance")


class Director:
    """Keeps a server at what its file says; a mistake in the file leaves what stood before."""

    def __init__(self, world: World, path: str) -> None:
        self._world, self._path = world, path
        self._stage = Stage(world.plane)
        self._seen = self._stamp()
        self._text = ""

    async def begin(self) -> None:
        """Apply the file; a BadSetting where it cannot be."""
        with self._refusing():
            await self._apply()
        self._world.plane.after_reset.append(self._again)

    def check(self) -> None:
        """Raise a BadSetting where the file cannot be applied."""
        with self._refusing():
            read(_read(self._path), self._world.plane)

    @contextmanager
    def _refusing(self) -> Iterator[None]:
        try:
            yield
        except Mistake as mistake:
            raise BadSetting(f"--scenario: {self._path}: {mistake}") from None

    async def watch(self) -> None:
        """Look at the file for ever."""
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            await self.look()

    async def look(self) -> None:
        """Apply the file if it has changed, and say so."""
        stamp = self._stamp()
        if stamp == self._seen:
            return
        try:
            if await self._apply():
                _log.info("scenario %s is applied anew", self._path)
        except Mistake as mistake:
            _log.warning("scenario %s: %s; what stood before goes on", self._path, mistake)
        except Broken:
            return  # it is looked again, until the store is back
        self._seen = stamp

    def _stamp(self) -> tuple[int, int, int]:
        try:
            found = os.stat(self._path)
        except OSError:
            return 0, 0, 0
        return found.st_mtime_ns, found.st_size, found.st_ino

    async def _again(self) -> None:
        """After a reset nothing of it stands any more."""
        await self._stage.apply(read(self._text, self._world.plane))

    async def _apply(self) -> bool:
        """Apply the file, unless it says what it said before."""
        text = await asyncio.to_thread(_read, self._path)
        if text == self._text:
            return False
        await self._stage.apply(read(text, self._world.plane))
        self._text = text
        return True


def _read(path: str) -> str:
    try:
        with open(path, "rb") as opened:
            raw = opened.read(LARGEST + 1)
        text = raw.decode("utf-8")
    except OSError as error:
        raise Mistake(f"cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise Mistake("is not UTF-8") from None
    if len(raw) > LARGEST:
        raise Mistake(f"has more than {LARGEST} bytes")
    return text
