"""A server on a file: what it acknowledged outlives it, and bad files are one line."""

import signal
import sqlite3
import urllib.request
from contextlib import AbstractContextManager, closing
from pathlib import Path
from typing import Any

import pytest

from simulator.core.account import SERVER
from simulator.core.commands import NextNumber
from simulator.core.config import Key
from simulator.store import Broken, change, journal
from simulator.store.sqlite import SqliteStore
from simulator.store.sqlite_file import APPLICATION, SCHEMA, VERSIONS
from tests.test_account import engine, submission, submit, submit_called_back
from tests.test_cli import CREATE, ORDER, Running, mistake, run, serving

JUDGED = ("/_sim/calls", "/_sim/calls?key=sk-a&status=2xx", "/_sim/verdict?key=sk-a")


def on(path: Path, *flags: str, port: int = 0) -> AbstractContextManager[Running]:
    """A server on a file, which is killed in the end as by a machine that loses its power."""
    return serving("--port", str(port), "--store", f"sqlite:{path}", *flags)


def said(server: Running, path: str, body: Any = None, key: str = "sk-a") -> Any:
    """What a call is answered, which has to be good."""
    status, found = server.call(path, body, {"Authorization": f"Bearer {key}"})
    assert status == 200, found
    return found


def fetched(link: str) -> bytes:
    """The bytes behind a link."""
    with urllib.request.urlopen(link, timeout=20) as answer:
        data: bytes = answer.read()
    return data


def test_what_was_there_is_there_again(tmp_path: Path) -> None:
    file = tmp_path / "sim.db"
    with on(file) as first:
        task = said(first, CREATE, ORDER)["id"]
        said(first, "/_sim/plans", {"plan": {"end": "failed"}, "match": {"key": "sk-a"}})
        said(first, "/_sim/clock", {"advance": "1h", "key": "sk-a", "freeze": True})
        shown = said(first, f"{CREATE}/{task}")
        clip = fetched(shown["content"]["video_url"])
        kept = {
            path: said(first, path)
            for path in ("/_sim/clock?key=sk-a", "/_sim/ledger", f"/_sim/tasks/{task}", *JUDGED)
        }
        assert kept["/_sim/calls"]["total"] == 3
        first.end(signal.SIGKILL)
    with on(file, port=int(first.base.rpartition(":")[2])) as second:
        assert {path: said(second, path) for path in JUDGED} == {p: kept[p] for p in JUDGED}
        assert said(second, f"{CREATE}/{task}") == shown
        # What was fetched is known too: the task has no orphan's cost.
        assert said(second, "/_sim/clock?key=sk-a") == kept["/_sim/clock?key=sk-a"]
        assert said(second, "/_sim/ledger")["items"] == kept["/_sim/ledger"]["items"]
        assert said(second, f"/_sim/tasks/{task}") == kept[f"/_sim/tasks/{task}"]
        assert fetched(shown["content"]["video_url"]) == clip
        other = said(second, CREATE, ORDER)["id"]
        assert other != task
        said(second, "/_sim/clock", {"advance": "1h", "key": "sk-a"})
        assert said(second, f"{CREATE}/{other}")["status"] == "failed"
        assert second.end()[0] == 0


def test_a_reset_begins_anew_in_the_file_too(tmp_path: Path) -> None:
    file = tmp_path / "sim.db"
    with on(file) as first:
        said(first, CREATE, ORDER)
        said(first, "/_sim/reset", {})
        assert said(first, "/_sim/tasks")["total"] == 0
        said(first, CREATE, ORDER)
    with on(file) as second:
        assert said(second, "/_sim/tasks")["total"] == 1


def test_a_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    """In it accounts are known by their keys."""
    with on(tmp_path / "sim.db") as server:
        said(server, CREATE, ORDER)
        made = {file.name: file.stat().st_mode & 0o777 for file in tmp_path.glob("sim.db*")}
    del made["sim.db-lock"]  # which is empty
    assert made == dict.fromkeys(("sim.db", "sim.db-wal", "sim.db-shm"), 0o600)


