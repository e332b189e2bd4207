"""Paper to draw on, in the samples that the picture will carry, and its blocks."""

from array import array
from collections.abc import Iterator, Sequence
from functools import lru_cache
from operator import add
from typing import TYPE_CHECKING, Literal

from simulator.clips.blocks import Stretch
from simulator.clips.geometry import BLOCK, Area, Box
from simulator.clips.letters import Mask, joined, letters
from simulator.clips.palette import WHITE, Colour, blend, colour, palette
from simulator.clips.plane import cutter, inker
from simulator.clips.text import Line

if TYPE_CHECKING:
    from PIL.Image import Image

Tone = Literal["ink", "soft", "accent", "raised", "paper", "plate"]
HALF = BLOCK // 2
LUMA = BLOCK * BLOCK
SMALL = HALF * HALF
FINER = 4
GAP = bytes(2)

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
        from PIL.Image import new

        self.area = area
        self.tones = tones(number)
        self.paper = self.tones["paper"]
        size = (area.columns * BLOCK, area.rows * BLOCK)
        half = (area.columns * HALF, area.rows * HALF)
        self.luma = new("L", size, self.paper.y)
        self.cb = new("L", half, self.paper.cb)
        self.cr = new("L", half, self.paper.cr)
        self.spans = [(area.columns, 0)] * area.rows
        self.tinted: dict[int, set[int]] = {}

    def touch(self, left: float, top: float, right: float, bottom: float) -> None:
        """Remember the blocks under a rectangle of the sheet's own pixels."""
        first, last = max(int(left) // BLOCK, 0), min(int(right) // BLOCK + 1, self.area.columns)
        spans = self.spans
        for y in range(max(int(top) // BLOCK, 0), min(int(bottom) // BLOCK + 1, self.area.rows)):
            start, end = spans[y]
            spans[y] = start if start < first else first, end if end > last else last

    def text(self, line: Line, size: int, x: float, y: float, tone: Tone = "ink") -> None:
        """Letters on the base line ``y``."""
        placed = letters(line, size)
        if not placed:
            return
        left, base = round(x) - self.area.left * BLOCK, round(y) - self.area.top * BLOCK
        if tone == "accent":
            self.coloured(joined(placed), left, base, self.tones[tone])
            return
        edges, fill, press = [], self.tones[tone].y, inker(self.luma)
        for right, up, (_, ink, inset, below, width, height) in placed:
            start, top = left + right + inset, base - up + below
            edge = start, top, start + width, top + height
            press(fill, edge, ink)
            edges.append(edge)
        lefts, tops, rights, bottoms = zip(*edges, strict=True)
        self.touch(min(lefts), min(tops), max(rights) - 1, max(bottoms) - 1)

    def coloured(self, mask: Mask, x: int, y: int, tone: Colour) -> None:
        """Press a mask with a colour of its own, where the pen is to the next even pixel."""
        left, top = (x + mask.left) // 2 * 2, (y + mask.top) // 2 * 2
        self.colour(mask.image, left, top, tone)
        self.luma.paste(tone.y, (left, top), mask.image)
        self.touch(left, top, left + mask.width - 1, top + mask.height - 1)

    def tint(self, left: int, top: int, right: int, bottom: int) -> None:
        """Remember the blocks whose chroma is not the paper's."""
        columns = range(max(left // BLOCK, 0), min((right - 1) // BLOCK + 1, self.area.columns))
        rows = range(max(top // BLOCK, 0), min((bottom - 1) // BLOCK + 1, self.area.rows))
        for y in rows:
            self.tinted.setdefault(y, set()).update(columns)

    def colour(self, mask: "Image", left: int, top: int, tone: Colour) -> None:
        # Chroma is for pairs of pixels, those at the edges too.
        half = mask.crop((0, 0, mask.width + mask.width % 2, mask.height + mask.height % 2)).reduce(
            2
        )
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
        """Put another sheet where it belongs on this one, with all that is drawn on it."""
        left = (other.area.left - self.area.left) * HALF
        top = (other.area.top - self.area.top) * HALF
        self.luma.paste(other.luma, (2 * left, 2 * top))
        self.cb.paste(other.cb, (left, top))
        self.cr.paste(other.cr, (left, top))
        across, down = other.area.left - self.area.left, other.area.top - self.area.top
        for y, (start, end) in enumerate(other.spans, down):
            if start < end and 0 <= y < self.area.rows:
                self.spans[y] = (
                    max(0, min(self.spans[y][0], start + across)),
                    min(self.area.columns, max(self.spans[y][1], end + across)),
                )
        for y, columns in other.tinted.items():
            self.tinted.setdefault(y + down, set()).update(x + across for x in columns)

    def trim(self) -> None:
        """Give up the rows above and below all that is drawn; there is something."""
        used = [y for y, (start, end) in enumerate(self.spans) if start < end]
        first, last = used[0], used[-1] + 1
        edges = (0, first * BLOCK, self.luma.width, last * BLOCK)
        finer = (0, first * HALF, self.cb.width, last * HALF)
        self.luma, self.cb, self.cr = (
            self.luma.crop(edges),
            self.cb.crop(finer),
            self.cr.crop(finer),
        )
        self.spans = self.spans[first:last]
        self.tinted = {y - first: columns for y, columns in self.tinted.items()}
        top = self.area.top
        self.area = self.area._replace(top=top + first, bottom=top + last)

    def planes(self, width: int, height: int) -> bytes:
        """The samples of its top left part, plane after plane."""
        half = (0, 0, width // 2, height // 2)
        parts = ((self.luma, (0, 0, width, height)), (self.cb, half), (self.cr, half))
        return b"".join(plane.crop(box).tobytes() for plane, box in parts)

    def blocks(self) -> list[list[Stretch]]:
        """For each row the blocks that are not plain paper, with their columns in the picture."""
        rows: list[list[Stretch]] = [[] for _ in range(self.area.rows)]
        used = [y for y, (start, end) in enumerate(self.spans) if start < end]
        if not used:
            return rows
        columns = self.columns(used[0], used[-1] + 1)
        plain, hues = flat(self.paper), self.hues()
        for y in used:
            left, right = self.spans[y]
            at = (y - used[0]) * LUMA
            line = [column[at : at + LUMA] for column in columns[left:right]]
            place = self.area.left + left
            if y in hues:
                whole = list(map(add, line, hues[y][left:right]))
                rows[y] = list(stretches(place, whole, plain, b""))
            else:
                rows[y] = list(stretches(place, line, plain[:LUMA], plain[LUMA:]))
        return rows

    def columns(self, first: int, end: int) -> list[bytes]:
        """The luma of some rows, by columns of blocks: each is its blocks in coding order."""
        top, bottom = first * BLOCK, end * BLOCK
        left = min(start for start, _ in self.spans) * BLOCK
        right = max(end for _, end in self.spans) * BLOCK
        places = range(left, right, BLOCK)
        strips = cutter(self.luma)
        return [b""] * (left // BLOCK) + [strips((x, top, x + BLOCK, bottom)) for x in places]

    def hues(self) -> dict[int, list[bytes]]:
        """The chroma of every block in the rows with colour."""
        if not self.tinted:
            return {}
        top, bottom = min(self.tinted), max(self.tinted) + 1
        edges = (0, top * HALF, self.cb.width, bottom * HALF)
        step = self.area.columns
        blues, reds = (array("Q", cutter(plane)(edges)) for plane in (self.cb, self.cr))
        made = {y: [flat(self.paper)[LUMA:]] * step for y in self.tinted}
        for x in set().union(*self.tinted.values()):
            cb, cr = blues[x::step].tobytes(), reds[x::step].tobytes()
            for y, columns in self.tinted.items():
                if x in columns:
                    at, end = (y - top) * SMALL, (y - top + 1) * SMALL
                    made[y][x] = cb[at:end] + cr[at:end]
        return made


def stretches(place: int, line: Sequence[bytes], ground: bytes, chroma: bytes) -> Iterator[Stretch]:
    """What is not ground of a line of blocks that begins in a column of the picture.

    A single block of ground belongs to what it is in the midst of: to leave it out costs more.
    """
    marks = bytes(map(ground.__ne__, line))
    start = marks.find(1)
    while start >= 0:
        end = marks.find(GAP, start)
        end = marks.rfind(1) + 1 if end < 0 else end
        yield Stretch(place + start, line[start:end], chroma)
        start = marks.find(1, end)


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
