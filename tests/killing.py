"""Servers and stores that are killed under mixed traffic, and what is there afterwards."""

import asyncio
import random
import signal
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Thread

from tests.holding import Found, found
from tests.mixed import Noted, again, traffic
from tests.receiving import receiver
from tests.test_cli import Running, serving
from tests.valkeys import AOF, Valkey

FLAGS = ("--callbacks", "local", "--pace", "fast", "--log-level", "warning")
# How much of what was acknowledged a server with ``appendfsync everysec`` may lose when it ends.
PROMISED_S = 2.0
# So long after its first order a server is killed.
MOST_S = 1.0
# So many kills have numbers, and keys, of their own.
EACH = 1000
# So many callbacks may be under way at a server, of which nobody knows whether they were heard.
UNDER_WAY = 256

# Who is told how many kills are over.
Done = Callable[[int], None]


def nobody(number: int) -> None:
    """Tell nobody."""


@dataclass(frozen=True)
class Outcome:
    """What was acknowledged, what of it is lost, and what was told to a receiver twice."""

    kills: int
    noted: Noted
    found: Found

    def __str__(self) -> str:
        noted, calls = self.noted, ", ".join(f"{n} {what}s" for what, n in self._calls())
        return (
            f"{self.kills} kills: {calls} acknowledged, {sum((+noted.doubt).values())} in doubt; "
            f"{len(self.found.tasks)} tasks there, {len(self.found.lost)} acknowledged lost, "
            f"{self.found.twice} callbacks told again"
        )

    def _calls(self) -> list[tuple[str, int]]:
        return sorted(self.noted.calls.items(), key=lambda one: -one[1])


async def kill_files(folder: Path, kills: int, done: Done = nobody) -> Outcome:
    """End the one server of a file again and again: nothing may be lost."""
    noted, moments = Noted(), random.Random(3)
    flags = ("--store", f"sqlite:{folder / 'sim.db'}", *FLAGS)
    async with receiver() as heard:
        for number in range(kills):
            with _serving(*flags) as server:
                pause, end = moments.uniform(0, MOST_S), _killing(server)
                await traffic(noted, [server.base], heard.url, number, pause, end)
            done(number + 1)
        with _serving(*flags) as server:
            return _whole(kills, noted, await found(noted, server.base, heard))


async def kill_replicas(kills: int, done: Done = nobody) -> Outcome:
    """End one of two replicas on Valkey again and again: nothing may be lost."""
    noted, moments = Noted(), random.Random(1)
    with closing(Valkey()) as valkey:
        flags = ("--store", valkey.url, *FLAGS)
        async with receiver() as heard:
            with _serving(*flags) as one:
                for number in range(kills):
                    with _serving(*flags) as two:
                        pause, end = moments.uniform(0, MOST_S), _killing(two)
                        await traffic(noted, [one.base, two.base], heard.url, number, pause, end)
                    done(number + 1)
                return _whole(kills, noted, await found(noted, one.base, heard))


async def kill_stores(kills: int, done: Done = nobody, seed: int = 2) -> Outcome:
    """End Valkey itself again and again: only its last moment before an end may be lost."""
    noted, moments = Noted(lenient=True), random.Random(seed)
    with closing(Valkey(*AOF)) as valkey:
        flags = ("--store", valkey.url, *FLAGS)

        async def end() -> None:
            before = time.monotonic()
            valkey.end(signal.SIGKILL)
            await asyncio.sleep(0.3)
            await again(noted.away)
            # Until here clients may note what it has done before its end.
            noted.losses.append((before - PROMISED_S, time.monotonic()))
            await asyncio.to_thread(valkey.start)
            await asyncio.sleep(0.3)
            await again(noted.ordered)

        async with receiver() as heard:
            with _serving(*flags) as one, _serving(*flags) as two:
                for number in range(kills):
                    pause, drawn = moments.uniform(0, MOST_S), EACH * seed + number
                    await traffic(noted, [one.base, two.base], heard.url, drawn, pause, end)
                    done(number + 1)
                after = await found(noted, one.base, heard)
    for what, at in after.lost:
        assert noted.may_lose(at), what
    return Outcome(kills, noted, after)


@contextmanager
def _serving(*flags: str) -> Iterator[Running]:
    """A server whose log is read as it comes: a pipe that nobody reads is full at some time.

    Whoever writes to that waits for ever. What it says must be no fault of its own.
    """
    said: list[str] = []
    with serving(*flags) as server:
        reading = Thread(target=lambda: said.extend(server.process.stderr))
        reading.start()
        try:
            yield server
        finally:
            server.process.kill()
            reading.join()
    assert not any("Traceback" in line for line in said), "".join(said)


def _killing(server: Running) -> Callable[[], Awaitable[None]]:
    """What kills a server, and lets its clients see it."""

    async def kill() -> None:
        server.process.kill()
        await asyncio.sleep(0.2)

    return kill


def _whole(kills: int, noted: Noted, after: Found) -> Outcome:
    """Nothing is lost, and told again is only what was under way."""
    assert not after.lost, after.lost
    assert after.twice <= kills * UNDER_WAY
    assert len(noted.orders) >= kills
    return Outcome(kills, noted, after)
