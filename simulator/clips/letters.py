"""Letters as masks, drawn from their outlines.

A line is one mask. That costs less than to put it together from glyphs that were kept: a glyph
takes some 5 microseconds, whether or not its like was drawn before.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from simulator.clips import fonts
from simulator.clips.text import Line

if TYPE_CHECKING:
    from PIL.Image import Image
    from uharfbuzz import RasterDraw, RasterImage

# Square pixels of letters up to which a line is one that comes again, such as the name of a fact.
SMALL = 1 << 16


@dataclass(frozen=True, slots=True)
class Mask:
    """Letters, cut to their ink, and where it begins beside and above the pen."""

    image: "Image"
    left: int
    top: int


def letters(line: Line, size: int) -> Mask | None:
    """A line of text; nothing where it has no ink."""
    long = sum(len(run.text) for run in line)
    return (kept if long * size * size <= SMALL else drawn)(line, size)


def drawn(line: Line, size: int) -> Mask | None:
    from uharfbuzz import RasterDraw

    pencil = RasterDraw()
    pen = 0.0
    for run in line:
        setting = fonts.setting(run.text, run.font, run.rtl)
        outline(pencil, run.font, setting, size, pen)
        pen += setting.width * size
    return cut(pencil.render())


@lru_cache(maxsize=256)
def kept(line: Line, size: int) -> Mask | None:
    return drawn(line, size)


def outline(
    pencil: "RasterDraw", name: str, setting: fonts.Setting, size: int, left: float
) -> None:
    font = fonts.face(name)
    scale = size / font.face.upem
    for glyph in setting.glyphs:
        pencil.transform = (scale, 0, 0, scale, left + glyph.x * size, glyph.y * size)
        pencil.draw_glyph(font, glyph.number)


def cut(drawing: "RasterImage | None") -> Mask | None:
    """The rows of a drawing stand from the bottom to the top; both sides become even."""
    from PIL import Image

    if drawing is None or not drawing.extents.width:
        return None
    at = drawing.extents
    whole = Image.frombuffer("L", (at.width, at.height), drawing.buffer, "raw", "L", at.stride, -1)
    even = whole.crop((0, 0, at.width + at.width % 2, at.height + at.height % 2))
    return Mask(even, at.x_origin, -at.y_origin - at.height)
