"""Letters as masks, drawn from their outlines.

Letters that stand apart are drawn once a size and placed; small ones once for every quarter of a
pixel, as a word whose letters all begin on whole pixels has gaps that are seen. Where letters
touch there would be a seam between two masks, so such a run is one mask. So is a run of
ideographs in the middle sizes: few of them come again, and to keep one costs half a drawing.
"""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from simulator.clips import fonts
from simulator.clips.plane import ink, inker
from simulator.clips.text import Line

if TYPE_CHECKING:
    from PIL.Image import Image
    from uharfbuzz import RasterImage

# Sizes in pixels: from which letters begin on whole pixels, and from which ideographs are kept.
MIDDLING, LARGE = 40, 64
PHASES = 4


class Mask(NamedTuple):
    """Letters, cut to their ink, and where it begins beside and below the pen, in pixels.

    ``ink`` is the inside of the image, by which it is laid on a plane.
    """

    image: "Image"
    ink: Any
    left: int
    top: int
    width: int
    height: int


# How far right of the start of its line and above its base a mask has its pen, in whole pixels.
Placed = tuple[int, int, Mask]


def letters(line: Line, size: int) -> list[Placed]:
    """The masks of a line that begins on a whole pixel."""
    placed: list[Placed] = []
    pen = 0.0
    for run in line:
        setting = run.setting()
        if run.font in (fonts.APART if size >= LARGE else fonts.LATIN):
            placed += alone(run.font, setting, size, pen)
        else:
            placed += whole(drawn(run.font, setting, size, 0), pen)
        pen += setting.width * size
    return placed


def whole(mask: Mask | None, pen: float) -> list[Placed]:
    """A mask at the whole pixel next to the pen; nothing where it has no ink."""
    return [] if mask is None else [(round(pen), 0, mask)]


def alone(name: str, setting: fonts.Setting, size: int, pen: float) -> list[Placed]:
    """The glyphs of a setting that begins at the pen; each is drawn once a size and phase."""
    placed: list[Placed] = []
    scale, finer, phase = size / setting.units, size < MIDDLING, 0
    for number, x, y in setting.glyphs:
        if finer:
            column, phase = divmod(round((pen + x * scale) * PHASES), PHASES)
        else:
            column = round(pen + x * scale)
        mask = CASE.glyph((name, number, size, phase))
        if mask is not None:
            placed.append((column, round(y * scale) if y else 0, mask))
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
    alone = fonts.Setting(((number, 0, 0),), 0, fonts.face(name).face.upem)
    return drawn(name, alone, size, left)


def drawn(name: str, setting: fonts.Setting, size: int, left: float) -> Mask | None:
    """One mask of all glyphs of a setting so far right of the pen; None where there is no ink."""
    import uharfbuzz

    font, pencil = fonts.face(name), uharfbuzz.RasterDraw()
    scale = size / setting.units
    for number, x, y in setting.glyphs:
        pencil.transform = (scale, 0, 0, scale, left + x * scale, y * scale)
        pencil.draw_glyph(font, number)
    return cut(pencil.render())


def cut(drawing: "RasterImage | None") -> Mask | None:
    """The rows of a drawing stand from the bottom to the top. Nothing is copied."""
    from PIL.Image import frombuffer

    if drawing is None or not (at := drawing.extents).width:
        return None
    size = at.width, at.height
    image = frombuffer("L", size, drawing.buffer, "raw", "L", at.stride, -1)
    return Mask(image, ink(image), at.x_origin, -at.y_origin - at.height, *size)


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
        press(255, (start - left, high - top, end - left, low - top), mask.ink)
    return Mask(image, ink(image), left, top, width, height)
