"""Requests that are no HTTP go over the wire as they are, and every answer to them is judged."""

from pathlib import Path

import pytest

from conformance.collect import malformed
from conformance.judge.verdicts import Result
from tests.conformance.gateway import bare
from tests.conformance.meeting import judged, recorded, serving

ROW = "apiyi.transport.malformed"
SHAPES = ("no-host", "two-lengths", "bad-chunk", "space-before-colon")


@pytest.mark.parametrize("shape", SHAPES)
def test_a_request_is_wrong_in_one_way(shape: str) -> None:
    url = "http://gateway.test:81/v1/videos"
    raw = malformed.request(shape, "POST", url, {"Authorization": "Bearer k"}).decode()
    head, _, body = raw.partition("\r\n\r\n")
    lines = head.split("\r\n")
    assert lines[0] == "POST /v1/videos HTTP/1.1"
    assert ("Host: gateway.test:81" in lines) is (shape != "no-host")
    assert [line for line in lines if line.startswith("Content-Length")] == {
        "two-lengths": ["Content-Length: 2", "Content-Length: 3"],
        "bad-chunk": [],
    }.get(shape, ["Content-Length: 2"])
    assert ("X-Odd : 1" in lines) is (shape == "space-before-colon")
    assert "model" not in body


async def told(answer: bytes | None) -> int | str:
    async with bare(answer) as base:
        try:
            status, _, _ = await malformed.talk(base, b"POST / HTTP/1.1\r\n\r\n", True)
        except malformed.NoAnswer as fault:
            return str(fault)
    return status


async def test_an_answer_is_read_however_it_ends() -> None:
    assert await told(b"HTTP/1.1 400 Bad Request\r\nX: 1\r\n\r\nno") == 400
    assert await told(b"HTTP/1.0 200\r\n\r\n") == 200
    assert await told(b"what?") == "no HTTP"
    assert await told(None) == "the connection was closed without an answer"


async def result(base: str, folder: Path) -> Result:
    return judged(await recorded(base, "apiyi", [ROW], folder))[ROW]


async def test_the_simulator_refuses_them(tmp_path: Path) -> None:
    async with serving() as base:
        assert (await result(base, tmp_path)).result == "pass"
