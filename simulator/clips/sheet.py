"""Paper to draw on, in the samples that the picture will carry, and its blocks."""

from collections.abc import Iterator
from functools import lru_cache
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

# How far letters of any script reach from their base line, in parts of their size.
ABOVE = 1.15
BELOW = 0.45

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
        self.touched: set[tuple[int, int]] = set()

    def touch(self, left: float, top: float, right: float, bottom: float) -> None:
        """Remember the blocks under a rectangle of the sheet's own pixels."""
        columns = range(max(int(left) // BLOCK, 0), min(int(right) // BLOCK + 1, self.area.columns))
        rows = range(max(int(top) // BLOCK, 0), min(int(bottom) // BLOCK + 1, self.area.rows))
        self.touched.update((x, y) for x in columns for y in rows)

    def text(self, line: Line, size: int, x: float, y: float, tone: Tone = "ink") -> float:
        """Letters on the base line ``y``; returns where they end."""
        x, y = x - self.area.left * BLOCK, y - self.area.top * BLOCK
        for run in line:
            end = x + run.width(size)
            box = (x - size / 8, y - ABOVE * size, end + size / 8, y + BELOW * size)
            self.write(self.pen, run, size, (x, y), self.tones[tone].y)
            self.touch(*box)
            if tone == "accent":
                self.tint(run, size, (x, y), box)
            x = end
        return x + self.area.left * BLOCK

    def write(
        self, pen: "ImageDraw", run: Run, size: int, at: tuple[float, float], fill: int
    ) -> None:
        way = ("rtl" if run.rtl else "ltr") if fonts.shapes() else None
        said = run.text[::-1] if run.rtl and way is None else run.text
        pen.text(at, said, fill=fill, font=fonts.face(run.font, size), anchor="ls", direction=way)

    def tint(
        self,
        run: Run,
        size: int,
        at: tuple[float, float],
        box: tuple[float, float, float, float],
    ) -> None:
        """Give letters the accent's chroma."""
        from PIL import Image, ImageDraw

        left, top = int(box[0]) // 2 * 2, int(box[1]) // 2 * 2
        mask = Image.new("L", ((int(box[2]) - left) // 2 * 2 + 2, (int(box[3]) - top) // 2 * 2 + 2))
        self.write(ImageDraw.Draw(mask), run, size, (at[0] - left, at[1] - top), 255)
        self.colour(mask, left, top, self.tones["accent"])

    def colour(self, mask: "Image", left: int, top: int, tone: Colour) -> None:
        half = mask.reduce(2)
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
        self.cb.paste(cb.reduce(2), (left // 2, top // 2), half)
        self.cr.paste(cr.reduce(2), (left // 2, top // 2), half)
        self.touch(left, top, left + image.width, top + image.height)

    def blocks(self) -> dict[int, list[tuple[int, bytes]]]:
        """Per row of the picture, its columns whose blocks are not what is to their left."""
        plain = flat(self.paper)
        found: dict[int, list[tuple[int, bytes]]] = {}
        for x, rows in self.columns():
            for y, block in rows:
                if block != plain:
                    found.setdefault(y + self.area.top, []).append((x + self.area.left, block))
        return found

    def columns(self) -> Iterator[tuple[int, list[tuple[int, bytes]]]]:
        """The touched blocks, column by column: a column's samples lie in coding order."""
        wanted: dict[int, list[int]] = {}
        for x, y in sorted(self.touched):
            wanted.setdefault(x, []).append(y)
        for x, rows in wanted.items():
            luma = strip(self.luma, x * BLOCK, BLOCK)
            cb, cr = strip(self.cb, x * HALF, HALF), strip(self.cr, x * HALF, HALF)
            yield (
                x,
                [
                    (
                        y,
                        luma[y << 8 : y + 1 << 8]
                        + cb[y << 6 : y + 1 << 6]
                        + cr[y << 6 : y + 1 << 6],
                    )
                    for y in rows
                ],
            )


def strip(image: "Image", left: int, width: int) -> bytes:
    return image.crop((left, 0, left + width, image.height)).tobytes()


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
