"""Formats beyond our own readers are measured by a demuxer that can do nothing else."""

import contextlib
import subprocess
import time
from pathlib import Path

import pytest

from simulator.dialects import nbility
from simulator.dialects.nbility.rules import CHEAP, MODELS
from simulator.media.foreign import NAMES, foreign, opened, recognised
from simulator.media.link import facts_of_link
from simulator.media.probe import Unreadable, probe
from simulator.media.samples import render
from tests.driving import world

PICTURE = ("-f", "lavfi", "-i", "testsrc2=s=320x180:r=25:d=2")
SOUND = ("-f", "lavfi", "-i", "sine=d=2:r=48000")
FILES = {
    "webm": (*PICTURE, *SOUND, "-c:v", "libvpx", "-c:a", "libopus"),
    "mkv": (*PICTURE, *SOUND, "-c:v", "libx264", "-c:a", "aac"),
    "avi": (*PICTURE, *SOUND, "-c:v", "mpeg4", "-c:a", "libmp3lame"),
    "flv": (*PICTURE, *SOUND, "-c:v", "libx264", "-c:a", "aac"),
    "wmv": (*PICTURE, *SOUND, "-c:v", "wmv2", "-c:a", "wmav2"),
    "ts": (*PICTURE, *SOUND, "-c:v", "libx264", "-c:a", "aac"),
    "mpg": (*PICTURE, *SOUND, "-c:v", "mpeg2video", "-c:a", "mp2"),
    "ogv": (*PICTURE, "-c:v", "libtheora"),
    "ogg": (*SOUND, "-c:a", "libvorbis"),
    "opus": (*SOUND, "-c:a", "libopus"),
    "flac": (*SOUND, "-ac", "2"),
    "aiff": SOUND,
    "wma": (*SOUND, "-c:a", "wmav2"),
    "mka": (*SOUND, "-c:a", "flac"),
}
OTHER_NAMES = {"wmv": "asf", "wma": "asf", "mpg": "mpeg", "ogv": "ogg", "opus": "ogg", "mka": "mkv"}
SILENT, MOVIES = ("ogv",), ("webm", "mkv", "avi", "flv", "wmv", "ts", "mpg", "ogv")


@pytest.fixture(scope="module")
def files(ffmpeg: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("foreign")
    made = {}
    for name, how in FILES.items():
        file = Path(folder, f"sample.{name}")
        subprocess.run([ffmpeg, "-v", "error", *how, str(file)], check=True, timeout=30)
        made[name] = file.read_bytes()
    return made


@pytest.mark.parametrize("name", FILES)
def test_what_ffprobe_reads_is_read(name: str, files: dict[str, bytes]) -> None:
    facts = probe(files[name], more=True)
    assert facts.format == OTHER_NAMES.get(name, name)
    assert facts.format in NAMES
    assert facts.ms == pytest.approx(2000, abs=120)
    assert facts.size == len(files[name])
    if name in MOVIES:
        assert (facts.kind, facts.width, facts.height) == ("video", 320, 180)
        assert facts.fps == pytest.approx(25, abs=0.01)
    else:
        assert (facts.kind, facts.width, facts.height, facts.fps) == ("audio", 0, 0, 0)
        assert facts.channels == (2 if name == "flac" else 1)


@pytest.mark.parametrize("name", FILES)
def test_who_lists_its_formats_goes_on_refusing(name: str, files: dict[str, bytes]) -> None:
    with pytest.raises(Unreadable):
        probe(files[name])


@pytest.mark.parametrize(
    "asked",
    ["video?format=mkv&seconds=15.02&fps=50", "audio?format=flac&size=40000001", "video.mkv"],
)
def test_a_sample_of_a_format_that_nobody_permits_is_as_asked(asked: str, ffmpeg: str) -> None:
    facts = facts_of_link(f"http://localhost/_sim/media/{asked}")
    assert facts is not None
    assert probe(render(facts, ffmpeg), more=True) == facts


def test_no_decoder_is_opened(files: dict[str, bytes]) -> None:
    """VP8 says only to a decoder how its samples lie, so one that was opened would have told."""
    with opened(files["webm"], "matroska") as box:
        assert box.streams.video[0].format is None


@pytest.mark.parametrize(
    "data",
    [
        b"#EXTM3U\n#EXTINF:5,\nhttp://127.0.0.1:9/x.ts\n",
        b"ffconcat version 1.0\nfile 'canary.mp4'\n",
        b"v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nm=video 5004 RTP/AVP 96\n",
        b"#!AMR\n" + bytes(64),
        b"Plain prose that a terminal could show.\n" * 20,
        b"",
    ],
)
def test_texts_that_make_a_demuxer_open_more_are_not_recognised(data: bytes) -> None:
    assert not recognised(data)
    with pytest.raises(Unreadable):
        probe(data, more=True)


@pytest.mark.parametrize("name", FILES)
def test_a_damaged_file_is_read_or_refused_soon(name: str, files: dict[str, bytes]) -> None:
    whole = files[name]
    began = time.process_time()
    for cut in (*range(12, 400, 29), len(whole) // 2):
        for data in (whole[:cut], whole[:cut] + bytes(200_000), whole[:cut] + b"\xff" * 200_000):
            with contextlib.suppress(Unreadable):
                assert probe(data, more=True).ms > 0
    assert time.process_time() - began < 5


def test_a_file_without_a_duration_is_refused_with_a_reason(ffmpeg: str, tmp_path: Path) -> None:
    live = tmp_path / "live.webm"
    how = (*PICTURE, "-c:v", "libvpx", "-f", "webm", "-live", "1")
    subprocess.run([ffmpeg, "-v", "error", *how, str(live)], check=True, timeout=30)
    with pytest.raises(Unreadable, match="states no duration"):
        foreign(live.read_bytes())


@pytest.mark.parametrize(("field", "name"), [("video", "webm"), ("audio", "flac")])
async def test_nbility_takes_them_and_bills_their_seconds(
    field: str, name: str, files: dict[str, bytes]
) -> None:
    it = world(nbility.DIALECT)
    parts: dict[str, str | bytes] = {
        "model": nbility_model(),
        "prompt": "A hill",
        "seconds": "5",
        field: files[name],
    }
    status, body = await it.form("/v1/video/generations", parts)
    assert status == 200, body
    (task,) = await it.engine.tasks("sk-test")
    (reference,) = task.order.references
    assert reference.facts is not None
    assert reference.facts.ms == pytest.approx(2000, abs=120)


def nbility_model() -> str:
    return next(model for model in MODELS if model != CHEAP)
