"""The command ``reference``: what can be asked of a server and of the fixture, as text."""

import asyncio
import sys

from simulator.client.fixture import Seedance
from simulator.console.reference import reference, text
from simulator.core.config import BadSetting, Config
from simulator.dialects import Dialects
from simulator.engine import Engine
from simulator.openapi.plane import example_plane


def show(word: str = "") -> int:
    """Print it, or the part in which a word stands; a BadSetting where it stands nowhere."""
    told = asyncio.run(_told(word))
    if not told:
        raise BadSetting(f"WORD: {word[:60]!r} stands nowhere in the reference")
    sys.stdout.write(told + "\n")
    return 0


async def _told(word: str) -> str:
    dialects = Dialects()
    plane = example_plane(Engine(Config()), dialects)
    sections = await reference(plane, dialects.values(), Seedance)
    await plane.samples.close()
    return text(sections, word)
