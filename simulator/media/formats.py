"""The formats of reference media: what kind each is of, and its content type."""

from typing import NamedTuple

from simulator.core.media import MediaKind


class Format(NamedTuple):
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
SUFFIXES = {"jpg": "jpeg", "tif": "tiff"} | {name: name for name in FORMATS}


def content_type(name: str) -> str:
    return FORMATS[name].content_type if name in FORMATS else "application/octet-stream"
