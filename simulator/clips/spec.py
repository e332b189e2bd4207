"""Everything that the bytes of a clip depend on."""

from dataclasses import dataclass
from typing import NamedTuple

from simulator.core.media import MediaKind

FPS = 24


@dataclass(frozen=True, slots=True)
class Picture:
    """A reference as the card shows it: its bytes when they are known, else its name."""

    kind: MediaKind
    name: str
    data: bytes | None = None


@dataclass(frozen=True, slots=True)
class ClipSpec:
    """What to render. Sizes are even pixels, ``frames`` counts pictures at 24 per second."""

    task: str
    dialect: str
    model: str
    mode: str
    prompt: str
    resolution: str
    ratio: str
    width: int
    height: int
    frames: int
    seed: int
    digest: str
    sound: bool = True
    watermark: bool = False
    camera_fixed: bool = False
    draft: bool = False
    tier: str = "standard"
    container: str = "mp4"
    first: bytes | None = None
    last: bytes | None = None
    references: tuple[Picture, ...] = ()


@dataclass(frozen=True, slots=True)
class Clip:
    """Finished bytes of a file that shows the clip, and a tag that stays the same for a spec."""

    data: bytes
    etag: str


class Usage(NamedTuple):
    """What a studio has done: clips from its cache, clips that it made, and bytes that it holds."""

    cached: int = 0
    made: int = 0
    held: int = 0
