"""A server on a file: what it acknowledged outlives it, and bad files are one line."""

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from simulator.core.config import Key
from simulator.store import Broken
from simulator.store.sqlite import APPLICATION, SqliteStore
from tests.test_account import engine, submission
from tests.test_cli import CREATE, ORDER, environment, mistake, run

KEY = {"Authorization": "Bearer sk-a"}


class Process:
    """A server in a process of its own, which can be killed."""

    def __init__(self, path: Path, *flags: str, port: int = 0) -> None:
        command = [sys.executable, "-m", "simulator", "serve", "--port", str(port)]
        command += ["--store", f"sqlite:{path}", *flags]
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment()
        )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        self.base = line.removeprefix("listening on ").strip()
        self.port = int(self.base.rpartition(":")[2])

    def call(self, path: str, body: Any = None, key: str = "sk-a") -> Any:
        """What a call is answered, as JSON or as bytes."""
        url = path if path.startswith("http") else self.base + path
        headers = {"Content-Type": "application/json"}
        if not path.startswith("http"):
            headers["Authorization"] = f"Bearer {key}"
        data = None if body is None else json.dumps(body).encode()
        with urllib.request.urlopen(urllib.request.Request(url, data, headers), timeout=20) as got:
            raw = got.read()
        return (
            json.loads(raw) if got.headers["Content-Type"].startswith("application/json") else raw
        )

    def kill(self) -> None:
        """End it as a machine that loses its power would."""
        self.process.kill()
        self.process.communicate()


@contextmanager
def serving(path: Path, *flags: str, port: int = 0) -> Iterator[Process]:
    made = Process(path, *flags, port=port)
    try:
        yield made
    finally:
        made.kill()


def test_what_was_there_is_there_again(tmp_path: Path) -> None:
    file = tmp_path / "sim.db"
    with serving(file) as first:
        task = first.call(CREATE, ORDER)["id"]
        first.call("/_sim/plans", {"plan": {"end": "failed"}, "match": {"key": "sk-a"}})
        first.call("/_sim/clock", {"advance": "1h", "key": "sk-a", "freeze": True})
        shown = first.call(f"{CREATE}/{task}")
        clip = first.call(shown["content"]["video_url"])
        kept = {
            path: first.call(path)
            for path in ("/_sim/clock?key=sk-a", "/_sim/ledger", f"/_sim/tasks/{task}")
        }
        first.kill()
    with serving(file, port=first.port) as second:
        assert second.call(f"{CREATE}/{task}") == shown
        # What was fetched is known too: the task has no orphan's cost.
        assert second.call("/_sim/clock?key=sk-a") == kept["/_sim/clock?key=sk-a"]
        assert second.call("/_sim/ledger")["items"] == kept["/_sim/ledger"]["items"]
        assert second.call(f"/_sim/tasks/{task}") == kept[f"/_sim/tasks/{task}"]
        assert second.call(shown["content"]["video_url"]) == clip
        other = second.call(CREATE, ORDER)["id"]
        assert other != task
        second.call("/_sim/clock", {"advance": "1h", "key": "sk-a"})
        assert second.call(f"{CREATE}/{other}")["status"] == "failed"
        second.process.send_signal(signal.SIGTERM)
        assert second.process.wait(10) == 0


def test_a_reset_begins_anew_in_the_file_too(tmp_path: Path) -> None:
    file = tmp_path / "sim.db"
    with serving(file) as first:
        first.call(CREATE, ORDER)
        first.call("/_sim/reset", {})
        assert first.call("/_sim/tasks")["total"] == 0
        first.call(CREATE, ORDER)
    with serving(file) as second:
        assert second.call("/_sim/tasks")["total"] == 1


def test_files_that_cannot_be_used_are_one_line(tmp_path: Path) -> None:
    def said(path: Path, *flags: str) -> str:
        return mistake(run("serve", "--port", "0", "--store", f"sqlite:{path}", *flags))

    text = tmp_path / "text"
    text.write_text("no database" * 100, "utf-8")
    assert said(text) == f"--store: {text} cannot be used: file is not a database"
    assert text.read_text("utf-8") == "no database" * 100
    other = tmp_path / "other.db"
    with sqlite3.connect(other) as database:
        database.execute("CREATE TABLE mine (x)")
    database.close()
    assert said(other) == f"--store: {other} is a database of something else"
    newer = tmp_path / "newer.db"
    with sqlite3.connect(newer) as database:
        database.execute(f"PRAGMA application_id = {APPLICATION}")
        database.execute("PRAGMA user_version = 99")
    database.close()
    assert "was written by another version (schema 99, not 1)" in said(newer)
    nowhere = tmp_path / "none" / "sim.db"
    assert said(nowhere) == f"--store: {nowhere} cannot be used: No such file or directory"
    mine = tmp_path / "mine.db"
    with serving(mine, "--seed", "7"):
        assert said(mine) == f"--store: another server uses {mine}"
    assert said(mine, "--seed", "8") == "--seed: the store began with seed 7, not 8"
    assert mistake(run("serve", "--store", "redis")) == (
        "--store: must be memory or sqlite:PATH, not 'redis'"
    )


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
    store.close()
    again = engine(SqliteStore(tmp_path / "sim.db"))
    assert len(await again.tasks("k")) == before + 1
    again.store.close()


@pytest.mark.slow
def test_nothing_acknowledged_is_lost_when_it_is_killed(tmp_path: Path) -> None:
    """A hundred times under orders from eight clients, each at another moment."""
    file, moments = tmp_path / "sim.db", random.Random(1)
    acknowledged: set[str] = set()
    for _ in range(100):
        with serving(file, "--pace", "instant") as server:

            def order(number: int, server: Process = server) -> None:
                for _ in range(10_000):
                    try:
                        task = server.call(CREATE, ORDER, f"sk-{number}")["id"]
                    except (OSError, urllib.error.URLError, ValueError):
                        return
                    acknowledged.add(task)

            with ThreadPoolExecutor(8) as clients:
                running = [clients.submit(order, number) for number in range(8)]
                time.sleep(moments.uniform(0.02, 0.3))
                os.kill(server.process.pid, signal.SIGKILL)
                for one in running:
                    one.result()
    assert len(acknowledged) > 100
    with serving(file) as server:
        found: set[str] = set()
        after = ""
        while True:
            page = server.call(f"/_sim/tasks?limit=1000{after}")["items"]
            if not page:
                break
            assert not found & {one["id"] for one in page}
            found |= {one["id"] for one in page}
            after = f"&after={page[-1]['id']}"
        assert acknowledged <= found
        ledger = server.call("/_sim/ledger")
        assert ledger["bill"]["tasks"] == len(found)
