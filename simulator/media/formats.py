"""The formats of reference media: what kind each is of, and its content type."""

from typing import NamedTuple

from simulator.core.media import MediaKind


class Format(NamedTuple):
    """What a format holds, and how it is called on the wire."""

    kind: MediaKind
    content_type: str


FORMATS: dict[str, Format] = {
    "png": Format("image", "image/png"),
    "jpeg": Format("image", "image/jpeg"),
    "webp": Format("image", "image/webp"),
    "gif": Format("image", "image/gif"),
    "bmp": Format("image", "image/bmp"),
    "tiff": Format("image", "image/tiff"),
    "heic": Format("image", "image/heic"),
    "heif": Format("image", "image/heif"),
    "mp4": Format("video", "video/mp4"),
    "mov": Format("video", "video/quicktime"),
    "mp3": Format("audio", "audio/mpeg"),
    "wav": Format("audio", "audio/wav"),
}
# What no document permits: samples that are refused for their format and for nothing else.
FOREIGN: dict[str, Format] = {
    "mkv": Format("video", "video/x-matroska"),
    "flac": Format("audio", "audio/flac"),
}
SAMPLES = FORMATS | FOREIGN
SUFFIXES = {"jpg": "jpeg", "tif": "tiff"} | {name: name for name in SAMPLES}


def content_type(name: str) -> str:
    """The content type of a format by its name; of an unknown one, that of any bytes."""
    return SAMPLES[name].content_type if name in SAMPLES else "application/octet-stream"
