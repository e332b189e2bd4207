"""P slices in which nothing is new: blocks stay, or are copied from elsewhere in the reference."""

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from simulator.clips.bits import se, ue
from simulator.clips.h264 import Picture, Shape, header, slice_unit

Vector = tuple[int, int]
STILL: Vector = (0, 0)

# Reach of a vector in quarter pixels at level 3.1 and above, and across [7.4.5.1].
ACROSS = 2048 * 4
DOWN = 512 * 4


class Move(NamedTuple):
    """Blocks from (left, top) up to (right, bottom), taken ``vector`` quarter pixels away.

    A clip has some thousands, and they are keys of caches: a tuple is made and compared the
    fastest.
    """

    left: int
    top: int
    right: int
    bottom: int
    vector: Vector

    def along(self, vector: Vector) -> "Move":
        """The same blocks, taken from elsewhere."""
        return Move(self.left, self.top, self.right, self.bottom, vector)


def reachable(vector: Vector) -> Vector:
    """The vector, if a decoder of our level follows it; else ValueError."""
    across, down = vector
    if not (-ACROSS <= across < ACROSS and -DOWN <= down < DOWN):
        raise ValueError(f"vector {vector} is out of reach")
    return vector


def still(picture: Picture, first: int, count: int) -> bytes:
    """A P slice of blocks that stay what they are."""
    return slice_unit(picture, header(picture, first, intra=False).ue(count).stop().bytes())


def part(picture: Picture, shape: Shape, moves: Iterable[Move], top: int, bottom: int) -> bytes:
    """The P slice of the rows from ``top`` up to ``bottom``; moves in other rows are left out.

    The moves do not overlap, and none goes on below ``bottom``.
    """
    own = tuple(
        Move(left, first - top, right, end - top, reachable(vector))
        for left, first, right, end, vector in moves
        if top <= first < bottom and left < right and first < end
    )
    coded, width = codes(shape.columns, bottom - top, own)
    bits = header(picture, top * shape.columns, intra=False).put(coded, width)
    return slice_unit(picture, bits.stop().bytes())


@lru_cache(maxsize=4096)
def codes(columns: int, rows: int, moves: tuple[Move, ...]) -> tuple[int, int]:
    """The blocks of a slice as bits, and how many those are; many pictures share a slice."""
    if rows == 1:
        text = row(columns, moves)
        return int(text or "0", 2), len(text)
    if len(groups := apart(moves)) > 1:
        text = together(columns, rows, groups)
        return int(text, 2), len(text)
    across, down = (ranks({move.vector[axis] for move in moves}) for axis in (0, 1))
    ranked = tuple(move.along((across[move.vector[0]], down[move.vector[1]])) for move in moves)
    plain, blocks = pattern(columns, rows, ranked)
    x, y = ({rank: value for value, rank in each.items()} for each in (across, down))
    changed = tuple(moving((x[a], y[b]), (x[c], y[d])) for a, b, c, d in blocks)
    text = plain % changed
    return int(text or "0", 2), len(text)


def row(columns: int, moves: Iterable[Move]) -> str:
    """The blocks of a slice of one row: bars are such, and no two of their pictures are alike.

    With no block above, a vector is expected to be that of the block to the left, and a block that
    is skipped stays still [8.4.1.1].
    """
    made: list[str] = []
    last, before = 0, STILL
    for move in sorted(moves, key=lambda each: each.left):
        if move.vector == STILL:
            continue
        expected = before if last == move.left else STILL
        made.append(ue(move.left - last) + moving(move.vector, expected))
        made.append(FOLLOWING * (move.right - move.left - 1))
        last, before = move.right, move.vector
    if last < columns:
        made.append(ue(columns - last))
    return "".join(made)


def apart(moves: Iterable[Move]) -> list[tuple[Move, ...]]:
    """The moves in groups that have a column between them, so that none is a neighbour's."""
    groups: list[list[Move]] = []
    end = -1
    for move in sorted(moves, key=lambda each: each.left):
        if not groups or move.left > end:
            groups.append([])
        groups[-1].append(move)
        end = max(end, move.right)
    return list(map(tuple, groups))


def together(columns: int, rows: int, groups: Iterable[tuple[Move, ...]]) -> str:
    """The blocks of a slice with several groups, each of which many pictures have: clocks."""
    made: list[str] = []
    last = -1
    for place, text in sorted(block for group in groups for block in told(columns, rows, group)):
        made.append(ue(place - last - 1) + text)
        last = place
    left = columns * rows - last - 1
    return "".join(made) + (ue(left) if left else "")


