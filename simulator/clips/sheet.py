"""Paper to draw on, in the samples that the picture will carry, and its blocks."""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import compress
from typing import TYPE_CHECKING, Literal

from simulator.clips import fonts
from simulator.clips.geometry import BLOCK, Area, Box
from simulator.clips.palette import WHITE, Colour, blend, colour, palette
from simulator.clips.text import Line, Run

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageDraw import ImageDraw

Tone = Literal["ink", "soft", "accent", "raised", "paper"]
HALF = BLOCK // 2
FINER = 4

# How far letters reach above and below their base line, in parts of their size.
LATIN = (0.95, 0.3)
ANY = (1.15, 0.45)
PAD = 4

# RGB to Y, Cb, Cr of BT.709 in limited range, as Pillow takes a matrix.
TO_YCBCR = (
    *(0.1826, 0.6142, 0.0620, 16.0),
    *(-0.1006, -0.3386, 0.4392, 128.0),
    *(0.4392, -0.3989, -0.0403, 128.0),
)


@lru_cache(maxsize=64)
def tones(number: int) -> dict[Tone, Colour]:
    """Ink, soft ink and raised paper have the tint of the paper, so that they need no chroma."""
    colours = palette(number)
    paper = colour(colours.paper)

    def tinted(part: float) -> Colour:
        return Colour(colour(blend(colours.paper, WHITE, part)).y, paper.cb, paper.cr)

    return {
        "ink": tinted(0.95),
        "soft": tinted(0.58),
        "raised": tinted(0.11),
        "accent": colour(colours.accent),
        "paper": paper,
    }


