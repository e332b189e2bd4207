"""A simulator for a session of tests: one in a thread of its own, or a shared one elsewhere."""

import asyncio
import hashlib
import secrets
import threading
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from simulator.client.fixture import Seedance
from simulator.client.remote import Refused, Remote, Unreachable

CHOICES = {"sim-pace": ("instant", "fast", "realistic"), "sim-fidelity": ("documented", "observed")}
LAST_REQUESTS_S = 0.2
PATIENCE_S = 10.0


class BadSession(Exception):
    """A session that cannot be opened as it was asked for."""


@dataclass(frozen=True, slots=True)
class Session:
    """Where the simulator is, and what tells this session's accounts from others' on it."""

    remote: Remote
    seed: int | None
    salt: str

    def account(self, test: str) -> Seedance:
        """The account of a test, the same in every run with the same seed."""
        name = hashlib.sha256(f"{self.salt} {test}".encode()).hexdigest()[:24]
        return Seedance(self.remote, f"sk-test-{name}", self.seed)


@contextmanager
def opened(settings: Mapping[str, str], token: str | None) -> Iterator[Session]:
    """The session that the settings ask for."""
    if "url" in settings:
        yield _shared(settings, token)
        return
    seed = _seed(settings.get("sim-seed"))
    for name, words in CHOICES.items():
        if settings.get(name, words[0]) not in words:
            raise BadSession(f"--seedance-{name} must be one of {', '.join(words)}")
    with _served(seed, settings) as base:
        yield Session(Remote(base), seed, str(seed))


def _shared(settings: Mapping[str, str], token: str | None) -> Session:
    own = [name for name in settings if name != "url"]
    if own:
        raise BadSession(f"--seedance-{own[0]} is of an own simulator, not of --seedance-url")
    remote = Remote(settings["url"].rstrip("/"), token)
    try:
        remote.ask("GET", "/clock")
    except (Unreachable, Refused) as error:
        raise BadSession(f"--seedance-url: {error}") from None
    return Session(remote, None, uuid.uuid4().hex)


def _seed(given: str | None) -> int:
    if given is None:
        return secrets.randbits(32)
    if not (given.isascii() and given.isdigit() and int(given[:21]) < 2**64):
        raise BadSession("--seedance-sim-seed must be a whole number")
    return int(given[:21])


@contextmanager
def _served(seed: int, settings: Mapping[str, str]) -> Iterator[str]:
    """The address of a simulator that runs in a thread."""
    from simulator.core.config import Config
    from simulator.server.run import bind

    (place,) = bind("127.0.0.1", 0)
    port = place.getsockname()[1]
    given: dict[str, Any] = {"pace": settings.get("sim-pace", "fast")}
    given["fidelity"] = settings.get("sim-fidelity", "documented")
    config = Config(port=port, seed=seed, callbacks="local", **given)
    thread = Served(config, place)
    thread.start()
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        thread.stop()


class Served(threading.Thread):
    """A server and its loop."""

    def __init__(self, config: Any, place: Any) -> None:
        super().__init__(name="seedance", daemon=True)
        self._config = config
        self._place = place
        self._loop = asyncio.new_event_loop()
        self._end = asyncio.Event()

    def run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._serve())

    async def _serve(self) -> None:
        from aiohttp import web

        from simulator.server.app import listener
        from simulator.server.world import create_world

        world = create_world(self._config)
        runner = web.ServerRunner(listener(world), shutdown_timeout=LAST_REQUESTS_S)
        await runner.setup()
        await web.SockSite(runner, self._place).start()
        await self._end.wait()
        world.end_feeds()
        await runner.cleanup()
        await world.close()

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._end.set)
        self.join(PATIENCE_S)
