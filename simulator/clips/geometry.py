"""Where everything stands: in pixels, or in the blocks of 16 that a picture is made of."""

import math
from functools import lru_cache
from typing import NamedTuple

from simulator.clips.h264 import Shape

BLOCK = 16
WIDE = 1.15
KNOB_BLOCKS = 6
DIGITS = 10


class Area(NamedTuple):
    """A rectangle of blocks."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def columns(self) -> int:
        return self.right - self.left

    @property
    def rows(self) -> int:
        return self.bottom - self.top


class Box(NamedTuple):
    """A rectangle of pixels."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        return self.right - self.left

    @property
    def height(self) -> int:
        return self.bottom - self.top


class Geometry(NamedTuple):
    """A clip's picture. What lies right of and below the shown part is material for copies.

    ``scene`` is the landscape, or the user's own picture; ``text`` is for the card, ``track`` for
    the progress bar, ``clock`` for the row of digits. ``cell`` is one digit.
    """

    width: int
    height: int
    unit: float
    own: bool
    shape: Shape
    scene: Area
    pan: int
    panel: Area
    text: Box
    track: Area
    clock: Area
    cell: Area

    def px(self, length: float) -> int:
        """A length that grows with the picture."""
        return round(length * self.unit)

    @property
    def shape_area(self) -> Area:
        """All blocks that are shown, some of them in part."""
        return Area(0, 0, self.scene.right, self.panel.bottom)

    @property
    def stock(self) -> int:
        """The first hidden row: ten digits, then the knob."""
        return -(-self.height // BLOCK)

    @property
    def filled(self) -> int:
        """The first row of the hidden bar that is full."""
        return self.stock + self.cell.rows

    @property
    def margin(self) -> int:
        """The left edge of all that is written, where a column of blocks begins."""
        return indent(self.unit) * BLOCK

    @property
    def counter(self) -> int:
        """The column of the first digit of the frame counter."""
        return indent(self.unit) + 13 * self.cell.columns

    @property
    def knobs(self) -> tuple[int, int]:
        """The columns of two knobs in stock: every place of the bar is near to one of them."""
        across = self.scene.right
        first = max(DIGITS * self.cell.columns, across // 4)
        return first, max(first + KNOB_BLOCKS, 3 * across // 4 - KNOB_BLOCKS)


@lru_cache(maxsize=128)
def geometry(width: int, height: int, own: bool = False) -> Geometry:
    """Where everything stands in a picture of this size; `own`: on a picture of the user's."""
    unit = math.sqrt(width * height) / 960
    columns, rows = -(-width // BLOCK), -(-height // BLOCK)
    digit = max(1, int(unit + 0.4))
    cell = Area(0, 0, digit, digit + 1)
    thick = 1 if unit < 1.7 else 2
    clock_bottom = height // BLOCK - max(1, round(unit))
    clock = Area(0, clock_bottom - cell.rows, columns, clock_bottom)
    track_bottom = clock.top - (0 if unit < 0.8 else round(unit))
    track = Area(0, track_bottom - thick, columns, track_bottom)
    pan = 0 if own else round(4 * unit)
    stocked = DIGITS * cell.columns + 2 * KNOB_BLOCKS
    panel_top, scene = split(width, height, columns, rows, track.top, own)
    text = lettering(width, unit, scene, panel_top, track.top, own)
    return Geometry(
        width=width,
        height=height,
        unit=unit,
        own=own,
        shape=Shape(width, height, max(columns + pan, stocked), rows + cell.rows + thick),
        scene=scene,
        pan=pan,
        panel=Area(0, panel_top, columns, rows),
        text=text,
        track=track,
        clock=clock,
        cell=cell,
    )


def split(
    width: int, height: int, columns: int, rows: int, bar: int, own: bool
) -> tuple[int, Area]:
    """The first row of the card, and the scene beside it, above it or behind it."""
    if own:
        return bar - round((0.18 if width > height else 0.13) * rows), Area(0, 0, columns, rows)
    if width / height > WIDE:
        return 0, Area(columns - round(columns * 0.4), 0, columns, bar)
    high = round(bar * (0.36 if height < width * 1.3 else 0.42))
    return high, Area(0, 0, columns, high)


def lettering(width: int, unit: float, scene: Area, top: int, bottom: int, own: bool) -> Box:
    """The box that text may fill, in pixels: beside the landscape, or across the picture."""
    side = indent(unit) * BLOCK
    above = round((18 if own else 34 if top else 44) * unit)
    right = scene.left * BLOCK if scene.left else width
    return Box(side, top * BLOCK + above, right - side, bottom * BLOCK - round(18 * unit))


def indent(unit: float) -> int:
    """The margin, in blocks."""
    return max(1, round(2.6 * unit))
