"""The simulator with what Windows has, as tests/windows.py says: a task lives, words are clear."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
COMMAND = [sys.executable, "-m", "tests.windows"]
TIMEOUT_S = 60


def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [*COMMAND, *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=TIMEOUT_S)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator["subprocess.Popen[str]"]:
    store = f"sqlite:{tmp_path_factory.mktemp('store') / 'sim.db'}"
    serve = ["serve", "--port", "0", "--pace", "instant", "--store", store]
    pipe = subprocess.PIPE
    with subprocess.Popen(
        [*COMMAND, *serve], cwd=ROOT, stdout=pipe, stderr=pipe, text=True
    ) as made:
        try:
            yield made
        finally:
            made.kill()


def test_a_task_lives_and_ctrl_c_ends_the_server(server: "subprocess.Popen[str]") -> None:
    assert server.stdout is not None
    assert server.stderr is not None
    url = server.stdout.readline().strip().removeprefix("listening on ")
    client = [sys.executable, "-m", "tests.actions.client"]
    env = {**os.environ, "SEEDANCE_APIYI_URL": f"{url}/apiyi", "SEEDANCE_KEY": "sk-a"}
    subprocess.run(client, cwd=ROOT, env=env, check=True, timeout=TIMEOUT_S)
    other = run("serve", "--port", "0", "--store", str(server.args[-1]))  # type: ignore[index]
    assert other.returncode == 2
    assert "another server uses" in other.stderr
    assert other.stderr.count("\n") == 1
    judged = run("verdict", "--base-url", url, "--key", "sk-a")
    assert (judged.returncode, judged.stderr) == (0, "")
    server.send_signal(signal.SIGINT)
    assert server.wait(TIMEOUT_S) == 0
    assert "Traceback" not in server.stderr.read()


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (("--uds", "sim.sock"), "--uds: this system has no Unix sockets"),
        (("--workers", "2", "--store", "sqlite:sim.db"), "--workers: this system cannot share"),
    ],
)
def test_what_windows_cannot_do_is_told_in_one_line(flags: tuple[str, ...], words: str) -> None:
    told = run("serve", *flags)
    assert told.returncode == 2
    assert words in told.stderr
    assert told.stderr.count("\n") == 1


def test_the_suite_measures_where_no_limit_can_be_set(monkeypatch: pytest.MonkeyPatch) -> None:
    from conformance.collect import measuring

    monkeypatch.setitem(sys.modules, "resource", None)
    measuring._less_memory()
