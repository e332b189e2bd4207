"""Files of runs: read like the bytes that they stand for, whatever part is asked."""

import asyncio

import pytest

from simulator.core.media import Facts
from simulator.media.pieces import PORTION, Pieces, Run, zeros
from simulator.media.samples import pieces
from tests.serving import serve

RUNS = Pieces.of(b"head", Run(b"abc", 5), zeros(7), b"", Run(b"x", 0), b"tail")
WHOLE = b"head" + b"abc" * 5 + bytes(7) + b"tail"


@pytest.mark.parametrize("first", range(len(WHOLE) + 1))
def test_any_part_is_what_the_bytes_are(first: int) -> None:
    for end in range(first, len(WHOLE) + 1):
        assert b"".join(RUNS.read(first, end)) == WHOLE[first:end]
    assert (bytes(RUNS), len(RUNS)) == (WHOLE, len(WHOLE))


def test_portions_are_small_however_long_the_run() -> None:
    long = Pieces.of(Run(b"pattern", 200_000), bytes(PORTION * 2))
    assert max(len(portion) for portion in long.read()) <= PORTION
    assert bytes(long) == b"pattern" * 200_000 + bytes(PORTION * 2)
    assert long.held == 7 + PORTION * 2


@pytest.mark.parametrize(
    "facts",
    [
        Facts("image", "jpeg", 250_000_000, 300, 300),
        Facts("image", "gif", 250_000_000, 300, 300),
        Facts("video", "mp4", 250_000_000, 1920, 1080, 60_000, 30, 2),
        Facts("audio", "wav", 250_000_000, ms=60_000, channels=8),
        Facts("audio", "mp3", 250_000_000, ms=2_000, channels=1),
    ],
)
def test_what_is_filled_in_takes_no_memory(facts: Facts, ffmpeg: str) -> None:
    made = pieces(facts, ffmpeg)
    assert len(made) == facts.size
    assert made.held < 2_000_000


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("video?width=8000&height=5000&seconds=2", "width"),
        ("video?width=1920&height=1080&seconds=483", "seconds"),
        ("image.webp?width=5001&height=4000", "width"),
    ],
)
async def test_pixels_and_seconds_are_bounded_together(query: str, field: str) -> None:
    async with (
        serve() as server,
        server.anonymous.get(f"{server.base}/_sim/media/{query}") as answer,
    ):
        assert answer.status == 400
        assert (await answer.json())["error"]["field"] == field


async def test_readers_that_take_in_nothing_hold_next_to_nothing() -> None:
    """No more of a file waits for a client than a portion and what the socket takes."""
    async with serve() as server:
        host, port = server.base.removeprefix("http://").split(":")
        head = (
            "GET /_sim/media/audio.wav?seconds=1&size=250000000 HTTP/1.1\r\nHost: localhost\r\n\r\n"
        )
        reader, writer = await asyncio.open_connection(host, int(port), limit=1 << 16)
        writer.write(head.encode())
        assert b"Content-Length: 250000000" in await reader.readuntil(b"\r\n\r\n")
        await asyncio.sleep(0)
        sent = await server.anonymous.get(f"{server.base}/_sim/health")  # others are answered
        assert sent.status == 200
        writer.transport.abort()
