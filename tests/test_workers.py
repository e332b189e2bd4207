"""Several workers on one file: one simulator, whichever of them answers, and whichever dies."""

import json
import os
import random
import signal
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from simulator.cli.settings import BadSetting, configure
from tests.test_cli import CREATE, ORDER, Running, mistake, run, serving
from tests.test_sqlite import said


@contextmanager
def working(folder: Path, *flags: str, workers: int = 2) -> Iterator[Running]:
    """Workers on a file in a folder, which have all ended in the end."""
    shared = ("--store", f"sqlite:{folder / 'sim.db'}", "--log-level", "warning")
    with serving(*shared, "--workers", str(workers), *flags) as server:
        try:
            yield server
        finally:
            if server.process.poll() is None:
                server.end()


def pids(server: Running) -> list[int]:
    """The workers of a server."""
    children = Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children")
    return [int(pid) for pid in children.read_text("utf-8").split()]


@contextmanager
def ears(pause: float = 0) -> Iterator[tuple[str, list[Any]]]:
    """Somebody to call back, who takes a while to answer: the address, and what was heard."""
    heard: list[Any] = []

    class Ears(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            heard.append((body["id"], body["status"]))
            time.sleep(pause)
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Nothing to say."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Ears)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", heard
    finally:
        server.shutdown()
        server.server_close()


def test_workers_of_one_memory_each_are_refused() -> None:
    assert mistake(run("serve", "--workers", "2")) == (
        "--workers: each would have tasks of its own in --store memory; use sqlite:PATH or valkey://HOST:PORT/N"
    )


def test_what_only_one_process_keeps_is_refused(tmp_path: Path) -> None:
    shared = {"workers": "2", "store": f"sqlite:{tmp_path / 'sim.db'}", "dialect": "ark"}
    with pytest.raises(BadSetting, match="--upstream: its budget and recording are of one process"):
        configure({**shared, "upstream": "https://ark.example"}, {})


def test_a_scenario_is_applied_by_one_worker_and_its_mistake_is_one_line(tmp_path: Path) -> None:
    file = tmp_path / "sim.toml"
    file.write_text('[[plan]]\nplan = { end = "failed" }\n', "utf-8")
    with working(tmp_path, "--scenario", str(file), workers=3) as server:
        assert said(server, "/_sim/plans")["total"] == 1
    file.write_text("[[plan]]\n", "utf-8")
    shared = ("--workers", "3", "--store", f"sqlite:{tmp_path / 'sim.db'}")
    told = mistake(run("serve", "--port", "0", *shared, "--scenario", str(file)))
    assert told.startswith(f"--scenario: {file}: [[plan]] 1: ")


def test_a_file_that_no_worker_can_use_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("no database" * 100, "utf-8")
    told = mistake(run("serve", "--workers", "2", "--store", f"sqlite:{tmp_path / 'text'}"))
    assert told == f"--store: {tmp_path / 'text'} cannot be used: file is not a database"


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="workers are found by /proc")
def test_two_workers_are_one_simulator_and_a_dead_one_is_replaced(tmp_path: Path) -> None:
    with ears() as (url, heard), working(tmp_path, "--callbacks", "local", "--freeze") as server:
        said(server, "/_sim/plans", {"plan": {"end": "failed"}, "times": 1})
        orders = [{**ORDER, "callback_url": url} for _ in range(6)]
        with ThreadPoolExecutor(6) as clients:
            tasks = [one["id"] for one in clients.map(lambda o: said(server, CREATE, o), orders)]
        for _ in range(4):
            assert said(server, "/_sim/calls?kind=create")["total"] == len(tasks)
            assert said(server, "/_sim/tasks")["total"] == len(tasks)
        moved = said(server, "/_sim/clock", {"advance": "1h"})
        calls = Counter(one["task"] for one in moved["happened"] if one["kind"] == "callback")
        assert moved["pending"] == 0
        assert calls == dict.fromkeys(tasks, 2)
        assert len(set(heard)) == len(heard) == 3 * len(tasks)
        assert said(server, "/_sim/ready") == {"status": "ready"}
        with urllib.request.urlopen(f"{server.base}/_sim/metrics") as answer:
            figures = answer.read().decode()
        made = 'seedance_sim_requests_total{call="create",dialect="ark",status="200"} 6.0'
        assert made in figures.splitlines()
        ends = Counter(said(server, f"{CREATE}/{task}")["status"] for task in tasks)
        assert ends == {"succeeded": 5, "failed": 1}
        before = pids(server)
        os.kill(before[0], signal.SIGKILL)
        while not set(pids(server)) - set(before):
            time.sleep(0.02)
        for task in tasks:
            assert said(server, f"{CREATE}/{task}")["id"] == task
        status, _, complaints = server.end()
        assert status == 0
        assert "was ended by SIGKILL; another takes its place" in complaints


