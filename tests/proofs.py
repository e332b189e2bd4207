"""Proofs of a store that several servers share, at a length that no test has: with figures.

``python -m tests.proofs race [ROUNDS]``: two replicas, twenty clients, one key; every limit exact.
``python -m tests.proofs crash [KILLS]``: servers and Valkey itself, killed under mixed traffic.
``python -m tests.proofs scale [TASKS]``: bytes of a task, and how soon a server begins beside many.
``python -m tests.proofs soak [MINUTES]``: two replicas under load; what memory they take.

What does not hold is an assertion, and status 1. CI runs shorter ones of the same (``-m slow``).
"""

import asyncio
import json
import sys
import tempfile
import time
import urllib.request
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from itertools import cycle
from pathlib import Path
from typing import Any

import redis
from aiohttp import ClientSession, ClientTimeout

from simulator.core.config import Key
from simulator.core.events import TaskAccepted
from simulator.core.task import Task
from simulator.store import Store
from simulator.store.memory import MemoryStore
from simulator.store.sqlite import SqliteStore
from simulator.store.valkey import ValkeyStore
from tests.bench.polling import say
from tests.bench.servers import OURS, Started, started
from tests.killing import kill_files, kill_replicas, kill_stores
from tests.test_account import engine, submit
from tests.test_cli import CREATE, ORDER
from tests.test_replicas import races, told
from tests.valkeys import Valkey

EACH = 100  # tasks of an account
AT_ONCE = 64
CLIENTS = 16
QUICK = ("--pace", "instant", "--log-level", "warning", "--journal-bytes", "4000000")
BEGINS_S = 2.0
GROWTH = 1.1


async def race(rounds: int) -> None:
    """Say how long the rounds took."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        await races(Path(folder), rounds)
    say(f"{rounds} rounds of two replicas and twenty clients: exact, {since(began)}")


async def crash(kills: int) -> None:
    """Say what was acknowledged, and what a store that was killed has lost of it."""
    with tempfile.TemporaryDirectory() as folder:
        for what, ends in (
            ("The server of a file", kill_files(Path(folder), kills)),
            ("One of two replicas on Valkey", kill_replicas(kills)),
            ("Valkey itself (appendfsync everysec)", kill_stores(kills)),
        ):
            began = time.monotonic()
            say(f"{what}, {await ends}; {since(began)}")


async def scale(tasks: int) -> None:
    """Fill a store, and begin a server beside it."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "sim.db"
        store: Store = SqliteStore(file)
        await fill(store, tasks)
        await store.close()
        each = file.stat().st_size / tasks
        say(f"{tasks} tasks of {tasks // EACH} accounts in SQLite: {each:.0f} bytes each")
        await begin(f"sqlite:{file}")
    valkey = Valkey()
    try:
        with redis.Redis(port=valkey.port) as client:
            before: Any = client.info("memory")
            store = ValkeyStore(valkey.url)
            await fill(store, tasks)
            await store.close()
            after: Any = client.info("memory")
        each = (after["used_memory"] - before["used_memory"]) / tasks
        say(f"{tasks} tasks of {tasks // EACH} accounts in Valkey: {each:.0f} bytes each")
        await begin(valkey.url)
    finally:
        valkey.close()


