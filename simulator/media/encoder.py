"""Single coded pictures and sounds from one short ffmpeg run."""

import contextlib
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from simulator.media.boxes import Boxes, need
from simulator.media.process_group import kill
from simulator.media.reading import Unreadable, take

LIMIT_S = 30.0
SOUND_RATE = 48_000

_STBL = frozenset((b"trak", b"mdia", b"minf", b"stbl"))
_FRAGMENTS = "empty_moov+frag_every_frame+default_base_moof"
_HEVC = ("heic", "heif")
_HEVC_CODEC: dict[str, Any] = {
    "c:v": "libx265",
    "tag:v": "hvc1",
    "x265-params": "info=0:log-level=none:pools=none:frame-threads=1",
}
_AVC_CODEC: dict[str, Any] = {"c:v": "libx264", "coder": 1}
# One thread each, for memory's sake: a large picture is held once a thread.
_PICTURES: dict[str, Any] = {
    "preset": "ultrafast",
    "crf": 34,
    "tune": "zerolatency",
    "g": 1,
    "threads": 1,
    "filter_threads": 1,
    "movflags": _FRAGMENTS,
}
# Muxer and codec of what is written anew.
_REWRITTEN = {"mkv": ("matroska", "copy"), "flac": ("flac", "flac")}


@dataclass(frozen=True, slots=True)
class Coded:
    """What a decoder needs, and the samples in their order."""

    stsd: bytes
    samples: tuple[bytes, ...]


def pictures(png: bytes, name: str, fps: str, count: int, cmd: str) -> Coded:
    """The picture ``count`` times, each coded on its own, so that they may follow in any order."""
    import ffmpeg

    still = name in _HEVC
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "picture.png")
        source.write_bytes(png)
        pixels = "yuv420p" if _is_even(png) else "yuv444p"
        options = _PICTURES | (_HEVC_CODEC if still else _AVC_CODEC)
        options["vf"] = f"format={pixels},loop={count - 1}:1"
        given = ffmpeg.input(str(source), framerate=fps, threads=1)
        return _coded(_run(given, folder, "mp4" if still else name, options, cmd))


def sounds(name: str, channels: int, cmd: str) -> Coded:
    """A few packets of silence; the last may be repeated."""
    options = {"c:a": "aac", "t": 0.2, "movflags": _FRAGMENTS}
    with tempfile.TemporaryDirectory() as folder:
        return _coded(_run(_silence(channels), folder, name, options, cmd))


def mp3(ms: int, channels: int, cmd: str) -> bytes:
    """So many milliseconds of silence as an MP3, by the ffmpeg named."""
    options = {"c:a": "libmp3lame", "b:a": "128k", "t": f"{ms / 1000:.3f}"}
    with tempfile.TemporaryDirectory() as folder:
        return _run(_silence(channels), folder, "mp3", options, cmd)


def rewritten(data: bytes, name: str, cmd: str) -> bytes:
    """The same pictures and sounds in the format of that name."""
    import ffmpeg

    muxer, codec = _REWRITTEN[name]
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "source")
        source.write_bytes(data)
        return _run(ffmpeg.input(str(source)), folder, muxer, {"c": codec}, cmd)


def _silence(channels: int) -> Any:
    import ffmpeg

    layout = {1: "mono", 2: "stereo"}.get(channels)
    if layout is None:
        raise Unreadable("A compressed sample has one or two channels.")
    return ffmpeg.input(f"anullsrc=r={SOUND_RATE}:cl={layout}", f="lavfi")


def _is_even(png: bytes) -> bool:
    return not (png[19] | png[23]) & 1  # the last bytes of its width and height


def _run(given: Any, folder: str, name: str, options: dict[str, Any], cmd: str) -> bytes:
    """Run ffmpeg in a process group of its own, which is killed after a while."""
    import ffmpeg

    target = Path(folder, f"sample.{name}")
    graph = ffmpeg.output(given, str(target), f=name, **options)
    graph = graph.global_args("-hide_banner", "-nostdin", "-loglevel", "error")
    _wait(ffmpeg.compile(graph, cmd=cmd))
    return target.read_bytes()


def _wait(command: list[str]) -> None:
    try:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True
        )
    except OSError as error:
        raise Unreadable(f"ffmpeg cannot be started: {error.strerror}.") from error
    try:
        _, complaints = process.communicate(timeout=LIMIT_S)
    except subprocess.TimeoutExpired as error:
        raise Unreadable(f"The sample took longer than {LIMIT_S:g} seconds to make.") from error
    finally:
        _end(process)
    if process.returncode:
        lines = complaints.decode("utf-8", "replace").strip().splitlines() or ["no reason given"]
        raise Unreadable(f"ffmpeg did not make the sample: {lines[0].strip().rstrip('.')}.")


def _end(process: "subprocess.Popen[bytes]") -> None:
    if process.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            kill(process)
        process.communicate()


def _coded(data: bytes) -> Coded:
    boxes = Boxes(memoryview(data))
    top = list(boxes.within((0, len(data))))
    moov = next((start, end) for name, start, end in top if name == b"moov")
    start, end = need(boxes.first(moov, _STBL), b"stsd")
    samples = tuple(data[begin:stop] for name, begin, stop in top if name == b"mdat")
    return Coded(data[start:end], samples)


def hevc_configuration(stsd: bytes) -> bytes:
    """The content of the hvcC box within a sample description."""
    boxes = Boxes(memoryview(stsd))
    (length,) = take(boxes.view, (0, len(stsd)), ">I", 8)
    start, end = need(boxes.first((8 + 8 + 78, 8 + length)), b"hvcC")
    return stsd[start:end]
