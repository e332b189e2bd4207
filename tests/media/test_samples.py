"""A sample has exactly the properties asked, by our own prober and by a stranger's decoder."""

import os
import time
from dataclasses import replace
from pathlib import Path

import pytest

from simulator.core.media import Facts
from simulator.media import encoder
from simulator.media.formats import FORMATS
from simulator.media.link import facts_of_link
from simulator.media.padding import FILLERS, MOST_SIZE, pad
from simulator.media.probe import Unreadable, probe
from simulator.media.samples import content_type, render

from .witness import look, small

IMAGES = tuple(name for name, row in FORMATS.items() if row.kind == "image")

BESIDE_LIMITS = (
    Facts("image", "png", 30_000_001, 300, 300),
    Facts("image", "jpeg", 31_457_281, 299, 301),
    Facts("image", "jpeg", 0, 6001, 2400),
    Facts("image", "webp", 30_000_000, 1000, 400),
    Facts("image", "gif", 40_001, 251, 100),
    Facts("image", "bmp", 0, 6000, 2399),
    Facts("image", "tiff", 123_457, 99, 250),
    Facts("image", "heic", 65_537, 299, 300),
    Facts("video", "mp4", 0, 299, 720, 5000, 24),
    Facts("video", "mp4", 0, 300, 300, 1999, 23.976),
    Facts("video", "mov", 64_000_001, 640, 640, 15_201, 60),
    Facts("video", "mp4", 52_428_801, 1113, 834, 2000, 61, 2),
    Facts("video", "mov", 0, 640, 639, 1800, 23.799, 1),
    Facts("audio", "mp3", 0, ms=1799, channels=1),
    Facts("audio", "mp3", 15_728_641, ms=15_201, channels=2),
    Facts("audio", "wav", 0, ms=1, channels=1),
    Facts("audio", "wav", 15_000_001, ms=15_200, channels=2),
)


def check(facts: Facts, data: bytes) -> None:
    assert probe(data) == replace(facts, size=facts.size or len(data), face=False)
    seen = look(data, facts.format)
    assert (seen.width, seen.height) == (facts.width, facts.height)
    if facts.kind != "image":
        assert seen.ms == pytest.approx(facts.ms, abs=1)
        assert seen.channels == facts.channels
    if facts.kind == "video":
        assert seen.fps == pytest.approx(facts.fps, abs=0.001)
        assert seen.pictures == -(-facts.ms * round(facts.fps * 1000) // 1_000_000)


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_is_read_back_by_both(name: str, goods: dict[str, bytes]) -> None:
    check(small(name), goods[name])


@pytest.mark.parametrize("facts", BESIDE_LIMITS)
def test_values_beside_the_limits_are_exact(facts: Facts, ffmpeg: str) -> None:
    check(facts, render(facts, ffmpeg))


def test_the_largest_side_is_cheap_in_a_long_video(ffmpeg: str) -> None:
    facts = Facts("video", "mp4", 0, 6001, 2400, 15_000, 60)
    data = render(facts, ffmpeg)
    assert probe(data) == replace(facts, size=len(data))


@pytest.mark.parametrize("name", FORMATS)
def test_every_size_from_the_least_is_possible(name: str, goods: dict[str, bytes]) -> None:
    """The good file stands for one without filling: what is added is what counts."""
    data = goods[name]
    least = len(data) + FILLERS[name].least
    for size in (*range(least, least + 20), least + 256, least + 65_536, least + 65_541):
        padded = pad(name, data, size)
        assert len(padded) == size
        assert probe(padded) == replace(probe(data), size=size)
    look(padded, name)


@pytest.mark.parametrize("name", IMAGES[:6])
def test_too_small_a_size_is_refused_with_the_least(name: str, ffmpeg: str) -> None:
    natural = render(small(name), ffmpeg)
    with pytest.raises(Unreadable, match=f"at least {len(natural)} bytes"):
        render(replace(small(name), size=len(natural) - 1), ffmpeg)
    assert len(render(replace(small(name), size=len(natural)), ffmpeg)) == len(natural)


@pytest.mark.parametrize("name", IMAGES)
def test_a_face_changes_the_picture_alone(name: str, goods: dict[str, bytes], ffmpeg: str) -> None:
    data = render(replace(small(name), face=True), ffmpeg)
    assert data != goods[name]
    assert replace(probe(data), size=0) == small(name)


@pytest.mark.parametrize("name", FORMATS)
def test_what_a_bare_link_states_can_be_rendered(name: str, ffmpeg: str) -> None:
    facts = facts_of_link(f"http://localhost/_sim/media/{FORMATS[name].kind}.{name}")
    assert facts is not None
    assert probe(render(facts, ffmpeg)) == facts


@pytest.mark.parametrize(
    "facts",
    [
        Facts("image", "mp4", 0, 300, 300),
        Facts("image", "svg", 0, 300, 300),
        Facts("image", "png", 0, 0, 300),
        Facts("image", "png", 0, 16_384, 16_384),
        Facts("image", "png", MOST_SIZE + 1, 300, 300),
        Facts("video", "mp4", 0, 300, 300, 0, 24),
        Facts("video", "mp4", 0, 300, 300, 5000, 0),
        Facts("video", "mp4", 0, 300, 300, 600_000, 1000),
        Facts("video", "mp4", 0, 300, 300, 600_001, 24),
        Facts("video", "mp4", 0, 300, 300, 5000, 24, 3),
        Facts("audio", "wav", 0, ms=5000, channels=0),
        Facts("audio", "wav", 0, ms=5000, channels=9),
        Facts("audio", "mp3", 0, ms=5000, channels=3),
    ],
)
def test_what_cannot_be_made_is_refused(facts: Facts, ffmpeg: str) -> None:
    with pytest.raises(Unreadable, match=r"\.$"):
        render(facts, ffmpeg)


def test_an_absent_ffmpeg_is_told(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="cannot be started"):
        render(small("mp4"), str(tmp_path / "nothing"))


def program(path: Path, text: str) -> str:
    path.write_text("#!/bin/sh\n" + text, encoding="utf-8")
    path.chmod(0o700)
    return str(path)


def test_a_failing_ffmpeg_is_told(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match=r"did not make the sample: no such luck\.$"):
        render(small("mp4"), program(tmp_path / "ffmpeg", "echo no such luck >&2; exit 1"))


def test_a_hanging_ffmpeg_is_killed_with_its_children(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pids = tmp_path / "pids"
    hanging = program(tmp_path / "ffmpeg", f"sleep 60 & echo $! $$ > {pids}; wait")
    for limit in (1.0, 10.0, 50.0):  # on a busy machine it takes a while until there is a child
        monkeypatch.setattr(encoder, "LIMIT_S", limit)
        with pytest.raises(Unreadable, match="took longer"):
            render(small("mp4"), hanging)
        if pids.exists() and pids.read_text("utf-8"):
            break
    child, parent = map(int, pids.read_text("utf-8").split())
    with pytest.raises(ProcessLookupError):
        os.kill(parent, 0)
    assert child != parent
    until = time.monotonic() + 5
    while is_running(child) and time.monotonic() < until:
        os.sched_yield()
    assert not is_running(child)


def is_running(pid: int) -> bool:
    """Whether it still runs; a killed orphan may stay in the table until it is reaped."""
    try:
        os.kill(pid, 0)
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def test_content_types() -> None:
    assert content_type("jpeg") == "image/jpeg"
    assert content_type("mov") == "video/quicktime"
    assert content_type("other") == "application/octet-stream"