def test_files_that_cannot_be_used_are_one_line(tmp_path: Path) -> None:
    def refused(path: Path, *flags: str) -> str:
        return mistake(run("serve", "--port", "0", "--store", f"sqlite:{path}", *flags))

    text = tmp_path / "text"
    text.write_text("no database" * 100, "utf-8")
    assert refused(text) == f"--store: {text} cannot be used: file is not a database"
    assert text.read_text("utf-8") == "no database" * 100
    other = tmp_path / "other.db"
    with sqlite3.connect(other) as database:
        database.execute("CREATE TABLE mine (x)")
    database.close()
    assert refused(other) == f"--store: {other} is a database of something else"
    newer = tmp_path / "newer.db"
    with sqlite3.connect(newer) as database:
        database.execute(f"PRAGMA application_id = {APPLICATION}")
        database.execute("PRAGMA user_version = 99")
    database.close()
    assert "was written by a later version (schema 99, not 3)" in refused(newer)
    nowhere = tmp_path / "none" / "sim.db"
    assert refused(nowhere) == f"--store: {nowhere} cannot be used: No such file or directory"
    assert refused(tmp_path) == f"--store: {tmp_path} cannot be used: Is a directory"
    mine = tmp_path / "mine.db"
    with on(mine, "--seed", "7"):
        assert refused(mine) == f"--store: another server uses {mine}"
    assert refused(mine, "--seed", "8") == "--seed: the store began with seed 7, not 8"
    assert mistake(run("serve", "--store", "redis")) == (
        "--store: must be memory, sqlite:PATH or valkey://HOST:PORT/N, not 'redis'"
    )


