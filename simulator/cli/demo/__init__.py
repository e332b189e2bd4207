"""The command ``demo``: every documented example once, end to end, and the clips on disk."""

import asyncio
import logging
import math
import signal
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from aiohttp import ClientSession, ClientTimeout, web

from simulator.cli.demo.examples import Example, Media, examples
from simulator.cli.demo.job import Made, Trouble, make
from simulator.cli.demo.screen import Screen, screen
from simulator.cli.settings import BadSetting
from simulator.core.config import Config
from simulator.dialects import ALL
from simulator.media.reading import Unreadable
from simulator.server.app import create_app
from simulator.server.run import bind, run

OUT = "./seedance-demo"
AT_ONCE = 6
RATE = 8.0
PATIENCE = ClientTimeout(60, ceil_threshold=math.inf)


def demo(out: str = OUT, dialect: str | None = None) -> int:
    """Run the examples of all dialects, or of one, and give the exit status."""
    folder = _folder(out)
    # What its own server complains of shows in the example, and after Ctrl-C to nobody.
    logging.getLogger().addHandler(logging.NullHandler())
    with screen() as shown:
        return run(_interruptible(_demo(folder, dialect, shown)))


async def _interruptible(work: Coroutine[Any, Any, int]) -> int:
    try:
        return await work
    except asyncio.CancelledError:
        # What is open is being closed: a second Ctrl-C ends the process as it is.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        raise


def _folder(out: str) -> Path:
    folder = Path(out)
    probe = folder / ".seedance-demo"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise BadSetting(f"cannot write to {out}: {error.strerror}") from None
    return folder


async def _demo(folder: Path, dialect: str | None, shown: Screen) -> int:
    shown.say("Preparing sample files ...")
    try:
        media = await asyncio.to_thread(Media.render)
    except (Unreadable, OSError, RuntimeError) as error:
        return shown.give_up(f"the sample files cannot be made: {error}")
    wanted = [one for one in ALL if dialect in (None, one.name)]
    async with _server() as base, ClientSession(timeout=PATIENCE) as session:
        chosen = list(examples(wanted, media, base))
        shown.begin(len(chosen))
        slots = asyncio.Semaphore(AT_ONCE)

        async def one(number: int, example: Example) -> Made | None:
            async with slots:
                return await _attempt(session, base, number, example, folder, shown)

        made = await asyncio.gather(*(one(n, example) for n, example in enumerate(chosen)))
    return shown.end([one for one in made if one is not None], folder)


async def _attempt(
    session: ClientSession, base: str, number: int, example: Example, folder: Path, shown: Screen
) -> Made | None:
    """Make one clip; trouble is shown, and does not keep the others from being made."""
    shown.start(example)
    try:
        made = await make(session, base, f"sk-demo-{number}", example, folder, shown.step)
    except Trouble as trouble:
        shown.fail(example, str(trouble))
        return None
    shown.finish(made)
    return made


@asynccontextmanager
async def _server() -> AsyncIterator[str]:
    """A server on a free port whose tasks take half a second."""
    sockets = bind("127.0.0.1", 0)
    port = sockets[0].getsockname()[1]
    runner = web.AppRunner(create_app(Config(port=port, rate=RATE)), access_log=None)
    await runner.setup()
    try:
        await web.SockSite(runner, sockets[0]).start()
        yield f"http://127.0.0.1:{port}"
    finally:
        await runner.cleanup()
