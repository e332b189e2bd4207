"""Letters as masks, drawn from their outlines.

Letters that stand apart are drawn once a size and placed; small ones once for every quarter of a
pixel, as a word whose letters all begin on whole pixels has gaps that are seen. Where letters
touch there would be a seam between two masks, so such a run is one mask. So is a run of
ideographs in the middle sizes: few of them come again, and to keep one costs half a drawing.
"""

from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from simulator.clips import fonts
from simulator.clips.plane import inker
from simulator.clips.text import Line

if TYPE_CHECKING:
    from PIL.Image import Image
    from uharfbuzz import RasterDraw, RasterImage

# Square pixels of letters up to which a line that comes again, such as a chip's, is kept whole.
SMALL = 1 << 16

# Sizes in pixels: from which letters begin on whole pixels, and from which ideographs are kept.
MIDDLING, LARGE = 40, 64
PHASES = 4


class Mask(NamedTuple):
    """Letters, cut to their ink, and where it begins beside and below the pen, in pixels."""

    image: "Image"
    left: int
    top: int
    width: int
    height: int


# How far right of the start of its line and above its base a mask has its pen, in whole pixels.
Placed = tuple[int, int, Mask]


def letters(line: Line, size: int, *, again: bool = False) -> list[Placed]:
    """The masks of a line that begins on a whole pixel; one that comes `again` is kept whole."""
    if again and sum(len(run.text) for run in line) * size * size <= SMALL:
        return whole(known(line, size), 0)
    placed: list[Placed] = []
    pen = 0.0
    for run in line:
        setting = run.setting()
        if run.font in (fonts.APART if size >= LARGE else fonts.LATIN):
            placed += alone(run.font, setting, size, pen)
        else:
            placed += whole(drawn((run,), size), pen)
        pen += setting.width * size
    return placed


def whole(mask: Mask | None, pen: float) -> list[Placed]:
    """A mask at the whole pixel next to the pen; nothing where it has no ink."""
    return [] if mask is None else [(round(pen), 0, mask)]


def alone(name: str, setting: fonts.Setting, size: int, pen: float) -> list[Placed]:
    """The glyphs of a setting that begins at the pen; each is drawn once a size and phase."""
    placed: list[Placed] = []
    phases = PHASES if size < MIDDLING else 1
    for number, x, y in setting.glyphs:
        column, phase = divmod(round((pen + x * size) * phases), phases)
        mask = CASE.glyph((name, number, size, phase))
        if mask is not None:
            placed.append((column, round(y * size), mask))
    return placed


# Font, number, size, and how many quarters of a pixel the pen is right of a whole one.
Key = tuple[str, int, int, int]


@dataclass(slots=True)
class Case:
    """Glyphs that were drawn, up to a number of pixels; then all are forgotten."""

    most: int
    held: int = 0
    masks: dict[Key, Mask | None] = field(default_factory=dict)

    def glyph(self, key: Key) -> Mask | None:
        """A glyph as it was drawn before; None where it has no ink."""
        try:
            return self.masks[key]
        except KeyError:
            return self.add(key)

    def add(self, key: Key) -> Mask | None:
        """Draw a glyph and keep it."""
        name, number, size, phase = key
        mask = single(name, number, size, phase / PHASES)
        pixels = mask.width * mask.height if mask else 0
        if self.held + pixels > self.most:
            self.masks.clear()
            self.held = 0
        self.masks[key] = mask
        self.held += pixels
        return mask

    def forget(self, but: tuple[str, ...] = ()) -> None:
        """Forget what was drawn, but in some fonts."""
        for key in [key for key in self.masks if key[0] not in but]:
            del self.masks[key]
        self.held = sum(mask.width * mask.height for mask in self.masks.values() if mask)


CASE = Case(16 << 20)


def single(name: str, number: int, size: int, left: float) -> Mask | None:
    """The mask of one glyph so far right of the pen; None where it has no ink."""

    import uharfbuzz

    pencil = uharfbuzz.RasterDraw()
    outline(pencil, name, fonts.Setting(((number, 0, 0),), 0), size, left)
    return cut(pencil.render())


def drawn(line: Line, size: int) -> Mask | None:
    """The mask of a line of runs; None where it has no ink."""

    import uharfbuzz

    pencil = uharfbuzz.RasterDraw()
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
    from PIL.Image import frombuffer

    if drawing is None or not (at := drawing.extents).width:
        return None
    size = at.width, at.height
    image = frombuffer("L", size, drawing.buffer, "raw", "L", at.stride, -1)
    return Mask(image, at.x_origin, -at.y_origin - at.height, *size)


def joined(placed: list[Placed]) -> Mask:
    """One mask of at least one, for what is done once a line; its sides are even numbers."""
    from PIL.Image import new

    edges = [
        (x + mask.left, mask.top - up, x + mask.left + mask.width, mask.top - up + mask.height)
        for x, up, mask in placed
    ]
    lefts, tops, rights, bottoms = zip(*edges, strict=True)
    left, top = min(lefts), min(tops)
    width, height = (max(rights) - left + 1) // 2 * 2, (max(bottoms) - top + 1) // 2 * 2
    image = new("L", (width, height))
    press = inker(image)
    for (start, high, end, low), (_, _, mask) in zip(edges, placed, strict=True):
        press(255, (start - left, high - top, end - left, low - top), mask.image)
    return Mask(image, left, top, width, height)
