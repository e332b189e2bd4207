"""Formats that have no reader of our own: their headers, as FFmpeg reads them.

The bytes choose the demuxer. It may open nothing beside them, and no decoder is let near them, so
what they could ask of memory and time is bounded by the bytes that are looked into.
"""

import io
import re
from fractions import Fraction
from typing import TYPE_CHECKING

from simulator.core.media import Facts
from simulator.media.reading import MOST_FPS, Unreadable

if TYPE_CHECKING:
    from av import VideoStream
    from av.container import InputContainer

# Beginning, demuxer, and the name of the format; Matroska says itself which of two it is.
_OPENINGS = (
    (re.compile(rb"\x1aE\xdf\xa3.{0,60}\x42\x82.webm", re.DOTALL), "matroska", "webm"),
    (re.compile(rb"\x1aE\xdf\xa3"), "matroska", "mkv"),
    (re.compile(rb"RIFF....AVI ", re.DOTALL), "avi", "avi"),
    (re.compile(rb"fLaC"), "flac", "flac"),
    (re.compile(rb"OggS"), "ogg", "ogg"),
    (re.compile(rb"FLV\x01"), "flv", "flv"),
    (re.compile(rb"\x30\x26\xb2\x75\x8e\x66\xcf\x11"), "asf", "asf"),
    (re.compile(rb"FORM....AIF[FC]", re.DOTALL), "aiff", "aiff"),
    (re.compile(rb"\x47.{187}\x47.{187}\x47", re.DOTALL), "mpegts", "ts"),
    (re.compile(rb"\0\0\x01\xba"), "mpeg", "mpeg"),
)
NAMES = frozenset(name for _, _, name in _OPENINGS)
HEAD = 400

# No codec bears this name, so none is opened: sizes and rates are what headers and parsers say.
_NO_CODEC = "none"
_WINDOW = 1_000_000
_MOST_STREAMS = 16
_LIMIT_S = 2.0


def recognised(data: bytes | memoryview) -> bool:
    """Whether the bytes open like one of these formats."""
    return _opening(bytes(data[:HEAD])) is not None


def foreign(data: bytes | memoryview) -> Facts:
    """Measure the bytes, or raise ``Unreadable``; it takes too long for an event loop."""
    found = _opening(bytes(data[:HEAD]))
    if found is None:
        raise Unreadable("The bytes are no image, video or audio of a known format.")
    return _measured(bytes(data), *found)


def _opening(head: bytes) -> tuple[str, str] | None:
    return next(((demuxer, name) for opens, demuxer, name in _OPENINGS if opens.match(head)), None)


def _measured(data: bytes, demuxer: str, name: str) -> Facts:
    import av  # as heavy as all the rest of a server

    try:
        with opened(data, demuxer) as box:
            ms = round((box.duration or 0) / 1000)
            sound = next((one.channels for one in box.streams.audio if one.codec_context), 0)
            cover = av.stream.Disposition.attached_pic
            known = [one for one in box.streams.video if one.codec_context]
            shown = [one for one in known if not one.disposition & cover]
            sizes = [(one.width, one.height, float(_rate(one) or 0)) for one in shown]
    except (av.FFmpegError, ValueError, OverflowError) as wrong:
        raise Unreadable(f"The {name} cannot be read.") from wrong
    if ms <= 0:
        raise Unreadable(f"The {name} states no duration.")
    if not sizes:
        if not sound:
            raise Unreadable(f"The {name} holds no picture and no sound.")
        return Facts("audio", name, len(data), ms=ms, channels=sound)
    width, height, fps = sizes[0]
    return Facts("video", name, len(data), width, height, ms, min(round(fps, 3), MOST_FPS), sound)


def opened(data: bytes, demuxer: str) -> "InputContainer":
    """The bytes in the demuxer, which may do nothing but read them."""
    import av

    guards = {
        "protocol_whitelist": "none",
        "format_whitelist": demuxer,
        "codec_whitelist": _NO_CODEC,
        "probesize": str(_WINDOW),
        "analyzeduration": str(_WINDOW),
        "duration_probesize": str(_WINDOW),
        "max_streams": str(_MOST_STREAMS),
    }
    return av.open(io.BytesIO(data), "r", demuxer, guards, timeout=(_LIMIT_S, _LIMIT_S))


def _rate(stream: "VideoStream") -> Fraction | None:
    return stream.average_rate or stream.guessed_rate or stream.base_rate
