"""The fonts that come with the package: which of them has a character, and how it sets a text."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from uharfbuzz import Font

FOLDER = Path(__file__).with_name("fonts")
DISPLAY = "InterDisplay-Medium.otf"
TEXT = "Inter-Medium.otf"
MONO = "JetBrainsMono-Medium.ttf"
HAN = "NotoSansCJK-Regular.otf"
EMOJI = "NotoEmoji-Medium.ttf"

# Their letters stand apart, each as wide as if it stood alone.
LATIN = (DISPLAY, TEXT, MONO)
APART = (*LATIN, HAN, EMOJI)

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


# A glyph by its number in the font, and where it stands beside and above the pen, in the font's
# units. It is a bare tuple, as there are hundreds on a card.
Glyph = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Setting:
    """Glyphs from left to right, joined and ordered as their script asks, and how far they go.

    The width is in parts of the letters' size, which has so many of the font's units.
    """

    glyphs: Sequence[Glyph]
    width: float
    units: int


@lru_cache(maxsize=64)
def face(name: str) -> "Font":
    """A font, opened once: what it knows of scripts takes a while to read."""
    from uharfbuzz import Blob, Face, Font  # not before the first clip

    return Font(Face(Blob.from_file_path(str(FOLDER / name))))


def has(name: str, char: str) -> bool:
    """Whether a font has a glyph for a character."""
    return face(name).get_nominal_glyph(ord(char)) is not None


@lru_cache(maxsize=1 << 16)
def owner(char: str, first: str) -> str | None:
    """The first font with a glyph for the character."""
    return next((name for name in (first, *OTHERS) if has(name, char)), None)


@lru_cache(maxsize=2048)
def setting(text: str, name: str, rtl: bool = False, language: str = "") -> Setting:
    """A text of one script in one font; many ideographs have a form of their own in Japanese."""
    import uharfbuzz

    font, buffer = face(name), uharfbuzz.Buffer()
    buffer.add_str(text)
    buffer.guess_segment_properties()
    buffer.direction = "rtl" if rtl else "ltr"
    if language:
        buffer.language = language
    uharfbuzz.shape(font, buffer)
    pen, units = 0, font.face.upem
    glyphs = []
    numbers = [info.codepoint for info in buffer.glyph_infos]
    places = [at.position for at in buffer.glyph_positions or ()]
    for number, (right, up, advance, _) in zip(numbers, places, strict=True):
        glyphs.append((number, pen + right, up))
        pen += advance
    return Setting(glyphs, pen / units, units)
