"""Odd upstreams and odd recordings against the command itself, as its users run it."""

import asyncio
import gzip
import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from simulator.core.config import BadSetting
from simulator.upstream.lines import load
from tests.test_cli import mistake, run, serving
from tests.upstream.test_passing import TASKS, Pair, pair
from tests.upstream.test_replay import replaying


def _said(body: bytes, *lines: str, version: str = "1.1", status: str = "200 OK") -> bytes:
    head = [f"HTTP/{version} {status}", "Content-Type: application/json", *lines, "", ""]
    return "\r\n".join(head).encode("latin-1") + body


WHOLE = b'{"id":"cgt-1","status":"queued"}'
LENGTH = f"Content-Length: {len(WHOLE)}"
BOMB = gzip.compress(bytes(40_000_000), 1)
# What the upstream says to a poll of the task of this name, and what its client has to be told.
ODD: dict[str, tuple[bytes, int, str]] = {
    "closes": (b"", 500, "the upstream gave no answer"),
    "speaks-no-http": (b"220 mail.example ESMTP\r\n", 500, "the upstream gave no answer"),
    "redirects": (_said(b"", "Location: //169.254.169.254/", status="307 T"), 500, "redirects to"),
    "is-no-gzip": (_said(WHOLE, LENGTH, "Content-Encoding: gzip"), 500, "decompressed"),
    "is-a-bomb": (_said(BOMB, "Content-Encoding: gzip", "Connection: close"), 500, "more than"),
    "never-ends": (_said(bytes(17 << 20), "Connection: close"), 500, "more than"),
    "has-a-long-head": (_said(WHOLE, LENGTH, f"X-Long: {'x' * 70_000}"), 500, "gave no answer"),
    "breaks-its-chunks": (_said(b"zz\r\n", "Transfer-Encoding: chunked"), 500, "gave no answer"),
    "is-old": (_said(WHOLE, version="1.0"), 200, '"cgt-1"'),
    "has-odd-letters": (_said(WHOLE, LENGTH, "X-Name: gr\xfc\xdf"), 200, '"cgt-1"'),
    "has-half-a-letter": (_said(b'{"id":"\\ud800"}', "Connection: close"), 200, "ud800"),
}


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    with suppress(ConnectionError):  # somebody had enough
        writer.write(ODD[head.split()[1].rpartition("/")[2]][0])
        await writer.drain()
        writer.close()
        await writer.wait_closed()


async def test_odd_upstreams_end_no_server_and_spoil_no_recording(tmp_path: Path) -> None:
    file = str(tmp_path / "run.jsonl")
    behind = await asyncio.start_server(_answer, "127.0.0.1", 0)
    upstream = f"http://127.0.0.1:{behind.sockets[0].getsockname()[1]}"
    async with behind:
        await asyncio.to_thread(_passed, upstream, file)
    assert len([line for line in load(Path(file)) if line["kind"] == "exchange"]) == len(ODD)
    told = await asyncio.to_thread(run, "drift", file)
    assert (told.returncode, "Traceback" in told.stderr) == (1, False), told.stderr
    await asyncio.to_thread(_replayed, file)


def _passed(upstream: str, file: str) -> None:
    given = ("--dialect", "ark", "--upstream", upstream, "--record", file)
    with serving(*given) as server:
        for name, (_, status, part) in ODD.items():
            found, said = server.call(f"{TASKS}/{name}")
            assert (found, part in json.dumps(said)) == (status, True), (name, said)
        ended, out, complaints = server.end()
    assert (ended, out, "Traceback" in complaints) == (0, "", False), complaints


def _replayed(file: str) -> None:
    with serving("--dialect", "ark", "--replay", file) as server:
        assert server.call(f"{TASKS}/is-old")[1]["id"] == "cgt-1"
        assert server.call(f"{TASKS}/closes")[0] == 500
        ended, out, complaints = server.end()
    assert (ended, out, "Traceback" in complaints) == (0, "", False), complaints


def _line(**otherwise: Any) -> str:
    call = {"kind": "exchange", "number": 1, "call": "query", "method": "GET", "task": "cgt-1"}
    call |= {"url": f"http://a{TASKS}/cgt-1", "at": 1, "status": 200, "headers": {}, "json": {}}
    return json.dumps({**call, **otherwise}) + "\n"


META = '{"kind":"meta","version":1,"dialect":"ark","base_url":"http://a"}\n'


@pytest.mark.parametrize(
    ("otherwise", "name"),
    [
        ({"status": True}, "status"),
        ({"status": 99}, "status"),
        ({"status": 10**300}, "status"),
        ({"at": 10**300}, "at"),
        ({"at": -1}, "at"),
        ({"url": "http://a/\ud800"}, "url"),
        ({"task": "\ud800"}, "task"),
        ({"headers": {"content-type": "a\r\nX: 1"}}, "headers"),
        ({"headers": {"a b": "1"}}, "headers"),
        ({"headers": {"a": "\ud800"}}, "headers"),
    ],
)
def test_a_line_that_no_server_can_say_again_is_a_mistake(
    otherwise: dict[str, Any], name: str, tmp_path: Path
) -> None:
    file = tmp_path / "run.jsonl"
    file.write_text(META + _line() + _line(**otherwise), "utf-8")
    with pytest.raises(BadSetting, match=f"line 3 has a {name} that cannot be read"):
        load(file)


def test_what_is_wrong_with_a_recording_is_one_line(tmp_path: Path) -> None:
    file = tmp_path / "run.jsonl"
    file.write_text(META + _line(status=0), "utf-8")
    for command in (("drift",), ("serve", "--port", "0", "--dialect", "ark", "--replay")):
        assert "line 2 has a status that cannot be read" in mistake(run(*command, str(file)))


def test_half_a_letter_in_an_order_is_no_end_of_drift(tmp_path: Path) -> None:
    file = tmp_path / "run.jsonl"
    file.write_text(META + _line(call="create", task="", method="POST", sent="\ud800"), "utf-8")
    assert run("drift", str(file)).returncode == 1


async def test_two_clients_with_the_same_order_at_once_are_told_of_their_own(
    tmp_path: Path,
) -> None:
    file, keys = tmp_path / "run.jsonl", ("sk-one", "sk-two")

    async def made(here: Pair, key: str) -> tuple[str, str]:
        """The id of a client's task, and what it is told of it at the end."""
        headers, order = {"Authorization": f"Bearer {key}"}, dict(here.dialect.example)
        session, url = here.front.anonymous, here.url + TASKS
        async with session.post(url, json=order, headers=headers) as answer:
            task = (await answer.json())["id"]
        for server in (here.behind, here.front):
            await server.advance("1h", key)
        async with session.get(f"{url}/{task}", headers=headers) as answer:
            told = await answer.json()
        assert (told["id"], told["status"]) == (task, "succeeded")
        return key, task

    async with pair(record=str(file)) as here:
        first = await asyncio.gather(*(made(here, key) for key in keys))
    assert len({task for _, task in first}) == 2
    async with replaying("ark", file) as there:
        again = await asyncio.gather(*(made(there, key) for key in reversed(keys)))
    assert dict(again) == dict(first)
