"""Hidden rows of the first picture: digits, knobs and a full bar, to be copied from."""

from functools import lru_cache

from simulator.clips import blocks, card
from simulator.clips.blocks import Stretch
from simulator.clips.geometry import BLOCK, DIGITS, KNOB_BLOCKS, Area, Box, Geometry
from simulator.clips.h264 import Picture
from simulator.clips.palette import Colour
from simulator.clips.sheet import Sheet, flat, tones


def track(geometry: Geometry, number: int, *, full: bool) -> list[bytes]:
    """One block for each row of the bar; the whole row looks like it."""
    sheet = Sheet(Area(0, 0, 1, geometry.track.rows), number)
    rail(sheet, geometry, 0, BLOCK, full=full)
    plain = flat(sheet.paper)
    return [row[0].blocks[0] + row[0].chroma if row else plain for row in sheet.blocks()]


def rail(sheet: Sheet, geometry: Geometry, left: int, right: int, *, full: bool) -> None:
    """Draw a piece of the bar's rail, empty or full."""
    high, top = thickness(geometry), rail_top(geometry)
    colour = sheet.tones["accent" if full else "raised"]
    sheet.luma.paste(colour.y, (left, top, right, top + high))
    if full:
        chroma(sheet, colour, (left // 2, top // 2, right // 2, (top + high) // 2))
    sheet.touch(left, 0, right - 1, sheet.area.rows * BLOCK - 1)


def chroma(sheet: Sheet, colour: Colour, box: tuple[int, int, int, int]) -> None:
    """Colour an area, given in samples of chroma."""
    sheet.tint(*(2 * side for side in box))
    sheet.cb.paste(colour.cb, box)
    sheet.cr.paste(colour.cr, box)


def rail_top(geometry: Geometry) -> int:
    """Where the rail stands in its rows, in pixels."""
    return (geometry.track.rows * BLOCK // 2 - thickness(geometry) // 2) // 2 * 2


def thickness(geometry: Geometry) -> int:
    """How thick the rail is, in whole pairs of pixels."""
    return max(2, geometry.px(4) // 2 * 2)


def knob(geometry: Geometry, number: int) -> Sheet:
    """The end of the bar, the knob in the middle of its blocks."""
    sheet = Sheet(Area(0, 0, KNOB_BLOCKS, geometry.track.rows), number)
    middle = KNOB_BLOCKS * BLOCK // 2
    rail(sheet, geometry, 0, middle, full=True)
    rail(sheet, geometry, middle, 2 * middle, full=False)
    radius = min(geometry.px(7), geometry.track.rows * BLOCK // 2 - 1)
    centre = geometry.track.rows * BLOCK // 2
    box = Box(middle - radius, centre - radius, middle + radius, centre + radius)
    sheet.rounded(box, radius, "accent")
    return sheet


@lru_cache(maxsize=64)
def rows(picture: Picture, geometry: Geometry, number: int) -> bytes:
    """The slices below the shown picture."""
    return b"".join((*supplies(picture, geometry, number), *bars(picture, geometry, number)))


def supplies(picture: Picture, geometry: Geometry, number: int) -> list[bytes]:
    """The hidden rows with digits and knobs, as slices."""
    top, cell, columns = geometry.stock, geometry.cell, geometry.shape.columns
    digits = Sheet(Area(0, top, DIGITS * cell.columns, top + cell.rows), number)
    for value in range(DIGITS):
        card.digit(digits, geometry, value * cell.columns, str(value), "ink")
    plain = flat(tones(number)["paper"])
    found = digits.blocks()
    thick = geometry.track.rows
    strips = knob(geometry, number).blocks()
    made: list[bytes] = []
    for y in range(top, top + cell.rows):
        cells = found[y - top]
        for first in geometry.knobs if y - top < thick else ():
            cells += [one._replace(place=first + one.place) for one in strips[y - top]]
        cells = blocks.settled(cells, columns, plain)
        made += blocks.row(picture, y * columns, columns, cells)
    return made


def bars(picture: Picture, geometry: Geometry, number: int) -> list[bytes]:
    """The hidden rows with the full bar, as slices."""
    columns = geometry.shape.columns
    made: list[bytes] = []
    for y, block in enumerate(track(geometry, number, full=True), geometry.filled):
        made += blocks.row(picture, y * columns, columns, [Stretch(0, (block,))])
    return made