async def fill(store: Store, tasks: int) -> None:
    """Append tasks to many accounts at once; in Valkey one at a time, as orders do.

    A file has the same rows whether they came alone or together.
    """
    at_once = 1 if isinstance(store, ValkeyStore) else EACH
    pattern = await submit(engine(MemoryStore()), Key("pattern"))
    assert isinstance(pattern, Task)
    names = iter([f"sk-{number:06d}" for number in range(tasks // EACH)])

    async def accounts() -> None:
        for name in names:
            version = 0
            tasks = [replace(pattern, id=f"cgt-{name}-{n:04d}", account=name) for n in range(EACH)]
            events = [TaskAccepted(task, number) for number, task in enumerate(tasks, 1)]
            for start in range(0, EACH, at_once):
                assert await store.append(name, version, events[start : start + at_once])
                version = (await store.load(name))[0]
            with suppress(AttributeError):  # which this process need not remember
                known: Any = store._logs.known if isinstance(store, ValkeyStore) else store._known  # type: ignore[attr-defined]
                known.pop(name, None)

    await asyncio.gather(*[accounts() for _ in range(AT_ONCE)])


async def begin(store: str) -> None:
    """Say how soon a server answers that begins on a store, beside one on an empty memory."""
    began = time.monotonic()
    with started([*OURS]):
        bare = time.monotonic() - began
    began = time.monotonic()
    with started([*OURS, "--store", store]) as server:
        took = time.monotonic() - began
        head = {"Authorization": "Bearer sk-000007", "Content-Type": "application/json"}
        url = f"http://127.0.0.1:{server.port}{CREATE}"
        began = time.monotonic()
        sent = urllib.request.Request(url, json.dumps(ORDER).encode(), head)
        with await asyncio.to_thread(urllib.request.urlopen, sent) as answer:
            assert answer.status == 200
    say(
        f"a server begins beside them in {took:.1f} s (in {bare:.1f} s on memory), and takes an "
        f"order of one of their keys in {since(began)}"
    )
    assert took - bare <= BEGINS_S


async def soak(minutes: int) -> None:
    """Orders, polls and resets without end; the memory of both replicas, minute by minute."""
    valkey = Valkey()
    command = [*OURS, *QUICK, "--store", valkey.url]
    try:
        with started(command) as one, started(command) as two:
            sizes = await load(minutes, (one, two))
    finally:
        valkey.close()
    for early, late in zip(sizes[1 if minutes > 1 else 0], sizes[-1], strict=True):
        assert late <= GROWTH * early, sizes


async def load(minutes: int, servers: tuple[Started, Started]) -> list[list[float]]:
    """Megabytes of each server after a first quarter of a minute, and after each minute."""
    bases = [f"http://127.0.0.1:{one.port}" for one in servers]
    asked = 0

    async def client(session: ClientSession, key: str) -> None:
        nonlocal asked
        turns = cycle(bases)
        while True:
            await told(session, next(turns), "/_sim/reset", {"key": key}, key)
            made = [(await told(session, next(turns), CREATE, ORDER, key))[1] for _ in range(20)]
            for task in made * 10:
                status, _ = await told(session, next(turns), f"{CREATE}/{task['id']}", None, key)
                assert status == 200
            asked += 221

    async with ClientSession(timeout=ClientTimeout(20)) as session:
        running = [asyncio.create_task(client(session, f"sk-{n}")) for n in range(CLIENTS)]
        sizes = []
        for pause in (15, *[60] * minutes):
            done, _ = await asyncio.wait(running, timeout=pause, return_when="FIRST_COMPLETED")
            for one in done:
                one.result()
            sizes.append([one.memory("VmRSS") for one in servers])
            say(f"{asked} requests: {' and '.join(f'{size:.0f} MB' for size in sizes[-1])}")
        for one in running:
            one.cancel()
        await asyncio.gather(*running, return_exceptions=True)
    return sizes


def since(began: float) -> str:
    """Seconds since a moment, as text."""
    return f"{time.monotonic() - began:.1f} s"


PROOFS: dict[str, tuple[Callable[[int], Awaitable[None]], int]] = {
    "race": (race, 1000),
    "crash": (crash, 100),
    "scale": (scale, 1_000_000),
    "soak": (soak, 10),
}


def main() -> None:
    """Run the proof that is named."""
    if len(sys.argv) < 2 or sys.argv[1] not in PROOFS:
        sys.exit(__doc__)
    proof, usual = PROOFS[sys.argv[1]]
    number = int(sys.argv[2]) if len(sys.argv) > 2 else usual

    async def run() -> None:
        await proof(number)

    asyncio.run(run())


if __name__ == "__main__":
    main()
