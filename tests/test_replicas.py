"""Proofs of shared stores, which take their time: races, ends of servers and stores, a cluster."""

import asyncio
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import redis
from aiohttp import ClientSession

from simulator.core.config import Key
from simulator.core.plan import Match, Wish
from simulator.store.valkey import ValkeyStore
from tests.killing import kill_files, kill_replicas, kill_stores
from tests.stores import closing_replicas
from tests.test_account import a_life, engine, holds, submit, submit_called_back
from tests.test_cli import CREATE, ORDER, environment, serving
from tests.valkeys import Valkey

__all__ = ["closing_replicas"]
pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("closing_replicas")]


@pytest.fixture
def cluster() -> Iterator[str]:
    """The address of a cluster of two nodes."""
    flags = ("--cluster-enabled", "yes", "--cluster-node-timeout", "2000")
    with ExitStack() as ending:
        nodes = [Valkey(*flags) for _ in range(2)]
        for node in nodes:
            ending.callback(node.close)
        clients: list[Any] = [redis.Redis(port=node.port) for node in nodes]
        first, second = clients
        first.execute_command("CLUSTER", "ADDSLOTSRANGE", 0, 8191)
        second.execute_command("CLUSTER", "ADDSLOTSRANGE", 8192, 16383)
        first.execute_command("CLUSTER", "MEET", "127.0.0.1", nodes[1].port)
        until = time.monotonic() + 20
        for client in clients:
            while b"cluster_state:ok" not in client.execute_command(
                "CLUSTER", "INFO", NEVER_DECODE=[]
            ):
                assert time.monotonic() < until
                time.sleep(0.05)
            client.close()
        yield nodes[0].url


async def test_a_cluster_keeps_accounts_as_one_node_does(cluster: str) -> None:
    one, two = ValkeyStore(cluster), ValkeyStore(cluster)
    try:
        first, second = engine(one), engine(two)
        await a_life(first)
        key = Key("race", rpm=9, slots=2, queue=4, wallet=Decimal(400))
        await first.plans.add(Match(key="race"), Wish(end="failed"), 3)
        await asyncio.gather(*[submit(here, key) for here in (first, second) for _ in range(20)])
        await asyncio.gather(*[submit(second, Key(f"key-{n}")) for n in range(5)])
        await holds(first, key)
        for name in await one.accounts():
            assert await one.load(name) == await two.load(name)
            for task in await first.tasks(name):
                assert await second.task(task.id) == task
        assert len(await one.accounts()) == 8
        await submit_called_back(first, Key("key-0"))
        assert set((await two.news(0))[1]) == {"", "key-0", "one"}
        await two.put_blob("x", b"x")
        assert await one.blob("x") == b"x"
        await first.reset("race")
        assert await second.tasks("race") == []
        await first.reset()
        assert await second.tasks() == []
    finally:
        await one.close()
        await two.close()


LIMITS = (
    ("rpm = 9", 9),
    ("slots = 2\nqueue = 5", 7),
    ("wallet = 400000", None),
)
ROUNDS = 30
AT_ONCE = 20


def key_file(folder: Path, rounds: int) -> Path:
    """Keys of each kind, as many as there are rounds."""
    texts = [f'[[key]]\nkey = "sk-{n}"\n{LIMITS[n % 3][0]}\n' for n in range(rounds)]
    file = folder / "keys.toml"
    file.write_text("\n".join(texts), "utf-8")
    return file


async def told(client: ClientSession, base: str, path: str, body: Any, key: str) -> tuple[int, Any]:
    head = {"Authorization": f"Bearer {key}"}
    method = "GET" if body is None else "POST"
    async with client.request(method, base + path, json=body, headers=head) as answer:
        return answer.status, await answer.json()


async def test_limits_are_exact_whichever_replica_is_asked(tmp_path: Path) -> None:
    await races(tmp_path, ROUNDS)


