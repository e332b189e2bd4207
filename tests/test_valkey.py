"""Servers on one Valkey: any of them is the simulator, and bad stores are one line."""

import asyncio
import signal
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import Any

import pytest
import redis
from msgspec.structs import replace

from simulator.core.chance import ALNUM
from simulator.core.commands import NextNumber
from simulator.core.config import BadSetting, Key
from simulator.core.plan import Match, Wish
from simulator.core.task import Phase
from simulator.engine import Engine
from simulator.store import Broken, Entry, Store, change, leases, valkey, valkey_log, valkey_server
from simulator.store.memory import MemoryStore
from simulator.store.valkey import ValkeyStore
from simulator.store.valkey_scripts import SNAPSHOT
from tests.driving import START
from tests.stores import Filed, Replica, closing_replicas
from tests.test_account import engine, submission, submit, submit_called_back
from tests.test_cli import CREATE, ORDER, Running, mistake, run, serving
from tests.test_sqlite import fetched, said
from tests.valkeys import Valkey

__all__ = ["closing_replicas"]
pytestmark = pytest.mark.usefixtures("closing_replicas")


@pytest.fixture
def server() -> Iterator[Valkey]:
    """A Valkey of the test's own, which it may kill."""
    made = Valkey("--appendonly", "yes", "--appendfsync", "always")
    yield made
    made.close()


def on(url: str, *flags: str) -> AbstractContextManager[Running]:
    return serving("--store", url, "--pace", "instant", *flags)


@pytest.mark.slow
def test_two_servers_are_one_simulator_and_so_is_the_next(server: Valkey) -> None:
    with on(server.url) as first, on(server.url) as second:
        said(first, "/_sim/plans", {"plan": {"end": "failed"}, "match": {"key": "sk-a"}})
        failed = said(second, CREATE, ORDER)["id"]
        assert said(first, f"{CREATE}/{failed}")["status"] == "failed"
        task = said(first, CREATE, ORDER)["id"]
        shown = said(second, f"{CREATE}/{task}")
        clip = fetched(shown["content"]["video_url"])
        said(second, "/_sim/clock", {"advance": "1h", "key": "sk-a", "freeze": True})
        clock = said(first, "/_sim/clock?key=sk-a")
        assert clock == said(second, "/_sim/clock?key=sk-a")
        assert said(first, "/_sim/ledger")["items"] == said(second, "/_sim/ledger")["items"]
        refused = mistake(run("serve", "--port", "0", "--store", server.url, "--seed", "8"))
        assert refused.startswith("--seed: the store began with seed ")
        first.end(signal.SIGKILL)
        link = said(second, f"{CREATE}/{task}")["content"]["video_url"]
        assert fetched(link) == clip
        server.end(signal.SIGKILL)
        began = time.monotonic()
        for path, body in ((f"{CREATE}/{task}", None), (CREATE, ORDER), ("/_sim/tasks", None)):
            status, told = second.call(path, body)
            assert (status, "the store cannot be used" in str(told)) == (503, True), told
        assert time.monotonic() - began < 10
        server.start()
        assert said(second, "/_sim/tasks")["total"] == 2
        assert said(second, f"{CREATE}/{task}")["status"] == "succeeded"
        third = said(second, CREATE, ORDER)["id"]
        assert third not in (task, failed)
        assert second.end()[0] == 0


def test_servers_that_cannot_be_used_are_one_line() -> None:
    def refused(url: str) -> str:
        return mistake(run("serve", "--port", "0", "--store", url))

    assert refused("valkey://user:secret@127.0.0.1:1/0").startswith(
        "--store: valkey://127.0.0.1:1/0 cannot be used: "
    )


async def test_a_store_of_another_version_is_refused() -> None:
    store = Replica()
    await store._server.call("SET", f"{store._prefix}fact:schema", "99")
    with pytest.raises(BadSetting, match=r"by another version \(schema 99, not 1\)"):
        Replica(store)