@pytest.mark.slow
def test_a_worker_that_dies_while_it_calls_back_is_stood_in_for(tmp_path: Path) -> None:
    """Of forty callbacks under way some are told by the dead one, again, and none is left out."""
    with ears(pause=0.3) as (url, heard), working(tmp_path, "--callbacks", "local") as server:
        order = {**ORDER, "callback_url": url}
        with ThreadPoolExecutor(8) as clients:
            tasks = {
                one["id"] for one in clients.map(lambda o: said(server, CREATE, o), [order] * 40)
            }
        time.sleep(4)
        os.kill(pids(server)[0], signal.SIGKILL)
        died = time.monotonic()
        while {task for task, status in heard if status == "succeeded"} != tasks:
            assert time.monotonic() < died + 10
            time.sleep(0.1)
        twice = [one for one, count in Counter(heard).items() if count > 1]
        # As many as were under way in the moment; of each of them it is not known who heard it.
        assert len(twice) <= 64


@pytest.mark.slow
def test_two_workers_never_tell_the_same_twice(tmp_path: Path) -> None:
    with ears(pause=0.02) as (url, heard), working(tmp_path, "--callbacks", "local") as server:
        order = {**ORDER, "callback_url": url}

        def one(number: int) -> None:
            for _ in range(10):
                said(server, CREATE, order, f"sk-{number}")
                said(server, "/_sim/clock", {"advance": "2s"})

        with ThreadPoolExecutor(8) as clients:
            list(clients.map(one, range(8)))
        moved = said(server, "/_sim/clock", {"advance": "1h"})
        assert moved["pending"] == 0
        assert max(Counter(heard).values()) == 1
        assert len({task for task, status in heard if status == "succeeded"}) == 80


KEYS = """
[[key]]
key = "sk-rpm"
rpm = 10
[[key]]
key = "sk-queue"
slots = 2
queue = 3
[[key]]
key = "sk-plans"
[[key]]
key = "sk-fault"
[[key]]
key = "sk-wallet"
wallet = 400000
"""


@pytest.mark.slow
def test_what_is_counted_is_exact_whoever_counts(tmp_path: Path) -> None:
    """Two workers, twenty clients of one key at a time, and ten rounds."""
    keys = tmp_path / "keys.toml"
    keys.write_text(KEYS, "utf-8")
    flags = ("--keys", str(keys), "--freeze")
    with working(tmp_path, *flags) as server, ThreadPoolExecutor(20) as clients:

        def order(key: str) -> int:
            body = json.dumps(ORDER).encode()
            head = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
            request = urllib.request.Request(server.base + CREATE, body, head)
            try:
                with urllib.request.urlopen(request) as answer:
                    return int(answer.status)
            except urllib.error.HTTPError as error:
                with error:  # whose body may be empty
                    return error.code

        def together(key: str) -> Counter[int]:
            return Counter(clients.map(order, [key] * 20))

        for _ in range(10):
            said(server, "/_sim/plans", {"plan": {"end": "failed"}, "match": {"key": "sk-plans"}})
            fault = {"fault": "429-empty", "match": {"key": "sk-fault"}, "times": 3}
            said(server, "/_sim/faults", fault)
            assert together("sk-rpm") == {200: 10, 429: 10}
            assert together("sk-queue") == {200: 5, 429: 15}
            assert together("sk-fault") == {200: 17, 429: 3}
            assert together("sk-plans") == {200: 20}
            assert not said(server, "/_sim/plans")["items"]
            ends = Counter(one["end"] for one in said(server, "/_sim/tasks?key=sk-plans")["items"])
            assert ends["failed"] == 1
            # Each reserves 108000 of 400000.
            assert together("sk-wallet") == {200: 3, 403: 17}
            ledger = said(server, "/_sim/ledger?key=sk-wallet&limit=1000")
            assert (ledger["total"], ledger["sums"]) == (3, {"tokens": -324_000})
            for key in ("sk-rpm", "sk-queue", "sk-fault", "sk-plans", "sk-wallet"):
                said(server, "/_sim/reset", {"key": key})


@pytest.mark.slow
def test_nothing_acknowledged_is_lost_when_a_worker_is_killed(tmp_path: Path) -> None:
    """Thirty times under orders from eight clients, each at another moment after a few more."""
    moments = random.Random(2)
    acknowledged: set[str] = set()
    with working(tmp_path, "--pace", "instant") as server:
        over = threading.Event()

        def client(number: int) -> None:
            while not over.is_set():
                try:
                    acknowledged.add(said(server, CREATE, ORDER, f"sk-{number}")["id"])
                except OSError:  # the worker that had the connection was killed
                    time.sleep(0.01)

        def wait_for_more(orders: int) -> None:
            wanted, until = len(acknowledged) + orders, time.monotonic() + 60
            while len(acknowledged) < wanted:
                assert time.monotonic() < until
                time.sleep(0.01)

        with ThreadPoolExecutor(8) as clients:
            running = [clients.submit(client, number) for number in range(8)]
            try:
                for _ in range(30):
                    wait_for_more(4)
                    time.sleep(moments.uniform(0.1, 0.5))
                    os.kill(moments.choice(pids(server)), signal.SIGKILL)
            finally:
                over.set()
            for one in running:
                one.result()
        found: set[str] = set()
        after = ""
        while page := said(server, f"/_sim/tasks?limit=1000{after}")["items"]:
            found |= {one["id"] for one in page}
            after = f"&after={page[-1]['id']}"
        assert len(acknowledged) > 100
        assert acknowledged <= found
        assert said(server, "/_sim/ledger?limit=1")["bill"]["tasks"] == len(found)