async def races(folder: Path, rounds: int, done: Callable[[int], None] = lambda _: None) -> None:
    """Two replicas and twenty clients at once on one key, round by round with another limit.

    ``done`` is told how many rounds are over.
    """
    valkey = Valkey()
    keys = ("--keys", str(key_file(folder, rounds)))
    flags = ("--store", valkey.url, *keys, "--pace", "realistic", "--log-level", "warning")
    try:
        with serving(*flags) as one, serving(*flags) as two:
            bases = (one.base, two.base)
            async with ClientSession() as client:
                for number in range(rounds):
                    await race(client, bases, f"sk-{number}", LIMITS[number % 3][1])
                    done(number + 1)
    finally:
        valkey.close()


async def race(
    client: ClientSession, bases: tuple[str, str], key: str, accepted: int | None
) -> None:
    wish = {"plan": {"end": "failed"}, "match": {"key": key}, "times": 2}
    fault = {
        "fault": {"status": 502, "body": {}},
        "match": {"key": key, "call": "create"},
        "times": 3,
    }
    assert (await told(client, bases[0], "/_sim/plans", wish, key))[0] == 200
    assert (await told(client, bases[1], "/_sim/faults", fault, key))[0] == 200
    answers = await asyncio.gather(
        *[told(client, bases[n % 2], CREATE, ORDER, key) for n in range(AT_ONCE)]
    )
    made = [body["id"] for status, body in answers if status == 200]
    assert sum(status == 502 for status, _ in answers) == 3, answers
    assert len(set(made)) == len(made)
    for base in bases:
        _, shown = await told(client, base, f"/_sim/tasks?key={key}", None, key)
        assert {one["id"] for one in shown["items"]} == set(made)
        assert sum(one["end"] == "failed" for one in shown["items"]) == 2
        _, ledger = await told(client, base, f"/_sim/ledger?key={key}", None, key)
        spent = sum(-one["amount"] for one in ledger["items"] if one["kind"] == "reserved")
        assert len([one for one in ledger["items"] if one["kind"] == "reserved"]) == len(made)
        if accepted is None:
            each = spent // len(made)
            assert len(made) == 400_000 // each, (len(made), each)
        else:
            assert len(made) == accepted


KILLS = 4


async def test_nothing_is_lost_with_a_server_of_a_file_that_is_killed(tmp_path: Path) -> None:
    await kill_files(tmp_path, KILLS)


async def test_nothing_is_lost_with_a_replica_that_is_killed() -> None:
    await kill_replicas(KILLS)


async def test_a_store_that_is_killed_loses_no_more_than_it_promises() -> None:
    await kill_stores(KILLS)


async def test_replicas_whose_clocks_differ_by_a_minute_tell_one_time(tmp_path: Path) -> None:
    """Asked in turns, at sixty times real time, for the clock and for the progress of a task."""
    text = "import time\nreal = time.time_ns\ntime.time_ns = lambda: real() + 60 * 10**9\n"
    (tmp_path / "sitecustomize.py").write_text(text, "utf-8")
    valkey = Valkey()
    flags = ("--store", valkey.url, "--rate", "60", "--pace", "realistic")
    command = [sys.executable, "-m", "simulator", "serve", "--port", "0", *flags]
    pipe, there = subprocess.PIPE, {**environment(), "PYTHONPATH": str(tmp_path)}
    try:
        with (
            serving(*flags) as one,
            subprocess.Popen(  # noqa: ASYNC220 (it begins once, before anything else)
                command, stdout=pipe, stderr=pipe, text=True, env=there
            ) as process,
        ):
            assert process.stdout is not None
            two = process.stdout.readline().split()[-1]
            bases, seen, progress = (two, one.base), 0, 0
            async with ClientSession() as client:
                task = (await told(client, two, CREATE, ORDER, "sk-a"))[1]["id"]
                for turn in range(400):
                    _, clock = await told(client, bases[turn % 2], "/_sim/clock?key=sk-a", None, "")
                    assert clock["now_ms"] >= seen
                    seen = clock["now_ms"]
                    path = f"{CREATE}/{task}"
                    _, shown = await told(client, bases[turn % 2], path, None, "sk-a")
                    assert shown["updated_at"] >= progress
                    progress = shown["updated_at"]
            assert shown["status"] != "queued"
            process.terminate()
            words = "clock is 60 s ahead of the store's; the time is told by the store's"
            assert words in process.communicate(timeout=20)[1]
            assert "clock" not in one.end()[2]
    finally:
        valkey.close()