async def test_a_log_stays_short_and_a_new_replica_reads_what_is_left(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(valkey_log, "SNAPSHOT_AFTER", 20)
    monkeypatch.setattr(valkey_log, "STAY", 3)
    one, late = Replica(), None
    for number in range(70):
        await change(one, "one", NextNumber("plan", "one"))
        if number == 2:
            late = Replica(one)
            await late.load("one")
        await asyncio.gather(*one._logs._snapping)
    entries = await one._server.call("XLEN", one._server.keys("one")[1])
    assert entries < 50
    assert late is not None
    expected = await one.load("one")
    for other in (Replica(one), late):
        assert await other.load("one") == expected


async def lose(store: Replica, account: str, entries: int) -> None:
    """Take the last entries out of a log, as a server loses them that is killed."""
    version, log, _ = store._server.keys(account)
    left = (await store._server.call("XRANGE", log, "-", "+"))[:-entries]
    await store._server.call("DEL", log)
    for entry, fields in left:
        pairs = [part for pair in fields.items() for part in pair]
        await store._server.call("XADD", log, entry, *pairs)
    await store._server.call("SET", version, b"%s-%s" % (entry, fields[b"m"]))


async def test_what_was_lost_by_the_server_is_known_to_nobody() -> None:
    """Of a server that was killed the last second may be gone; replicas still have it in mind."""
    one = Replica()
    two = Replica(one)
    first, second = engine(one), engine(two)
    await submit(first, Key("one"))
    await submit(first, Key("one"))
    last = (await one.load("one"))[0]
    await lose(one, "one", 1)
    # The other replica goes on from there, up to the same number.
    (task,) = await second.tasks("one")
    await submit(second, Key("one"), "another")
    assert (await one.load("one"))[0] != last
    assert await first.tasks("one") == await second.tasks("one")
    assert (await first.tasks("one"))[0].id == task.id


async def numbered(store: Replica, *kinds: str) -> None:
    for kind in kinds:
        await change(store, "one", NextNumber(kind, "one"))


async def test_a_plan_whose_use_was_lost_is_used_once_more_and_its_first_task_is_gone() -> None:
    one = Replica()
    first, second = engine(one), engine(Replica(one))
    await first.plans.add(Match(key="one"), Wish(end="failed"), 1)
    gone = await submit(first, Key("one"))
    await lose(one, "one", 1)
    assert [plan.id for plan in await second.plans.waiting()] == ["plan-1"]
    made = [await submit(here, Key("one"), "another") for here in (second, first)]
    assert gone not in made
    for here in (first, second, engine(Replica(one))):
        tasks = await here.tasks("one")
        assert tasks == made
        assert [task.plan.end for task in tasks] == [Phase.FAILED, Phase.SUCCEEDED]
        assert await here.plans.waiting() == []


async def test_what_was_lost_is_not_read_on_from(monkeypatch: pytest.MonkeyPatch) -> None:
    """A reader is told of an entry that is then lost, and its page has another one in its place."""
    one = Replica()
    two, call = Replica(one), one._server.call
    lost: list[Any] = []
    await numbered(one, "first")
    (known,) = one._logs.known.values()

    async def slow(*command: Any) -> Any:
        if command[0] == "XRANGE" and not lost:
            lost.append(command)
            await numbered(one, "lost")
            await lose(two, "one", 1)
            await numbered(two, "second", "third")
        return await call(*command)

    monkeypatch.setattr(one._server, "call", slow)
    await one._logs.catch_up("one", str(known.version._replace(number=2)).encode())
    assert known.state.numbers == {"first": 1, "lost": 1}
    assert (await one.load("one"))[1].numbers == {"first": 1, "second": 1, "third": 1}


async def test_what_was_lost_is_in_no_snapshot(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(valkey_log, "SNAPSHOT_AFTER", 3)
    one = Replica()
    two, run = Replica(one), one._server.run

    async def late(script: str, *what: Any) -> Any:
        if script is SNAPSHOT:
            await lose(two, "one", 1)
            await numbered(two, "third", "fourth")
        return await run(script, *what)

    monkeypatch.setattr(one._server, "run", late)
    await numbered(one, "first", "second", "lost")
    await one._logs.close()
    expected = {"first": 1, "second": 1, "third": 1, "fourth": 1}
    for store in (one, two, Replica(one)):
        assert (await store.load("one"))[1].numbers == expected


async def test_a_server_that_is_back_answers_the_first_question() -> None:
    """Connections from before it went are broken, and nobody is told so."""
    kept = Valkey("--appendonly", "yes", "--appendfsync", "always")
    store = ValkeyStore(kept.url)
    entry = Entry("one", 10, b"body", ("label",))
    try:
        for number in (1, 2, 3):
            assert await change(store, "one", NextNumber("plan", "one")) == number
            await store.records.record([entry], 1000)
            kept.end(signal.SIGKILL)
            kept.start()
            past = await store.records.recorded(0, 10)
            assert (await store.load("one"))[1].numbers == {"plan": number}
            assert len(past.entries) == number
        await store.records.record([entry], 1000)
        assert (await store.records.counted())["label"] == 4
    finally:
        await store.close()
        kept.close()


async def test_exchanges_that_are_sent_twice_are_written_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    store = Replica()
    write = store._server.write_down

    async def twice(*what: Any) -> None:
        await write(*what)
        await write(*what)

    monkeypatch.setattr(store._server, "write_down", twice)
    for _ in range(2):
        await store.records.record([Entry("one", 10, b"body", ("label",))] * 3, 1000)
    assert len((await store.records.recorded(0, 100)).entries) == 6
    assert (await store.records.counted())["label"] == 6


async def test_an_append_that_is_sent_twice_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    store = Replica()
    run, sent = store._server.run, []

    async def twice(*what: Any) -> Any:
        sent.append(await run(*what))
        sent.append(await run(*what))
        return sent[-1]

    monkeypatch.setattr(store._server, "run", twice)
    for number in (1, 2):
        assert await change(store, "one", NextNumber("plan", "one")) == number
    assert sent[0] == sent[1]
    assert sent[2] == sent[3]
    assert (await Replica(store).load("one"))[1].numbers == {"plan": 2}


async def test_a_poll_is_one_round_trip_and_an_order_two(monkeypatch: pytest.MonkeyPatch) -> None:
    from simulator.dialects import Dialects
    from simulator.store import journal
    from tests.driving import World

    store = Replica()
    here = engine(store)
    world = World(Dialects()["ark"], here)
    asked: list[str] = []
    server = store._server

    def counted(name: str, real: Any) -> Any:
        def call(*what: Any) -> Any:
            asked.append(name)
            return real(*what)

        return call

    for name in ("run", "values", "call", "calls"):
        monkeypatch.setattr(server, name, counted(name, getattr(server, name)))

    async def trips(method: str, path: str, body: Any = None) -> Any:
        asked.clear()
        journal.enter(here.journal.begin(method, path, ()))
        _, told = await world.json(method, path, body)
        return told

    path = CREATE.removeprefix("/ark")
    await trips("POST", path, ORDER)
    task = await trips("POST", path, ORDER)
    assert asked == ["values", "run"]
    for _ in range(2):
        assert (await trips("GET", f"{path}/{task['id']}"))["id"] == task["id"]
        assert asked == ["values"]
    # Whatever waits for other keys, of few of which it is remarked what does.
    for others, expected in ((5, ["values", "run", "values"]), (30, ["values", "run"])):
        for number in range(others):
            await here.plans.add(Match(key=f"other-{number}"), Wish(end="failed"), 1)
        await trips("POST", path, ORDER)
        assert asked == expected


async def identified(here: Engine) -> str:
    """The id of a new task, drawn as dialects draw theirs."""
    chance = await here.draw(Key("one"))
    given = await submission(here, Key("one"))
    named = replace(given, name=lambda attempt: chance.word(("id", attempt), ALNUM, 20))
    return (await here.submit(named, chance, START)).id


async def test_the_id_of_a_task_that_was_lost_is_given_to_no_other() -> None:
    """A server that keeps nothing is killed; whoever asks the next has an account anew."""
    server = Valkey()
    stores = [ValkeyStore(server.url) for _ in range(2)]
    try:
        first, second = map(engine, stores)
        told = [await identified(here) for here in (first, second)]
        server.end(signal.SIGKILL)
        server.start()
        told += [await identified(here) for here in (first, second, first)]
        server.end(signal.SIGKILL)
        server.start()
        told += [await identified(here) for here in (first, second, first)]
        assert len(set(told)) == len(told)
        assert len(await second.tasks("one")) == 3
    finally:
        for store in stores:
            await store.close()
        server.close()


async def test_nor_to_one_that_was_on_its_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two have drawn the same; the second is decided again when the first one is lost."""
    server = Valkey()
    stores = [ValkeyStore(server.url) for _ in range(2)]
    try:
        first, second = map(engine, stores)
        append = stores[1].append
        told: list[str] = []

        async def late(account: str, version: int, events: Any) -> bool:
            if not told:
                told.append(await identified(first))
                server.end(signal.SIGKILL)
                server.start()
                return False  # somebody was faster
            return await append(account, version, events)

        monkeypatch.setattr(stores[1], "append", late)
        assert await identified(second) not in told
        assert len(told) == 1
    finally:
        for store in stores:
            await store.close()
        server.close()


async def test_a_connection_that_breaks_alone_is_no_loss(server: Valkey) -> None:
    """Ids still follow from the seed, as they would have."""
    stores = [ValkeyStore(server.url) for _ in range(2)]
    try:
        told = []
        for store in stores:
            here = engine(store)
            told.append([await identified(here)])
            with redis.Redis(port=server.port) as client:
                client.client_kill_filter(_type="normal")
            told[-1].append(await identified(here))
            assert not store.interrupted
            await store.forget()
        assert told[0] == told[1]
    finally:
        for store in stores:
            await store.close()


async def test_who_begins_on_a_server_that_was_started_again_counts_on_a_loss(
    server: Valkey,
) -> None:
    stores = [ValkeyStore(server.url), ValkeyStore(server.url)]
    try:
        assert not any(store.interrupted for store in stores)
        begun = await identified(engine(stores[0]))
        server.end(signal.SIGKILL)
        server.start()
        stores.append(ValkeyStore(server.url))
        assert [store.interrupted for store in stores] == [False, False, True]
        assert await identified(engine(stores[2])) != begun
        await stores[2].forget()  # with all that could be missed
        assert not stores[2].interrupted
        assert await identified(engine(stores[2])) == begun
        stores.append(ValkeyStore(server.url))
        assert not stores[3].interrupted
    finally:
        for store in stores:
            await store.close()


async def test_blobs_are_bounded_and_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(valkey, "BLOB_BYTES", 100)
    store = Replica()
    for name in "abc":
        await store.put_blob(name, name.encode() * 40)
        await asyncio.sleep(0)
    held = [await store.blob(name) for name in "abc"]
    assert held == [None, b"b" * 40, b"c" * 40]
    life = await store._server.call("TTL", f"{store._prefix}{{blobs}}:c")
    assert 0 < life <= valkey.BLOB_S


async def test_a_forgotten_account_leaves_nothing_and_begins_anew() -> None:
    one = Replica()
    two = Replica(one)
    here, key = engine(one), Key("one")
    await submit(here, key)
    (task,) = await engine(two).tasks("one")
    version = (await two.load("one"))[0]
    await here.reset("one")
    assert await two.find(task.id) is None
    assert await two.accounts() == []
    assert (await two.load("one"))[1].tasks == {}
    await submit(here, key)
    assert not await two.append("one", version, [])
    (other,) = await engine(two).tasks("one")
    await two.put_blob("x", b"x")
    await two.forget()
    assert await one.accounts() == []
    assert await one.find(other.id) is None
    assert await one.blob("x") is None
    left = await one._server.call("KEYS", f"{one._prefix}*")
    facts = ("life", "schema", "seed")
    assert sorted(left) == [f"{one._prefix}fact:{name}".encode() for name in facts]


@pytest.mark.parametrize("kind", [Filed, Replica])
async def test_the_journal_is_bounded_and_the_same_for_everybody(kind: type[Store]) -> None:
    store = kind()
    records = store.records
    assert records is not None
    for number in range(1, 31):
        entry = Entry("odd" if number % 2 else "even", 10, b"%d" % number, ("call", f"n{number}"))
        await records.record([entry, entry] if number == 30 else [entry], 160)
    past = await records.recorded(0, 1000)
    assert [number for number, _ in past.entries] == list(range(past.first, 32))
    assert 13 <= len(past.entries) <= 16
    assert past.dropped == 31 - len(past.entries)
    assert dict(past.entries)[25] == b"25"
    assert [number for number, _ in (await records.recorded(25, 3)).entries] == [26, 27, 28]
    assert await records.erase("odd") == sum(number % 2 for number in range(past.first, 30))
    after = await records.recorded(0, 1000)
    assert after.era != past.era
    assert {number % 2 for number, _ in after.entries if number < 30} == {0}
    assert await records.erase() == len(after.entries)
    assert (await records.recorded(0, 9)).entries == []
    await records.record([Entry("odd", 10, b"new")], 160)
    assert [body for _, body in (await records.recorded(0, 9)).entries] == [b"new"]
    assert (await records.counted())["call"] == 31


async def test_what_others_changed_is_news() -> None:
    one = Replica()
    two = Replica(one)
    assert (await two.news(0))[1] == []
    await submit(engine(one), Key("one"))
    await submit(engine(one), Key("three"))
    assert (await two.news(0))[1] == []  # nobody is to be called back, whoever asks will read it
    await submit_called_back(engine(one), Key("one"))
    mark, names = await two.news(0)
    assert names == ["one"]
    await submit_called_back(engine(one), Key("two"))
    await change(one, "one", NextNumber("plan", "one"))
    later, names = await two.news(mark)
    assert sorted(names) == ["one", "two"]
    assert later > mark
    assert (await two.news(later))[1] == []
    assert await two.accounts() == ["one", "three", "two"]


@pytest.mark.parametrize("kind", [Filed, Replica])
async def test_an_account_at_rest_is_no_news_until_there_is_some(kind: type[Store]) -> None:
    store = kind()
    await submit_called_back(engine(store), Key("one"))
    before = (await store.load("one"))[0]
    await change(store, "one", NextNumber("plan", "one"))
    await store.rest("one", before)
    assert (await store.news(0))[1] == ["one"]  # it has changed meanwhile
    await store.rest("one", (await store.load("one"))[0])
    await change(store, "one", NextNumber("plan", "one"))
    assert (await store.news(0))[1] == []
    await submit_called_back(engine(store), Key("one"))
    assert (await store.news(0))[1] == ["one"]


@pytest.mark.parametrize("kind", [Filed, Replica])
async def test_a_lease_is_held_by_one(kind: type[Store]) -> None:
    store = kind()
    assert await store.claim("x", "one", 60_000)
    assert not await store.claim("x", "two", 60_000)
    assert await store.claim("x", "one", 60_000)
    assert await store.claim("x", "one", 0)
    assert await store.claim("x", "two", 60_000)
    await store.ping()


async def test_a_lease_that_is_over_is_renewed_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where the client breaks as it is cancelled, and says that of the store instead."""
    monkeypatch.setattr(leases, "RENEW_S", 0)
    asked = asyncio.Event()

    class Breaking(MemoryStore):
        async def claim(self, name: str, owner: str, ms: int) -> bool:
            if ms and asyncio.current_task() is not mine and not asked.is_set():
                asked.set()
                try:
                    await asyncio.Event().wait()
                except asyncio.CancelledError:
                    raise Broken("the connection was closed") from None
            return True

    mine = asyncio.current_task()
    async with leases.lease(Breaking(), "callback x", "me") as held:
        assert held
        await asked.wait()
        others = asyncio.all_tasks() - {mine}
    assert (await asyncio.wait(others, timeout=5))[1] == set()


async def test_who_is_cancelled_is_not_told_that_the_store_is_away() -> None:
    asked = asyncio.Event()

    async def cleaning_up() -> None:
        with valkey_server.telling():
            try:
                asked.set()
                await asyncio.Event().wait()
            finally:
                raise OSError("the connection was closed")

    task = asyncio.create_task(cleaning_up())
    await asked.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
