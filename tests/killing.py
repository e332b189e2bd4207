"""Servers and stores that are killed under mixed traffic, and what is there afterwards."""

import asyncio
import random
import signal
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.mixed import FLAGS, Found, Noted, found, traffic
from tests.receiving import Receiver, receiver
from tests.test_cli import Running, serving
from tests.valkeys import AOF, Valkey

# How much of what was acknowledged a server with ``appendfsync everysec`` may lose when it ends.
PROMISED_S = 2.0
# So long after its first order a server is killed.
MOST_S = 1.0
# So many callbacks may be under way at a server, of which nobody knows whether they were heard.
UNDER_WAY = 256


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


async def kill_files(folder: Path, kills: int) -> Outcome:
    """End the one server of a file again and again: nothing may be lost."""
    noted, moments = Noted(), random.Random(3)
    flags = ("--store", f"sqlite:{folder / 'sim.db'}", *FLAGS)
    async with receiver() as heard:
        for number in range(kills):
            with serving(*flags) as server:
                await _killed(noted, [server], server, heard, number, moments)
        with serving(*flags) as server:
            return _whole(kills, noted, await found(noted, server.base, heard))


async def kill_replicas(kills: int) -> Outcome:
    """End one of two replicas on Valkey again and again: nothing may be lost."""
    noted, moments = Noted(), random.Random(1)
    with _valkey() as valkey:
        flags = ("--store", valkey.url, *FLAGS)
        async with receiver() as heard:
            with serving(*flags) as one:
                for number in range(kills):
                    with serving(*flags) as two:
                        await _killed(noted, [one, two], two, heard, number, moments)
                return _whole(kills, noted, await found(noted, one.base, heard))


async def kill_stores(kills: int) -> Outcome:
    """End Valkey itself again and again: only its last moment before an end may be lost."""
    noted, moments = Noted(lenient=True), random.Random(2)
    ends: list[float] = []
    with _valkey(*AOF) as valkey:
        flags = ("--store", valkey.url, *FLAGS)

        async def end() -> None:
            valkey.end(signal.SIGKILL)
            ends.append(time.monotonic())
            await asyncio.sleep(0.3)
            await asyncio.to_thread(valkey.start)
            await asyncio.sleep(0.3)

        async with receiver() as heard:
            with serving(*flags) as one, serving(*flags) as two:
                bases = [one.base, two.base]
                for number in range(kills):
                    pause = moments.uniform(0, MOST_S)
                    await traffic(noted, bases, heard.url, number, pause, end)
                assert noted.away > 0
                after = await found(noted, one.base, heard)
    for what, at in after.lost:
        assert any(0 <= end - at <= PROMISED_S for end in ends), what
    return Outcome(kills, noted, after)


async def _killed(
    noted: Noted,
    servers: Sequence[Running],
    victim: Running,
    heard: Receiver,
    number: int,
    moments: random.Random,
) -> None:
    async def end() -> None:
        victim.process.send_signal(signal.SIGKILL)
        await asyncio.sleep(0.2)

    pause = moments.uniform(0, MOST_S)
    await traffic(noted, [one.base for one in servers], heard.url, number, pause, end)


def _whole(kills: int, noted: Noted, after: Found) -> Outcome:
    """Nothing is lost, and told again is only what was under way."""
    assert not after.lost, after.lost
    assert after.twice <= kills * UNDER_WAY
    assert len(noted.orders) >= kills
    return Outcome(kills, noted, after)


@contextmanager
def _valkey(*flags: str) -> Iterator[Valkey]:
    valkey = Valkey(*flags)
    try:
        yield valkey
    finally:
        valkey.close()
