"""Everything that the bytes of a clip depend on."""

from typing import NamedTuple

import msgspec

from simulator.core.media import MediaKind

FPS = 24


class Picture(msgspec.Struct, frozen=True):
    """A reference as the card shows it: its bytes when they are known, else its name."""

    kind: MediaKind
    name: str
    data: bytes | None = None


class ClipSpec(msgspec.Struct, frozen=True):
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


class Clip(msgspec.Struct, frozen=True):
    """Finished bytes of a file that shows the clip, and a tag that stays the same for a spec."""

    data: bytes
    etag: str


class Usage(NamedTuple):
    """What a studio has done: clips from its cache, clips that it made, and bytes that it holds."""

    cached: int = 0
    made: int = 0
    held: int = 0
