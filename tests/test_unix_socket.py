"""A server that listens on a Unix socket: requests, links, the control plane, its end."""

import os
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import aiohttp
import pytest

from tests.processes import Process
from tests.test_cli import CREATE, ORDER, environment, mistake, run

KEY = {"Authorization": "Bearer sk-a"}


@contextmanager
def serving(path: Path) -> Iterator[Process]:
    command = ("serve", "--uds", str(path), "--pace", "instant")
    with Process(command, environment()) as process:
        try:
            assert process.stdout.readline() == f"listening on unix:{path}\n"
            yield process
        finally:
            process.kill()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "sim.sock"


async def test_a_clip_from_order_to_download(path: Path) -> None:
    with serving(path) as process:
        connector = aiohttp.UnixConnector(str(path))
        async with aiohttp.ClientSession("http://localhost", connector=connector) as client:
            async with client.post(CREATE, json=ORDER, headers=KEY) as answer:
                task = (await answer.json())["id"]
            async with client.get(f"{CREATE}/{task}", headers=KEY) as answer:
                link = (await answer.json())["content"]["video_url"]
            assert link.startswith("http://localhost/tos/")
            async with client.get(link) as answer:
                assert (await answer.read())[4:8] == b"ftyp"
            async with client.get("/_sim/tasks") as answer:
                assert (await answer.json())["total"] == 1
            async with client.get("/_sim/tasks", headers={"Host": "sim.example"}) as answer:
                assert answer.status == 403
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
    assert not os.path.exists(path)  # noqa: ASYNC240 (the server has ended)


def test_a_socket_that_was_left_behind_is_taken(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(path))
    assert path.exists()
    with serving(path):
        pass


def test_what_cannot_be_listened_on_is_one_line(path: Path) -> None:
    with serving(path):
        line = mistake(run("serve", "--uds", str(path)))
        assert line == f"--uds: another server listens on {path}"
    path.unlink()
    path.write_text("a file", encoding="utf-8")
    assert mistake(run("serve", "--uds", str(path))) == f"--uds: {path} exists, and is no socket"
    assert path.read_text(encoding="utf-8") == "a file"
    nowhere = path.parent / "none" / "sim.sock"
    assert mistake(run("serve", "--uds", str(nowhere))).startswith("--uds: cannot listen on")
    assert mistake(run("serve", "--uds", "/tmp/" + "x" * 200)).startswith("--uds: cannot listen")
