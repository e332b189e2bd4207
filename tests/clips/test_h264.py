import random
from collections.abc import Sequence
from itertools import pairwise

from simulator.clips import blocks, h264, motion, mp4
from simulator.clips.h264 import Picture, Shape
from simulator.clips.motion import Move
from simulator.clips.track import Video, seconds
from tests.clips.decoders import plane, seen, sums

SHAPE = Shape(width=150, height=90, columns=10, rows=6)
FIRST = Picture(idr=True, kept=True, frame_num=0, order=0)


def noise(dice: random.Random) -> list[bytes]:
    """Raw blocks for a whole picture."""
    count = SHAPE.columns * SHAPE.rows
    return [bytes(dice.randrange(16, 236) for _ in range(384)) for _ in range(count)]


def first_picture(raw: list[bytes]) -> bytes:
    width = SHAPE.columns
    rows = [[blocks.Stretch(0, raw[at : at + width])] for at in range(0, len(raw), width)]
    parts: list[bytes] = []
    for y, cells in enumerate(rows):
        parts += blocks.row(FIRST, y * width, width, cells)
    return b"".join(parts)


def luma(raw: list[bytes], x: int, y: int) -> int:
    """A sample of the first picture; outside, its nearest edge."""
    x = min(max(x, 0), SHAPE.columns * 16 - 1)
    y = min(max(y, 0), SHAPE.rows * 16 - 1)
    return raw[y // 16 * SHAPE.columns + x // 16][y % 16 * 16 + x % 16]


def expected(raw: list[bytes], moves: list[Move]) -> bytes:
    made = bytearray()
    for y in range(SHAPE.height):
        for x in range(SHAPE.width):
            across, down = vector(moves, x // 16, y // 16)
            made.append(luma(raw, x + across // 4, y + down // 4))
    return bytes(made)


def vector(moves: list[Move], x: int, y: int) -> tuple[int, int]:
    for move in moves:
        if move.left <= x < move.right and move.top <= y < move.bottom:
            return move.vector
    return (0, 0)


def some_moves(dice: random.Random) -> list[Move]:
    """Moves of whole pixels that do not overlap: at most one in each quarter."""
    moves = []
    for left, top in ((0, 0), (5, 0), (0, 3), (5, 3)):
        columns = sorted(dice.sample(range(6), 2))
        rows = sorted(dice.sample(range(4), 2))
        away = dice.randrange(-60, 60) * 4, dice.randrange(-40, 40) * 4
        if dice.random() < 0.8:
            moves.append(
                Move(left + columns[0], top + rows[0], left + columns[1], top + rows[1], away)
            )
    return moves


def test_pictures_are_what_their_moves_say() -> None:
    dice = random.Random(3)
    plans = [some_moves(dice) for _ in range(60)]
    cuts = [(0, 3, SHAPE.rows) if number % 2 else (0, SHAPE.rows) for number in range(1, 61)]
    show(noise(dice), plans, cuts)


def test_rows_with_a_slice_of_their_own_are_what_their_moves_say() -> None:
    """Moves in one row, some side by side: their blocks have nobody above."""
    dice = random.Random(4)
    plans = []
    for _ in range(60):
        edges = [0, *sorted(dice.sample(range(1, SHAPE.columns), 4)), SHAPE.columns]
        pieces = [each for each in pairwise(edges) if dice.random() < 0.6]
        row = dice.randrange(SHAPE.rows)
        away = [(dice.randrange(-3, 3) * 64, dice.randrange(-9, 9) * 4) for _ in pieces]
        given = zip(pieces, away, strict=True)
        plans.append([Move(left, row, right, row + 1, vector) for (left, right), vector in given])
    show(noise(dice), plans, [tuple(range(SHAPE.rows + 1))] * len(plans))


def show(raw: list[bytes], plans: list[list[Move]], cuts: Sequence[tuple[int, ...]]) -> None:
    """Two decoders show what the moves say, of pictures cut into slices at these rows."""
    samples = [first_picture(raw)]
    for number, (moves, cut) in enumerate(zip(plans, cuts, strict=True), 1):
        picture = Picture(idr=False, kept=False, frame_num=1, order=2 * number)
        parts = [motion.part(picture, SHAPE, moves, *each) for each in pairwise(cut)]
        samples.append(mp4.sample(parts))
    video = Video(SHAPE.width, SHAPE.height, h264.sps(SHAPE), h264.pps(), seconds(samples))
    clip = mp4.movie(video)
    frames = seen(clip).frames
    assert len(frames) == len(plans) + 1
    for frame, moves in zip(frames, [[], *plans], strict=True):
        assert plane(frame, 0) == expected(raw, moves), moves
    assert sums(clip, "h264") == sums(clip, "libopenh264")


def test_a_block_left_out_repeats_the_edge_to_its_left() -> None:
    block = bytes(range(16, 32)) * 16 + bytes((90,)) * 128
    cells = [blocks.Stretch(0, [block]), blocks.Stretch(5, [block])]
    width = SHAPE.columns
    first = [b"".join(blocks.row(FIRST, y * width, width, cells)) for y in range(SHAPE.rows)]
    video = Video(150, 90, h264.sps(SHAPE), h264.pps(), seconds([b"".join(first)]))
    (frame,) = seen(mp4.movie(video)).frames
    line = bytes(range(16, 32)) + bytes((31,)) * 64
    assert plane(frame, 0) == (line * 2)[:150] * 90
    assert set(plane(frame, 1)) == {90}
