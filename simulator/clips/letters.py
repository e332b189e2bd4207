"""Letters as masks, drawn from their outlines.

A line of small letters is one mask: a glyph takes some 5 microseconds, which is less than to put
the line together from glyphs that were kept. Large letters are kept and placed, but for scripts
whose letters touch: between two masks there would be a seam. Those of alphabets that come again
in every prompt are worth it sooner.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from simulator.clips import fonts
from simulator.clips.text import Line, Run

if TYPE_CHECKING:
    from PIL.Image import Image
    from uharfbuzz import RasterDraw, RasterImage

# Square pixels of letters up to which a line is one that comes again, such as the name of a fact.
SMALL = 1 << 16

# Sizes from which glyphs are kept, in pixels: those of Latin and its like, and those of others.
MIDDLING, LARGE = 40, 64


@dataclass(frozen=True, slots=True)
class Mask:
    """Letters, cut to their ink, and where it begins beside and below the pen."""

    image: "Image"
    left: int
    top: int


def letters(line: Line, size: int) -> Iterator[tuple[float, float, Mask]]:
    """The masks of a line, and how far the pen is to the right and up for each."""
    if size < MIDDLING:
        long = sum(len(run.text) for run in line)
        yield from whole(line, size, kept=long * size * size <= SMALL)
        return
    pen = 0.0
    for run in line:
        kept = run.font in (fonts.APART if size >= LARGE else fonts.LATIN)
        made = alone(run, size) if kept else whole((run,), size)
        yield from ((pen + x, y, mask) for x, y, mask in made)
        pen += run.width(size)


def whole(line: Line, size: int, *, kept: bool = False) -> Iterator[tuple[float, float, Mask]]:
    """A line as one mask, with where to put it; `kept` ones are remembered."""
    mask = (known if kept else drawn)(line, size)
    if mask is not None:
        yield 0, 0, mask


def alone(run: Run, size: int) -> Iterator[tuple[float, float, Mask]]:
    """The glyphs of a run, each with where to put it; every one is drawn once a size."""
    for number, x, y in run.setting().glyphs:
        mask = CASE.glyph(run.font, number, size)
        if mask is not None:
            yield x * size, y * size, mask


class Case:
    """Glyphs that were drawn, up to a number of pixels; then all are forgotten."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.held = 0
        self.masks: dict[tuple[str, int, int], Mask | None] = {}

    def glyph(self, name: str, number: int, size: int) -> Mask | None:
        key = (name, number, size)
        if key not in self.masks:
            return self.add(key)
        return self.masks[key]

    def add(self, key: tuple[str, int, int]) -> Mask | None:
        mask = single(*key)
        pixels = mask.image.width * mask.image.height if mask else 0
        if self.held + pixels > self.most:
            self.masks, self.held = {}, 0
        self.masks[key] = mask
        self.held += pixels
        return mask

    def forget(self, but: tuple[str, ...] = ()) -> None:
        """Forget what was drawn, but in some fonts."""
        self.masks = {key: mask for key, mask in self.masks.items() if key[0] in but}
        kept = filter(None, self.masks.values())
        self.held = sum(mask.image.width * mask.image.height for mask in kept)


CASE = Case(16 << 20)


def single(name: str, number: int, size: int) -> Mask | None:
    """The mask of one glyph; None where it has no ink."""

    from uharfbuzz import RasterDraw

    pencil = RasterDraw()
    outline(pencil, name, fonts.Setting(((number, 0, 0),), 0), size, 0)
    return cut(pencil.render())


def drawn(line: Line, size: int) -> Mask | None:
    """The mask of a line of runs; None where it has no ink."""

    from uharfbuzz import RasterDraw

    pencil = RasterDraw()
    pen = 0.0
    for run in line:
        setting = run.setting()
        outline(pencil, run.font, setting, size, pen)
        pen += setting.width * size
    return cut(pencil.render())


@lru_cache(maxsize=256)
def known(line: Line, size: int) -> Mask | None:
    """The mask of a line that comes again and again."""
    return drawn(line, size)


def outline(
    pencil: "RasterDraw", name: str, setting: fonts.Setting, size: int, left: float
) -> None:
    """Draw the outlines of a setting with a pencil, from so far left on."""
    font = fonts.face(name)
    scale = size / font.face.upem
    for number, x, y in setting.glyphs:
        pencil.transform = (scale, 0, 0, scale, left + x * size, y * size)
        pencil.draw_glyph(font, number)


def cut(drawing: "RasterImage | None") -> Mask | None:
    """The rows of a drawing stand from the bottom to the top. Nothing is copied."""
    from PIL import Image

    if drawing is None or not drawing.extents.width:
        return None
    at = drawing.extents
    whole = Image.frombuffer("L", (at.width, at.height), drawing.buffer, "raw", "L", at.stride, -1)
    return Mask(whole, at.x_origin, -at.y_origin - at.height)
