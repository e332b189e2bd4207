"""The fonts that come with the package, and which of them has a glyph for a character."""

import struct
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.ImageFont import FreeTypeFont

FOLDER = Path(__file__).with_name("fonts")
DISPLAY = "InterDisplay-Medium.otf"
TEXT = "Inter-Medium.otf"
MONO = "JetBrainsMono-Medium.ttf"
HAN = "NotoSansSC-Regular.otf"
EMOJI = "NotoEmoji-Medium.ttf"

# Asked in this order for what the Latin fonts lack.
OTHERS = (
    HAN,
    "NotoSansArabic-Medium.ttf",
    EMOJI,
    "NotoSansHebrew-Medium.ttf",
    "NotoSansThai-Medium.ttf",
    "NotoSansDevanagari-Medium.ttf",
    "NotoSansBengali-Medium.ttf",
    "NotoSansTamil-Medium.ttf",
    "NotoSansTelugu-Medium.ttf",
    "NotoSansKannada-Medium.ttf",
    "NotoSansMalayalam-Medium.ttf",
    "NotoSansGujarati-Medium.ttf",
    "NotoSansGurmukhi-Medium.ttf",
    "NotoSansSinhala-Medium.ttf",
    "NotoSansKhmer-Medium.ttf",
    "NotoSansMyanmar-Medium.ttf",
    "NotoSansLao-Medium.ttf",
    "NotoSansGeorgian-Medium.ttf",
    "NotoSansArmenian-Medium.ttf",
    "NotoSansSymbols-Medium.ttf",
)


@lru_cache(maxsize=256)
def face(name: str, size: int) -> "FreeTypeFont":
    from PIL import ImageFont

    return ImageFont.truetype(str(FOLDER / name), size)


@lru_cache(maxsize=1)
def shapes() -> bool:
    """Whether Pillow can join and reorder letters; without it they stand alone, right to left."""
    from PIL import features

    return bool(features.check("raqm"))


@lru_cache(maxsize=1 << 16)
def owner(char: str, first: str) -> str | None:
    """The first font with a glyph for the character."""
    return next((name for name in (first, *OTHERS) if ord(char) in coverage(name)), None)


@lru_cache(maxsize=64)
def coverage(name: str) -> frozenset[int]:
    data = (FOLDER / name).read_bytes()
    return frozenset(characters(table(data, b"cmap")))


def table(data: bytes, tag: bytes) -> bytes:
    """A table of an OpenType font."""
    count = struct.unpack_from(">H", data, 4)[0]
    for at in range(12, 12 + 16 * count, 16):
        kind, _, start, size = struct.unpack_from(">4s3I", data, at)
        if kind == tag:
            return data[start : start + size]
    return b""


def characters(cmap: bytes) -> Iterator[int]:
    """The code points of the subtables in formats 4 and 12."""
    count = struct.unpack_from(">H", cmap, 2)[0]
    for at in range(4, 4 + 8 * count, 8):
        start = struct.unpack_from(">I", cmap, at + 4)[0]
        kind = struct.unpack_from(">H", cmap, start)[0]
        if kind == 4:
            yield from segments(cmap, start)
        elif kind == 12:
            yield from groups(cmap, start)


def segments(cmap: bytes, start: int) -> Iterator[int]:
    count = struct.unpack_from(">H", cmap, start + 6)[0] // 2
    ends = struct.unpack_from(f">{count}H", cmap, start + 14)
    firsts = struct.unpack_from(f">{count}H", cmap, start + 16 + 2 * count)
    for first, end in zip(firsts, ends, strict=True):
        if first != 0xFFFF:
            yield from range(first, end + 1)


def groups(cmap: bytes, start: int) -> Iterator[int]:
    count = struct.unpack_from(">I", cmap, start + 12)[0]
    for number in range(count):
        first, end, _ = struct.unpack_from(">3I", cmap, start + 16 + 12 * number)
        yield from range(first, end + 1)