class Sheet:
    """Luma at full and chroma at half size for an area of blocks."""

    def __init__(self, area: Area, number: int) -> None:
        from PIL import Image, ImageDraw

        self.area = area
        self.tones = tones(number)
        self.paper = self.tones["paper"]
        size = (area.columns * BLOCK, area.rows * BLOCK)
        half = (area.columns * HALF, area.rows * HALF)
        self.luma = Image.new("L", size, self.paper.y)
        self.cb = Image.new("L", half, self.paper.cb)
        self.cr = Image.new("L", half, self.paper.cr)
        self.pen = ImageDraw.Draw(self.luma)
        self.touched = [bytearray(area.rows) for _ in range(area.columns)]
        self.tinted = bytearray(area.columns)

    def touch(self, left: float, top: float, right: float, bottom: float) -> None:
        """Remember the blocks under a rectangle of the sheet's own pixels."""
        first, last = max(int(left) // BLOCK, 0), min(int(right) // BLOCK + 1, self.area.columns)
        rows = range(max(int(top) // BLOCK, 0), min(int(bottom) // BLOCK + 1, self.area.rows))
        for column in self.touched[first:last]:
            column[rows.start : rows.stop] = b"\1" * len(rows)

    def text(
        self, line: Line, size: int, x: float, y: float, tone: Tone = "ink", *, often: bool = False
    ) -> None:
        """Letters on the base line ``y``. What is drawn ``often`` is rasterised once."""
        x, y = x - self.area.left * BLOCK, round(y) - self.area.top * BLOCK
        fill = self.tones[tone]
        for run in line:
            end = x + run.width(size)
            above, below = reach(run, size)
            if often or tone == "accent":
                mask = (stamp if often else letters)(run, size)
                left, top = round(x) - PAD, y - int(above)
                if tone == "accent":
                    left, top = left // 2 * 2, top // 2 * 2
                    self.colour(mask, left, top, fill)
                self.luma.paste(fill.y, (left, top), mask)
            else:
                write(self.pen, run, size, (x, y), fill.y)
            self.touch(x - size / 16, y - above, end + size / 16, y + below)
            x = end

    def tint(self, left: int, right: int) -> None:
        """Remember the columns whose chroma is not the paper's."""
        first, last = max(left // BLOCK, 0), min(right // BLOCK + 1, self.area.columns)
        self.tinted[first:last] = b"\1" * (last - first)

    def colour(self, mask: "Image", left: int, top: int, tone: Colour) -> None:
        half = mask.reduce(2)
        self.tint(left, left + mask.width)
        self.cb.paste(tone.cb, (left // 2, top // 2), half)
        self.cr.paste(tone.cr, (left // 2, top // 2), half)

    def rounded(self, box: Box, radius: int, tone: Tone) -> None:
        """A filled rectangle with round corners; its sides are even numbers."""
        left, top = box.left - self.area.left * BLOCK, box.top - self.area.top * BLOCK
        left, top = left // 2 * 2, top // 2 * 2
        mask = corners(box.width // 2 * 2, box.height // 2 * 2, radius)
        self.luma.paste(self.tones[tone].y, (left, top), mask)
        self.touch(left, top, left + mask.width, top + mask.height)
        if tone == "accent":
            self.colour(mask, left, top, self.tones[tone])

    def picture(self, image: "Image", x: int, y: int, radius: int) -> None:
        """An RGB image with round corners; its sides are even numbers."""
        left = (x - self.area.left * BLOCK) // 2 * 2
        top = (y - self.area.top * BLOCK) // 2 * 2
        mask = corners(image.width, image.height, radius)
        luma, cb, cr = image.convert("RGB", TO_YCBCR).split()
        self.luma.paste(luma, (left, top), mask)
        half = mask.reduce(2)
        self.tint(left, left + image.width)
        self.cb.paste(cb.reduce(2), (left // 2, top // 2), half)
        self.cr.paste(cr.reduce(2), (left // 2, top // 2), half)
        self.touch(left, top, left + image.width, top + image.height)

    def lay(self, other: "Sheet") -> None:
        """Put another sheet where it belongs on this one."""
        left = (other.area.left - self.area.left) * HALF
        top = (other.area.top - self.area.top) * HALF
        self.luma.paste(other.luma, (2 * left, 2 * top))
        self.cb.paste(other.cb, (left, top))
        self.cr.paste(other.cr, (left, top))

    def planes(self, width: int, height: int) -> bytes:
        """The samples of its top left part, plane after plane."""
        half = (0, 0, width // 2, height // 2)
        parts = ((self.luma, (0, 0, width, height)), (self.cb, half), (self.cr, half))
        return b"".join(plane.crop(box).tobytes() for plane, box in parts)

    def blocks(self) -> dict[int, list[tuple[int, bytes]]]:
        """Per row of the picture, the blocks that are not plain paper, with their columns."""
        found: dict[int, list[tuple[int, bytes]]] = {}
        for x, touched in enumerate(self.touched):
            if 1 in touched:
                for y, block in self.column(x, compress(range(self.area.rows), touched)):
                    found.setdefault(y + self.area.top, []).append((x + self.area.left, block))
        return found

    def column(self, x: int, rows: Iterable[int]) -> Iterator[tuple[int, bytes]]:
        """Blocks of one column: cut out alone, its samples lie in coding order."""
        plain = flat(self.paper)
        luma, ground, grey = strip(self.luma, x * BLOCK, BLOCK), plain[:256], plain[256:]
        if not self.tinted[x]:
            for y in rows:
                block = luma[y << 8 : y + 1 << 8]
                if block != ground:
                    yield y, block + grey
            return
        cb, cr = strip(self.cb, x * HALF, HALF), strip(self.cr, x * HALF, HALF)
        for y in rows:
            part = slice(y << 6, y + 1 << 6)
            block = luma[y << 8 : y + 1 << 8] + cb[part] + cr[part]
            if block != plain:
                yield y, block


def strip(image: "Image", left: int, width: int) -> bytes:
    return image.crop((left, 0, left + width, image.height)).tobytes()


def write(pen: "ImageDraw", run: Run, size: int, at: tuple[float, float], fill: int) -> None:
    way = ("rtl" if run.rtl else "ltr") if fonts.shapes() else None
    said = run.text[::-1] if run.rtl and way is None else run.text
    pen.text(at, said, fill=fill, font=fonts.face(run.font, size), anchor="ls", direction=way)


def letters(run: Run, size: int) -> "Image":
    """The letters as a mask with even sides."""
    from PIL import Image, ImageDraw

    above, below = reach(run, size)
    width = (int(run.width(size)) + 2 * PAD) // 2 * 2 + 2
    mask = Image.new("L", (width, int(above + below) // 2 * 2 + 2))
    write(ImageDraw.Draw(mask), run, size, (PAD, int(above)), 255)
    return mask


@lru_cache(maxsize=256)
def stamp(run: Run, size: int) -> "Image":
    return letters(run, size)


def reach(run: Run, size: int) -> tuple[float, float]:
    """How far letters go above and below their base line."""
    above, below = LATIN if run.text.isascii() else ANY
    return above * size, below * size


@lru_cache(maxsize=64)
def flat(tone: Colour) -> bytes:
    """A block of one colour."""
    return bytes((tone.y,)) * 256 + bytes((tone.cb,)) * 64 + bytes((tone.cr,)) * 64


@lru_cache(maxsize=256)
def corners(width: int, height: int, radius: int) -> "Image":
    from PIL import Image, ImageDraw

    mask = Image.new("L", (width * FINER, height * FINER))
    edge = (0, 0, width * FINER - 1, height * FINER - 1)
    ImageDraw.Draw(mask).rounded_rectangle(edge, radius * FINER, fill=255)
    return mask.reduce(FINER)
