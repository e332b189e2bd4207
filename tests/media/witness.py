"""Small facts to ask for, and what FFmpeg says, through PyAV, of a file of a given format."""

import io
from dataclasses import dataclass
from fractions import Fraction

import av
from av.container import InputContainer

from simulator.core.media import Facts
from simulator.media.formats import FORMATS

DEMUXERS = {
    "png": "png_pipe",
    "jpeg": "jpeg_pipe",
    "webp": "webp_pipe",
    "gif": "gif",
    "bmp": "bmp_pipe",
    "tiff": "tiff_pipe",
    "heic": "mov",
    "heif": "mov",
    "mp4": "mov",
    "mov": "mov",
    "mp3": "mp3",
    "wav": "wav",
}
# The format is fixed and nothing may be opened beside the bytes.
GUARDS = {"protocol_whitelist": "none", "format_whitelist": ",".join(set(DEMUXERS.values()))}


@dataclass(frozen=True, slots=True)
class Sight:
    """What the witness saw."""

    width: int
    height: int
    ms: int
    fps: float
    channels: int
    pictures: int


def look(data: bytes, name: str) -> Sight:
    with av.open(io.BytesIO(data), format=DEMUXERS[name], options=GUARDS) as container:
        assert isinstance(container, InputContainer)
        ms = round((container.duration or 0) / 1000)
        video = next(iter(container.streams.video), None)
        sound = next(iter(container.streams.audio), None)
        channels = sound.channels if sound else 0
        if video is None:
            return Sight(0, 0, ms, 0, channels, 0)
        fps = round(float(video.average_rate or Fraction(0)), 3)
        pictures = list(container.decode(video))
        width, height = pictures[0].width, pictures[0].height
        return Sight(width, height, ms, fps, channels, len(pictures))


def small(name: str) -> Facts:
    kind = FORMATS[name].kind
    if kind == "audio":
        return Facts(kind, name, 0, ms=1900, channels=2)
    if kind == "video":
        return Facts(kind, name, 0, 320, 306, 1900, 23.8, 1)
    return Facts(kind, name, 0, 301, 300)