def test_the_journal_of_a_file_is_bounded_and_can_be_emptied(tmp_path: Path) -> None:
    with on(tmp_path / "sim.db", "--journal-bytes", "100000") as server:
        for number in range(60):
            server.call(
                f"/ark/nothing/{number}", None, {"Authorization": f"Bearer sk-{number % 2}"}
            )
        calls = said(server, "/_sim/calls")
        assert calls["dropped"] + calls["total"] == 60
        assert 20 < calls["total"] < 50
        assert calls["items"][-1]["request"]["path"] == "/ark/nothing/59"
        status, gone = server.call("/_sim/calls?key=sk-1", method="DELETE")
        assert (status, gone["deleted"]) == (200, calls["total"] // 2)
        left = said(server, "/_sim/calls")
        assert left["total"] == calls["total"] - gone["deleted"]
        assert [one["id"] for one in left["items"]] == [one["id"] for one in calls["items"]][::2]


async def test_a_store_that_cannot_be_written_to_is_not_ready(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "sim.db")
    await store.ping()
    store._database.execute("PRAGMA query_only = 1")
    with pytest.raises(Broken, match="readonly"):
        await store.ping()
    await store.close()


async def test_two_processes_write_one_journal(tmp_path: Path) -> None:
    stores = [SqliteStore(tmp_path / "sim.db") for _ in range(2)]
    one, two = (engine(store).journal for store in stores)
    for book in (one, two, one):
        book.end(book.begin("GET", "/ark/x", ()), lambda account: 5)
        await book.written()
    told: list[int] = []
    await two.catch_up()
    two.on_end.append(lambda exchange: told.append(exchange.number))
    assert [exchange.number for exchange in two.exchanges()] == [1, 2, 3]
    assert await one.empty() == 3
    one.end(one.begin("GET", "/ark/y", ()), lambda account: 5)
    await one.written()
    await two.catch_up()
    assert [exchange.target for exchange in two.exchanges()] == ["/ark/y"]
    assert told == [4]
    for store in stores:
        await store.close()


async def test_one_question_tells_a_request_of_its_account_and_of_the_server(
    tmp_path: Path,
) -> None:
    """And no request goes by what another one was told."""
    one, two = (SqliteStore(tmp_path / "sim.db") for _ in range(2))
    for name in ("k", SERVER):
        await change(one, name, NextNumber("plan", name))
        await two.load(name)
    asked: list[str] = []
    two._database.set_trace_callback(asked.append)
    numbers = []
    for request in range(1, 4):
        await change(one, SERVER, NextNumber("plan", SERVER))
        journal.enter(journal.Exchange(request, 0, 0, "GET", "/"))
        await two.load("k")
        numbers.append((await two.load(SERVER))[1].numbers["plan"])
    assert numbers == [2, 3, 4]
    asked.clear()
    journal.enter(journal.Exchange(4, 0, 0, "GET", "/"))
    await two.load("k")
    await two.load(SERVER)
    assert len(asked) == 1
    await change(one, SERVER, NextNumber("plan", SERVER))
    assert (await two.load(SERVER))[1].numbers["plan"] == 5  # asked for once more, it is read
    for store in (one, two):
        await store.close()


async def test_what_others_changed_is_found_without_going_through_every_event(
    tmp_path: Path,
) -> None:
    """Every process asks once a second, however long the store is there."""
    one, two = (SqliteStore(tmp_path / "sim.db") for _ in range(2))
    await submit(engine(one), Key("three"))  # where nobody is to be called back
    for name in ("one", "two"):
        await submit_called_back(engine(one), Key(name))
    mark, names = await two.news(0)
    assert sorted(names) == ["one", "two"]
    for _ in range(500):
        await change(one, "one", NextNumber("plan", "one"))
    steps: list[int] = []
    two._database.set_progress_handler(lambda: steps.append(1), 1)
    later, names = await two.news(mark)
    assert (later, names) == (mark + 500, ["one"])
    assert await two.news(later) == (later, [])
    assert len(steps) < 200
    for store in (one, two):
        await store.close()


async def test_after_a_reset_every_process_draws_as_for_a_new_account(tmp_path: Path) -> None:
    """What follows from the seed does not depend on who was asked for the reset."""
    stores = [SqliteStore(tmp_path / "sim.db") for _ in range(2)]
    one, two = map(engine, stores)
    first = await submit(one, Key("k"))
    for number in range(3):
        assert await submit(two, Key("k"), f"more {number}") != first
    await one.reset("k")
    assert await submit(two, Key("k")) == first
    await two.reset()
    assert await submit(one, Key("k")) == first
    for store in stores:
        await store.close()


async def test_a_file_of_an_earlier_version_is_given_what_it_lacks(tmp_path: Path) -> None:
    old = tmp_path / "old.db"
    with sqlite3.connect(old) as database:
        database.executescript(f"{VERSIONS[0]}; PRAGMA application_id = {APPLICATION}")
        database.execute("PRAGMA user_version = 1")
        database.execute("INSERT INTO account VALUES ('sk-a', 1, 1)")
        database.execute("INSERT INTO fact VALUES ('seed', '7')")
    database.close()
    store = SqliteStore(old)
    assert store.fact("seed", "8") == "7"
    assert await store.news(0) == (1, ["sk-a"])
    await store.close()
    with closing(sqlite3.connect(old)) as database:
        assert database.execute("PRAGMA user_version").fetchone() == (SCHEMA,)
        assert database.execute("SELECT COUNT(*) FROM exchange").fetchone() == (0,)


async def test_a_full_disk_keeps_nothing_and_says_so(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "sim.db")
    here = engine(store)
    given = await submission(here, Key("k"))
    pages = store._database.execute("PRAGMA page_count").fetchone()[0]
    store._database.execute(f"PRAGMA max_page_count = {pages}")
    chance = await here.draw(Key("k"))
    before = 0
    with pytest.raises(Broken, match="full"):  # noqa: PT012 (it is not known which order is one too many)
        while True:
            await here.submit(given, chance, 1)
            before += 1
    assert len(await here.tasks("k")) == before
    store._database.execute("PRAGMA max_page_count = 1000000")
    await here.submit(given, chance, 1)
    await store.close()
    again = engine(SqliteStore(tmp_path / "sim.db"))
    assert len(await again.tasks("k")) == before + 1
    await again.store.close()
