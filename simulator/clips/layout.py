"""A sheet that is written from top to bottom."""

from dataclasses import dataclass

from simulator.clips.geometry import Geometry
from simulator.clips.sheet import Sheet
from simulator.clips.text import MEASURE, line, shortened, width


@dataclass(slots=True)
class Layout:
    """A sheet with the place where the next thing goes."""

    sheet: Sheet
    geometry: Geometry
    y: float

    @property
    def left(self) -> int:
        return self.geometry.text.left

    def size(self, length: float) -> int:
        return max(10, self.geometry.px(length))

    def px(self, length: float) -> int:
        return self.geometry.px(length)


def one_line(text: str, font: str, size: int, room: float) -> str:
    """A text as it is, or shortened to what fits into the room, in pixels."""
    return (
        text
        if width(line(text, font), size) <= room
        else shortened(text, room * MEASURE / size, font)
    )
