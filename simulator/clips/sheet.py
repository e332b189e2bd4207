"""Paper to draw on, in the samples that the picture will carry, and its blocks."""

from array import array
from functools import lru_cache
from itertools import compress
from typing import TYPE_CHECKING, Literal

from simulator.clips.geometry import BLOCK, Area, Box
from simulator.clips.letters import Mask, letters
from simulator.clips.palette import WHITE, Colour, blend, colour, palette
from simulator.clips.text import Line

if TYPE_CHECKING:
    from PIL.Image import Image

Tone = Literal["ink", "soft", "accent", "raised", "paper", "plate"]
HALF = BLOCK // 2
LUMA = BLOCK * BLOCK
Cell = tuple[int, bytes]
FINER = 4

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
        "plate": paper,
    }


class Sheet:
    """Luma at full and chroma at half size for an area of blocks."""

    def __init__(self, area: Area, number: int) -> None:
        from PIL import Image

        self.area = area
        self.tones = tones(number)
        self.paper = self.tones["paper"]
        size = (area.columns * BLOCK, area.rows * BLOCK)
        half = (area.columns * HALF, area.rows * HALF)
        self.luma = Image.new("L", size, self.paper.y)
        self.cb = Image.new("L", half, self.paper.cb)
        self.cr = Image.new("L", half, self.paper.cr)
        self.touched = [bytearray(area.rows) for _ in range(area.columns)]
        self.tinted: dict[int, set[int]] = {}

    def touch(self, left: float, top: float, right: float, bottom: float) -> None:
        """Remember the blocks under a rectangle of the sheet's own pixels."""
        first, last = max(int(left) // BLOCK, 0), min(int(right) // BLOCK + 1, self.area.columns)
        rows = range(max(int(top) // BLOCK, 0), min(int(bottom) // BLOCK + 1, self.area.rows))
        place, marks = slice(rows.start, rows.stop), b"\1" * len(rows)
        for column in self.touched[first:last]:
            column[place] = marks

    def text(self, line: Line, size: int, x: float, y: float, tone: Tone = "ink") -> None:
        """Letters on the base line ``y``."""
        left, base = x - self.area.left * BLOCK, round(y) - self.area.top * BLOCK
        for right, up, mask in letters(line, size):
            self.press(mask, round(left + right), base - round(up), tone)

    def press(self, mask: Mask, x: int, y: int, tone: Tone) -> None:
        left, top = x + mask.left, y + mask.top
        fill = self.tones[tone]
        if tone == "accent":
            left, top = left // 2 * 2, top // 2 * 2
            self.colour(mask.image, left, top, fill)
        self.luma.paste(fill.y, (left, top), mask.image)
        self.touch(left, top, left + mask.image.width - 1, top + mask.image.height - 1)

    def tint(self, left: int, top: int, right: int, bottom: int) -> None:
        """Remember the blocks whose chroma is not the paper's."""
        columns = range(max(left // BLOCK, 0), min((right - 1) // BLOCK + 1, self.area.columns))
        rows = range(max(top // BLOCK, 0), min((bottom - 1) // BLOCK + 1, self.area.rows))
        for y in rows:
            self.tinted.setdefault(y, set()).update(columns)

    def colour(self, mask: "Image", left: int, top: int, tone: Colour) -> None:
        half = mask.reduce(2)
        self.tint(left, top, left + mask.width, top + mask.height)
        self.cb.paste(tone.cb, (left // 2, top // 2), half)
        self.cr.paste(tone.cr, (left // 2, top // 2), half)

    def rounded(self, box: Box, radius: int, tone: Tone) -> None:
        """A filled rectangle with round corners; its sides are even numbers."""
        left, top = box.left - self.area.left * BLOCK, box.top - self.area.top * BLOCK
        left, top = left // 2 * 2, top // 2 * 2
        mask = corners(box.width // 2 * 2, box.height // 2 * 2, radius)
        self.luma.paste(self.tones[tone].y, (left, top), mask)
        self.touch(left, top, left + mask.width, top + mask.height)
        if tone in ("accent", "plate"):
            self.colour(mask, left, top, self.tones[tone])

    def picture(self, image: "Image", x: int, y: int, radius: int) -> None:
        """An RGB image with round corners; its sides are even numbers."""
        left = (x - self.area.left * BLOCK) // 2 * 2
        top = (y - self.area.top * BLOCK) // 2 * 2
        mask = corners(image.width, image.height, radius)
        luma, cb, cr = image.convert("RGB", TO_YCBCR).split()
        self.luma.paste(luma, (left, top), mask)
        half = mask.reduce(2)
        self.tint(left, top, left + image.width, top + image.height)
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

    def blocks(self) -> list[list[Cell]]:
        """For each row the blocks that are not plain paper, with their columns in the picture."""
        rows: list[list[Cell]] = [[] for _ in range(self.area.rows)]
        plain = flat(self.paper)
        ground, grey = plain[:LUMA], plain[LUMA:]
        halves = memoryview(self.luma.tobytes()).cast("Q")
        for x, touched in enumerate(self.touched):
            first = touched.find(1)
            if first < 0:
                continue
            last = touched.rfind(1) + 1
            column = self.column(halves, x, first, last)
            place = self.area.left + x
            for y in compress(range(last - first), touched[first:last]):
                block = column[y * LUMA : y * LUMA + LUMA]
                if block != ground:
                    rows[first + y].append((place, block + grey))
        self.tinge(rows)
        return rows

    def column(self, halves: memoryview, x: int, first: int, last: int) -> bytes:
        """A column of blocks in coding order, of a plane given in halves of a block's rows."""
        step = 2 * self.area.columns
        start, end = 2 * x + first * BLOCK * step, last * BLOCK * step
        made = memoryview(bytearray((last - first) * LUMA)).cast("Q")
        made[::2] = halves[start:end:step]
        made[1::2] = halves[start + 1 : end : step]
        return made.tobytes()

    def tinge(self, rows: list[list[Cell]]) -> None:
        """Give the blocks with colour their chroma."""
        if not self.tinted:
            return
        top, bottom = min(self.tinted), max(self.tinted) + 1
        edges = (0, top * HALF, self.cb.width, bottom * HALF)
        step = self.cb.width // HALF
        planes = [array("Q", plane.crop(edges).tobytes()) for plane in (self.cb, self.cr)]
        for y, columns in self.tinted.items():
            known = dict(rows[y])
            start = (y - top) * HALF * step
            end = start + (HALF - 1) * step + 1
            for x in columns:
                luma = known.get(x + self.area.left, flat(self.paper))[:LUMA]
                cb, cr = (plane[start + x : end + x : step].tobytes() for plane in planes)
                known[x + self.area.left] = luma + cb + cr
            rows[y] = sorted(known.items())


@lru_cache(maxsize=64)
def flat(tone: Colour) -> bytes:
    """A block of one colour."""
    return bytes((tone.y,)) * 256 + bytes((tone.cb,)) * 64 + bytes((tone.cr,)) * 64


@lru_cache(maxsize=256)
def corners(width: int, height: int, radius: int) -> "Image":
    """A mask with round corners, drawn finer and made smaller."""

    from PIL import Image, ImageDraw

    mask = Image.new("L", (width * FINER, height * FINER))
    edge = (0, 0, width * FINER - 1, height * FINER - 1)
    ImageDraw.Draw(mask).rounded_rectangle(edge, radius * FINER, fill=255)
    return mask.reduce(FINER)
