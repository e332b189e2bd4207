"""P slices in which nothing is new: blocks stay, or are copied from elsewhere in the reference."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from simulator.clips.h264 import Picture, Shape, header, slice_unit

Vector = tuple[int, int]
STILL: Vector = (0, 0)

# Reach of a vector in quarter pixels at level 3.1 and above, and across [7.4.5.1].
ACROSS = 2048 * 4
DOWN = 512 * 4


@dataclass(frozen=True, slots=True)
class Move:
    """Blocks from (left, top) up to (right, bottom), taken ``vector`` quarter pixels away."""

    left: int
    top: int
    right: int
    bottom: int
    vector: Vector

    def __post_init__(self) -> None:
        across, down = self.vector
        if not (-ACROSS <= across < ACROSS and -DOWN <= down < DOWN):
            raise ValueError(f"vector {self.vector} is out of reach")


def still(picture: Picture, first: int, count: int) -> bytes:
    """A P slice of blocks that stay what they are."""
    return slice_unit(picture, header(picture, first, intra=False).ue(count).stop().bytes())


def moved(picture: Picture, shape: Shape, moves: Iterable[Move]) -> bytes:
    """One P slice for the whole picture; the moves do not overlap."""
    field = Field(shape, [m for m in moves if m.left < m.right and m.top < m.bottom])
    bits = header(picture, 0, intra=False)
    last = -1
    for place in sorted(field.unsure):
        vector = field.vector(place)
        if vector != field.skipped(place):
            expected = field.expected(place)
            bits.ue(place - last - 1).ue(0)
            bits.se(vector[0] - expected[0]).se(vector[1] - expected[1]).ue(0)
            last = place
    left = shape.columns * shape.rows - last - 1
    if left:
        bits.ue(left)
    return slice_unit(picture, bits.stop().bytes())


class Field:
    """The vectors of a picture.

    Inside a move all neighbours agree, so a decoder infers the vector of every block but those at
    its top and left; behind its right and bottom edges it may infer too much.
    """

    def __init__(self, shape: Shape, moves: list[Move]) -> None:
        self.columns, self.rows = shape.columns, shape.rows
        self.vectors: dict[int, Vector] = {}
        self.unsure: set[int] = set()
        for move in moves:
            self.add(move)

    def add(self, move: Move) -> None:
        top, left = self.across(move, move.top), self.down(move, move.left)
        others = (
            self.across(move, move.bottom - 1),
            self.down(move, move.right - 1),
            self.down(move, min(move.left + 1, move.right - 1)),
        )
        for edge in (top, left, *others):
            self.vectors.update(dict.fromkeys(edge, move.vector))
        self.unsure.update(top, left, self.behind(move))

    def across(self, move: Move, y: int) -> range:
        return range(y * self.columns + move.left, y * self.columns + move.right)

    def down(self, move: Move, x: int) -> range:
        return range(move.top * self.columns + x, move.bottom * self.columns + x, self.columns)

    def behind(self, move: Move) -> Iterator[int]:
        if move.right < self.columns:
            yield from self.down(move, move.right)
        if move.bottom < self.rows:
            first = move.bottom * self.columns
            yield from range(
                first + max(move.left - 1, 0), first + min(move.right + 1, self.columns)
            )

    def vector(self, place: int) -> Vector:
        return self.vectors.get(place, STILL)

    def near(self, place: int, across: int, down: int) -> Vector | None:
        """The vector of a neighbour, or None where there is no block."""
        x = place % self.columns + across
        y = place // self.columns + down
        if 0 <= x < self.columns and y >= 0:
            return self.vectors.get(y * self.columns + x, STILL)
        return None

    def expected(self, place: int) -> Vector:
        """Median prediction with one reference picture [8.4.1.3]."""
        a, b = self.near(place, -1, 0), self.near(place, 0, -1)
        c = self.near(place, 1, -1)
        if c is None:
            c = self.near(place, -1, -1)
        if b is None and c is None:
            return a or STILL
        a, b, c = a or STILL, b or STILL, c or STILL
        return sorted((a[0], b[0], c[0]))[1], sorted((a[1], b[1], c[1]))[1]

    def skipped(self, place: int) -> Vector:
        """What a skipped block is taken to have [8.4.1.1]."""
        a, b = self.near(place, -1, 0), self.near(place, 0, -1)
        if a is None or b is None or STILL in (a, b):
            return STILL
        return self.expected(place)
