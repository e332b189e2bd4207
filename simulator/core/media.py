"""What is known of one piece of reference media, and what files a task has made."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

MediaKind = Literal["image", "video", "audio"]


class Rendition(StrEnum):
    """A file that a finished task has made, by the type of its bytes."""

    CLIP = "video/mp4"
    LAST_FRAME = "image/png"
    THUMBNAIL = "image/webp"
    SPRITESHEET = "image/jpeg"


@dataclass(frozen=True, slots=True)
class Facts:
    """Measured properties of a media file.

    ``format`` is one of png jpeg webp gif bmp tiff heic heif mp4 mov mp3 wav, and of uploads also
    webm mkv avi flv asf ts mpeg ogg flac aiff. ``size`` is in bytes,
    ``ms`` is the duration in milliseconds (0 for images), ``fps`` is frames per second (0 unless
    video), ``width`` and ``height`` are pixels (0 for audio). ``face`` says that a real human face
    is in the picture, which only sample links can state.
    """

    kind: MediaKind
    format: str
    size: int
    width: int = 0
    height: int = 0
    ms: int = 0
    fps: float = 0.0
    channels: int = 0
    face: bool = False
