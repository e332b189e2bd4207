"""Callbacks between two machines on a private network, as containers of one compose file are."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from simulator.dialects import load
from tests.ordering import asking

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        sys.platform != "linux" or os.geteuid() != 0 or shutil.which("ip") is None,
        reason="network namespaces need root and iproute2",
    ),
]

SEEDANCE, APP = "172.30.99.2", "172.30.99.3"
HOSTS = f"127.0.0.1 localhost\n{SEEDANCE} seedance\n{APP} app\n"
# The user's own app: it prints what it is told.
RECEIVER = """
import http.server

class Hook(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()
        print(self.path, body.decode(), flush=True)

server = http.server.HTTPServer(("0.0.0.0", 3000), Hook)
print("ready", flush=True)
server.serve_forever()
"""
CALL = """
import sys, urllib.error, urllib.request

method, url, body = sys.argv[1:]
headers = {"Authorization": "Bearer sk-a", "Content-Type": "application/json"}
data = body.encode() or None
request = urllib.request.Request(url, data, headers, method=method)
try:
    print(urllib.request.urlopen(request, timeout=10).read().decode())
except urllib.error.HTTPError as error:
    print(error.read().decode())
"""


def ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True)


@contextmanager
def namespace(name: str) -> Iterator[str]:
    """A machine with a loopback and a hosts file of its own."""
    own = f"{name}-{os.getpid()}"
    files = Path("/etc/netns", own)
    ip("netns", "add", own)
    try:
        files.mkdir(parents=True)
        (files / "hosts").write_text(HOSTS, "utf-8")
        ip("-n", own, "link", "set", "lo", "up")
        yield own
    finally:
        ip("netns", "del", own)
        shutil.rmtree(files, ignore_errors=True)


@contextmanager
def network() -> Iterator[tuple[str, str]]:
    """Two machines and the wire between them."""
    with namespace("seedance") as seedance, namespace("app") as app:
        ip("-n", seedance, "link", "add", "eth0", "type", "veth", "peer", "eth0", "netns", app)
        for machine, address in ((seedance, SEEDANCE), (app, APP)):
            ip("-n", machine, "address", "add", f"{address}/24", "dev", "eth0")
            ip("-n", machine, "link", "set", "eth0", "up")
        yield seedance, app


@contextmanager
def running(machine: str, *command: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        ["ip", "netns", "exec", machine, sys.executable, *command],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline()
        yield process
    finally:
        process.terminate()
        process.communicate(timeout=20)


@contextmanager
def compose(*flags: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """The simulator on one machine and the app on the other, and the app's own machine."""
    with ExitStack() as stack:
        seedance, app = stack.enter_context(network())
        serve = ("-m", "simulator", "serve", "--host", "0.0.0.0", "--control", "open", *flags)
        stack.enter_context(running(seedance, *serve, "--pace", "instant"))
        yield app, stack.enter_context(running(app, "-c", RECEIVER))


def call(machine: str, method: str, path: str, body: Any = None) -> Any:
    """What the simulator answers to a call from a machine."""
    given = "" if body is None else json.dumps(body)
    command = [sys.executable, "-c", CALL, method, f"http://seedance:8000{path}", given]
    done = subprocess.run(
        ["ip", "netns", "exec", machine, *command], check=True, capture_output=True, text=True
    )
    return json.loads(done.stdout)


def order(machine: str, dialect: str, url: str) -> Any:
    found = load(dialect)
    asked = asking(found, callback=url)
    return call(machine, "POST", f"/{dialect}{found.route('create').path}", asked)


@pytest.mark.parametrize("flags", [("--callbacks", "private"), ("--allow-host", "app")])
def test_an_app_in_another_container_is_called_back(flags: tuple[str, ...]) -> None:
    with compose(*flags) as (app, hook):
        assert hook.stdout is not None
        for dialect in ("ark", "evolink", "octopusx"):
            order(app, dialect, f"http://app:3000/{dialect}")
            path, _, body = hook.stdout.readline().partition(" ")
            assert path == f"/{dialect}"
            while dialect == "ark" and json.loads(body)["status"] != "succeeded":
                path, _, body = hook.stdout.readline().partition(" ")
            link = body.partition("http://seedance:8000/tos/")[1]
            assert link, body


def test_without_the_flag_the_refusal_names_it() -> None:
    way_out = "start the simulator with --callbacks private to allow it"
    with compose("--callbacks", "local") as (app, _):
        for dialect, url in (
            ("evolink", "http://app:3000/"),
            ("ark", f"http://{APP}:3000/"),
            ("octopusx", f"http://{APP}:3000/"),
        ):
            assert way_out in json.dumps(order(app, dialect, url)), dialect
        task = order(app, "ark", "http://app:3000/")["id"]
        call(app, "POST", "/_sim/clock", {"advance": "1h", "key": "sk-a"})
        tried = call(app, "GET", f"/_sim/tasks/{task}")["callbacks"]
        assert tried
        assert all(f"callbacks may not go to {APP}; {way_out}" in one["error"] for one in tried)
