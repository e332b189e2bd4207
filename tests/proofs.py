"""Proofs of a store that several servers share, at a length that no test has: with figures.

``python -m tests.proofs race [ROUNDS]``: two replicas, twenty clients, one key; every limit exact.
``python -m tests.proofs crash [KILLS]``: servers and Valkey itself, killed under mixed traffic.
``python -m tests.proofs hunt [SEEDS]``: Valkey killed three times with each; what fails, by kind.
``python -m tests.proofs scale [TASKS]``: bytes of a task, and how soon a server begins beside many.
``python -m tests.proofs soak [MINUTES]``: two replicas under load; what memory they take.

What does not hold is an assertion, and status 1. CI runs shorter ones of the same (``-m slow``).
"""

import asyncio
import json
import sys
import tempfile
import time
import traceback
import urllib.request
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import closing
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import msgspec
import redis
from aiohttp import ClientSession, ClientTimeout
from msgspec.structs import replace

from simulator.core.config import Key
from simulator.core.events import TaskAccepted, new_ids
from simulator.core.task import Task
from simulator.store.memory import MemoryStore
from simulator.store.sqlite import SqliteStore
from simulator.store.valkey import ValkeyStore
from simulator.store.valkey_scripts import APPEND
from tests.bench.polling import say
from tests.bench.servers import OURS, Started, started
from tests.killing import kill_files, kill_replicas, kill_stores
from tests.test_account import engine, submit
from tests.test_cli import CREATE, ORDER
from tests.test_replicas import races, told
from tests.valkeys import Valkey

EACH = 100  # tasks of an account
AT_ONCE = 1000
CLIENTS = 16
QUICK = ("--pace", "instant", "--log-level", "warning", "--journal-bytes", "4000000")
BEGINS_S = 2.0
GROWTH = 1.1
PROGRESS_S = 60.0


async def race(rounds: int) -> None:
    """Say how long the rounds took."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        await races(Path(folder), rounds, minutely(f"of {rounds} rounds"))
    say(f"{rounds} rounds of two replicas and twenty clients: exact, {since(began)}")


async def crash(kills: int) -> None:
    """Say what was acknowledged, and what a store that was killed has lost of it."""
    done = minutely(f"of {kills} kills")
    with tempfile.TemporaryDirectory() as folder:
        for what, ends in (
            ("The server of a file", kill_files(Path(folder), kills, done)),
            ("One of two replicas on Valkey", kill_replicas(kills, done)),
            ("Valkey itself (appendfsync everysec)", kill_stores(kills, done)),
        ):
            began = time.monotonic()
            say(f"{what}, {await ends}; {since(began)}")


async def hunt(seeds: int) -> None:
    """Say how many lives of a Valkey went well, and what went wrong with the others."""
    kinds: Counter[str] = Counter()
    for seed in range(seeds):
        try:
            told = str(await kill_stores(3, seed=seed))
            kinds["ok"] += 1
        except Exception as error:  # each is counted, and the next seed tried
            told = "".join(traceback.format_exception(error))
            kinds[type(error).__name__] += 1
        say(f"seed {seed}: {told}")
    say(f"of {seeds} seeds: {dict(kinds)}")
    assert kinds["ok"] == seeds, kinds


async def scale(tasks: int) -> None:
    """Fill a store, and begin a server beside it."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "sim.db"
        store = SqliteStore(file)
        await fill_file(store, tasks)
        await store.close()
        each = file.stat().st_size / tasks
        say(f"{tasks} tasks of {tasks // EACH} accounts in SQLite: {each:.0f} bytes each")
        await begin(f"sqlite:{file}")
    with closing(Valkey()) as valkey:
        with redis.Redis(port=valkey.port) as client:
            before: Any = client.info("memory")
            await fill_valkey(valkey, tasks)
            after: Any = client.info("memory")
        each = (after["used_memory"] - before["used_memory"]) / tasks
        say(f"{tasks} tasks of {tasks // EACH} accounts in Valkey: {each:.0f} bytes each")
        await begin(valkey.url)


async def pattern() -> Task:
    task = await submit(engine(MemoryStore()), Key("pattern"))
    assert isinstance(task, Task)
    return task


def accepted(task: Task, name: str, number: int) -> TaskAccepted:
    """The event of an account's task of this number, from 1."""
    return TaskAccepted(replace(task, id=f"cgt-{name}-{number:04d}", account=name), number)


async def fill_file(store: SqliteStore, tasks: int) -> None:
    """Append all of an account at once: the rows are the same as if they came alone."""
    task = await pattern()
    for name in names(tasks):
        events = [accepted(task, name, number) for number in range(1, EACH + 1)]
        assert await store.append(name, 0, events)
        del store._known[name]


async def fill_valkey(valkey: Valkey, tasks: int) -> None:
    """Append one task after the other of an account, as orders do, to all accounts at once."""
    task, store = await pattern(), ValkeyStore(valkey.url)
    versions = dict.fromkeys(names(tasks), "")
    with redis.Redis(port=valkey.port) as client:
        sha = client.script_load(APPEND)
        for number in range(1, EACH + 1):
            for some in batched(versions, AT_ONCE):
                pipe = client.pipeline(transaction=False)
                for name in some:
                    event, mark = accepted(task, name, number), f"{number:08x}"
                    ids = new_ids([event])
                    keys = [*store._server.keys(name)[:2], *store._index, *map(store._owners, ids)]
                    body = msgspec.json.encode([event])
                    values = [versions[name], number, body, mark, name, 0, *ids]
                    pipe.evalsha(sha, len(keys), *keys, *values)
                for name, found in zip(some, pipe.execute(), strict=True):
                    versions[name] = f"{found.decode()}-{number:08x}"
    await store.close()


def names(tasks: int) -> list[str]:
    return [f"sk-{number:06d}" for number in range(tasks // EACH)]


def batched(all_: Iterable[str], size: int) -> Iterator[list[str]]:
    """Parts of so many each; ``itertools`` has it from Python 3.12 on."""
    going = iter(all_)
    while some := list(islice(going, size)):
        yield some


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
    with closing(Valkey()) as valkey:
        command = [*OURS, *QUICK, "--store", valkey.url]
        with started(command) as one, started(command) as two:
            sizes = await load(minutes, (one, two))
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


def minutely(what: str) -> Callable[[int], None]:
    """Say how far something is, about once a minute."""
    due = time.monotonic() + PROGRESS_S

    def done(number: int) -> None:
        nonlocal due
        if time.monotonic() >= due:
            due = time.monotonic() + PROGRESS_S
            say(f"{number} {what}")

    return done


def since(began: float) -> str:
    """Seconds since a moment, as text."""
    return f"{time.monotonic() - began:.1f} s"


PROOFS: dict[str, tuple[Callable[[int], Awaitable[None]], int]] = {
    "race": (race, 1000),
    "crash": (crash, 100),
    "hunt": (hunt, 100),
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