@lru_cache(maxsize=8192)
def told(columns: int, rows: int, moves: tuple[Move, ...]) -> tuple[tuple[int, str], ...]:
    """The blocks of a group that are not skipped, each with its place in the slice."""
    field = Field(columns, rows, moves)
    found = ((place, *field.expected(place)) for place in field.unsure)
    return tuple(
        (place, moving(field.vectors.get(place, STILL), expected))
        for place, expected, skipped in found
        if field.vectors.get(place, STILL) != skipped
    )


def ranks(values: set[int]) -> dict[int, int]:
    """How each of these follows on the others, as a number with its sign."""
    known = sorted(values | {0})
    return {value: place for place, value in enumerate(known, -known.index(0))}


@lru_cache(maxsize=2048)
def pattern(
    columns: int, rows: int, moves: tuple[Move, ...]
) -> tuple[str, tuple[tuple[int, int, int, int], ...]]:
    """What slices share whose vectors differ, but not in their order, by which medians go.

    Ranks stand for the vectors. It is the text, with a gap for each block whose vector is not the
    expected one, and these two of each gap.
    """
    field = Field(columns, rows, moves)
    made: list[str] = []
    blocks: list[tuple[int, int, int, int]] = []
    last = -1
    for place in sorted(field.unsure):
        vector = field.vectors.get(place, STILL)
        expected, skipped = field.expected(place)
        if vector != skipped:
            made.append(ue(place - last - 1))
            made.append(EXPECTED if vector == expected else "%s")
            if vector != expected:
                blocks.append((*vector, *expected))
            last = place
    left = columns * rows - last - 1
    if left:
        made.append(ue(left))
    return "".join(made), tuple(blocks)


def moving(vector: Vector, expected: Vector) -> str:
    """A block without anything new: its kind, how its vector differs, that nothing remains."""
    return ue(0) + se(vector[0] - expected[0]) + se(vector[1] - expected[1]) + ue(0)


EXPECTED = moving(STILL, STILL)
FOLLOWING = ue(0) + EXPECTED  # a block right behind one with the same vector


class Field:
    """The vectors of a slice.

    Inside a move all neighbours agree, so a decoder infers the vector of every block but those at
    its top and left. It infers too much only for a block between two moves.
    """

    def __init__(self, columns: int, rows: int, moves: Sequence[Move]) -> None:
        self.columns, self.rows = columns, rows
        self.vectors: dict[int, Vector] = {}
        self.unsure: set[int] = set()
        for move in moves:
            self.add(move)
        for move in moves:
            self.unsure.update(self.behind(move))

    def add(self, move: Move) -> None:
        top, left = self.across(move, move.top), self.down(move, move.left)
        others = (
            self.across(move, move.bottom - 1),
            self.down(move, move.right - 1),
            self.down(move, min(move.left + 1, move.right - 1)),
        )
        for edge in (top, left, *others):
            self.vectors.update(dict.fromkeys(edge, move.vector))
        self.unsure.update(top, left)

    def across(self, move: Move, y: int) -> range:
        return range(y * self.columns + move.left, y * self.columns + move.right)

    def down(self, move: Move, x: int) -> range:
        return range(move.top * self.columns + x, move.bottom * self.columns + x, self.columns)

    def behind(self, move: Move) -> Iterator[int]:
        """Blocks to the right and below that have a moving block on two sides."""
        if move.right < self.columns:
            right = self.down(move, move.right)
            yield from (place for place in right if place - self.columns in self.vectors)
        if move.bottom < self.rows:
            below = self.across(move, move.bottom)
            yield from (place for place in below if place - 1 in self.vectors)

    def expected(self, place: int) -> tuple[Vector, Vector]:
        """The vector that is expected of a block, and the one that it has if it is skipped."""
        a, b, c = self.neighbours(place)
        expected = median(a, b, c)
        # A skipped block stays still beside a still one or an edge, else it moves [8.4.1.1].
        return expected, STILL if STILL in (a or STILL, b or STILL) else expected

    def neighbours(self, place: int) -> tuple[Vector | None, Vector | None, Vector | None]:
        """The vectors to the left, above and above to the right; None where there is no block."""
        get, x, above = self.vectors.get, place % self.columns, place - self.columns
        left = get(place - 1, STILL) if x else None
        if above < 0:
            return left, None, None
        corner = above + 1 if x + 1 < self.columns else above - 1
        return left, get(above, STILL), get(corner, STILL)


def median(a: Vector | None, b: Vector | None, c: Vector | None) -> Vector:
    """The vector that is expected of a block with one reference picture [8.4.1.3]."""
    if b is None and c is None:
        return a or STILL
    a, b, c = a or STILL, b or STILL, c or STILL
    if b in (a, c):
        return b
    if a == c:
        return a
    return sorted((a[0], b[0], c[0]))[1], sorted((a[1], b[1], c[1]))[1]
