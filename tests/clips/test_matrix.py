"""Every size and length: exact, and the same pictures from every decoder."""

import struct
from collections.abc import Iterator

import pytest

from simulator.clips.spec import FPS, ClipSpec
from simulator.clips.studio import Studio
from tests.clips.decoders import seen, sums
from tests.clips.specs import SIZES, image, slow, spec

BIG = 3_000_000
SLOW = pytest.mark.slow
UHD = (3840, 2160)


def boxes(data: bytes, at: int = 0, end: int | None = None) -> Iterator[tuple[str, int, int]]:
    """Kind, start and end of the boxes side by side."""
    end = len(data) if end is None else end
    while at < end:
        size, kind = struct.unpack_from(">I4s", data, at)
        yield kind.decode("latin-1"), at + 8, at + size
        at += size


async def judge(studio: Studio, wanted: ClipSpec) -> None:
    clip = await studio.clip(wanted)
    shown = seen(clip.data)
    assert (shown.width, shown.height) == (wanted.width, wanted.height)
    assert len(shown.frames) == wanted.frames
    assert {(frame.width, frame.height) for frame in shown.frames} == {
        (wanted.width, wanted.height)
    }
    assert shown.video_s == wanted.frames / FPS
    assert shown.sound_s == (wanted.frames / FPS if wanted.sound else 0)
    assert 0 <= shown.samples - (wanted.frames * 2000 if wanted.sound else 0) < 1024
    assert [kind for kind, *_ in boxes(clip.data)] == ["ftyp", "moov", "mdat"]


@pytest.mark.parametrize(
    ("width", "height"),
    [
        pytest.param(*size, marks=SLOW) if size[0] * size[1] > BIG and size != UHD else size
        for size in SIZES
    ],
)
async def test_every_size(studio: Studio, width: int, height: int) -> None:
    frames = 13 if width * height > BIG // 3 else 25
    await judge(studio, spec(width=width, height=height, frames=frames, sound=width % 4 == 0))


@pytest.mark.parametrize("extra", [0, pytest.param(1, marks=SLOW)])
@pytest.mark.parametrize("seconds", [*range(4, 16), 29, 30])
async def test_every_length(studio: Studio, seconds: int, extra: int) -> None:
    even = seconds % 2 == extra
    frames = seconds * FPS + extra
    await judge(studio, spec(width=432, frames=frames, sound=even, camera_fixed=not even))


@pytest.mark.parametrize(
    "wanted",
    [
        spec(),
        spec(width=1470, height=630, frames=49, camera_fixed=True, watermark=True),
        slow(spec(width=834, height=1112, frames=73, draft=True, sound=False)),
        slow(spec(width=2206, height=946, frames=30, first=image(2))),
        spec(width=560, height=752, first=image(3), last=image(4), watermark=True),
        slow(spec(width=854, height=480, last=image(5), camera_fixed=True)),
    ],
    ids=["plain", "ultrawide", "portrait draft", "first", "first and last", "last"],
)
async def test_two_decoders_see_the_same(studio: Studio, wanted: ClipSpec) -> None:
    await judge(studio, wanted)
    clip = await studio.clip(wanted)
    native = sums(clip.data, "h264")
    assert len(native) == wanted.frames
    assert native == sums(clip.data, "libopenh264")


async def test_the_metadata_names_the_order(studio: Studio) -> None:
    wanted = spec(prompt="\u98ce\u7b5d over the sea", frames=24)
    clip = await studio.clip(wanted)
    found = seen(clip.data).metadata
    assert found["title"] == found["task_id"] == wanted.task
    assert found["model"] == wanted.model
    assert found["seed"] == "7"
    assert found["order_digest"] == wanted.digest
    assert found["comment"] == wanted.prompt
    (moov,) = [(at, end) for kind, at, end in boxes(clip.data) if kind == "moov"]
    assert "udta" in [kind for kind, *_ in boxes(clip.data, *moov)]
