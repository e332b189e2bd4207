"""The provider's label, where it is asked for."""

from simulator.clips.geometry import BLOCK, Box, Geometry
from simulator.clips.text import line, width

MARK = "AI generated"
HIGH = 30
SIZE = 15
PAD = 13
ABOVE_EDGE = 26


def size(place: Geometry) -> int:
    """The size of the label's letters, in pixels."""
    return max(10, place.px(SIZE))


def box(place: Geometry, top: int) -> Box:
    """The label's box at the right margin; its sides are even numbers."""
    wide = (round(width(line(MARK), size(place))) + 2 * place.px(PAD)) // 2 * 2
    left = (place.width - place.margin - wide) // 2 * 2
    return Box(left, top // 2 * 2, left + wide, top // 2 * 2 + high(place))


def high(place: Geometry) -> int:
    """The height of the label, in whole pairs of pixels."""
    return place.px(HIGH) // 2 * 2


def on_card(place: Geometry) -> Box:
    """Beside the clock."""
    return box(place, place.clock.top * BLOCK + (place.clock.rows * BLOCK - high(place)) // 2)


def on_picture(place: Geometry) -> Box:
    """On the user's own picture."""
    return box(place, place.height - place.px(ABOVE_EDGE) - high(place))
