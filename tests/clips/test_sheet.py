"""The blocks of a sheet are what was drawn on it, and the rest of it is plain."""

import random
from itertools import pairwise

import pytest
from PIL import Image

from simulator.clips import letters, plane
from simulator.clips.blocks import Stretch
from simulator.clips.geometry import Area, Box
from simulator.clips.plane import cutter, ink, inker
from simulator.clips.sheet import Sheet, flat, stretches
from simulator.clips.text import line

AREA = Area(3, 2, 27, 13)


def drawn(area: Area = AREA) -> Sheet:
    """Every kind of drawing, some of it over the edges."""
    made = Sheet(area, 4)
    left, top = AREA.left * 16, AREA.top * 16
    made.text(line("A red kite"), 40, left + 8, top + 50)
    made.text(line("cgt-20260101"), 23, left - 9, top + 12, "accent")
    made.text(line("over the edge of it"), 72, left + 200, top + 100, "soft")
    made.rounded(Box(left + 20, top + 130, left + 90, top + 158), 14, "accent")
    made.rounded(Box(left + 100, top + 130, left + 170, top + 158), 14, "raised")
    made.picture(Image.new("RGB", (50, 30), "orange"), left + 340, top + 140, 8)
    return made


def cut(sheet: Sheet, x: int, y: int) -> bytes:
    """A block as the planes have it."""
    planes = ((sheet.luma, 16), (sheet.cb, 8), (sheet.cr, 8))
    return b"".join(
        plane.crop((x * side, y * side, x * side + side, y * side + side)).tobytes()
        for plane, side in planes
    )


def test_blocks_are_what_was_drawn() -> None:
    sheet = drawn()
    plain = flat(sheet.paper)
    coloured = 0
    for y, row in enumerate(sheet.blocks()):
        assert all(one.place + len(one.blocks) + 1 < other.place for one, other in pairwise(row))
        found = [plain] * AREA.columns
        for one in row:
            blocks = [block + one.chroma for block in one.blocks]
            found[one.place - AREA.left : one.place - AREA.left + len(blocks)] = blocks
            bare = [block == plain for block in blocks]
            assert not bare[0]
            assert not bare[-1]
            assert (True, True) not in pairwise(bare), "two blocks of ground are left out"
        assert found == [cut(sheet, x, y) for x in range(AREA.columns)]
        coloured += sum(block[256:] != plain[256:] for block in found)
    assert coloured > 20


def test_a_sheet_without_drawing_has_no_blocks() -> None:
    assert Sheet(AREA, 4).blocks() == [[]] * AREA.rows


def test_one_block_of_ground_is_no_gap_and_two_are() -> None:
    ground, inked = bytes(256), bytes(255) + b"\1"
    lines = [ground, inked, ground, inked, ground, ground, inked, ground]
    found = [(place, list(blocks)) for place, blocks, _ in stretches(5, lines, ground, b"")]
    assert found == [(6, [inked, ground, inked]), (11, [inked])]


def test_a_sheet_laid_on_another_has_the_same_blocks_there() -> None:
    piece, whole = drawn(Area(3, 0, 27, 16)), Sheet(Area(1, 0, 40, 20), 4)
    before = {(y, one) for y, row in enumerate(piece.blocks()) for one in flattened(row)}
    piece.trim()
    assert 0 < piece.area.top < piece.area.bottom < 16, "nothing was given up"
    whole.lay(piece)
    after = {(y, one) for y, row in enumerate(whole.blocks()) for one in flattened(row)}
    assert len(before) > 100
    assert after == before


def flattened(row: list[Stretch]) -> list[tuple[int, bytes]]:
    """Every block of a row that is not ground, with its column in the picture."""
    plain = flat(Sheet(AREA, 4).paper)
    blocks = [(x, b + one.chroma) for one in row for x, b in enumerate(one.blocks, one.place)]
    return [(x, block) for x, block in blocks if block != plain]


def test_a_cut_is_its_crop() -> None:
    whole = Image.frombytes("L", (64, 48), random.Random(1).randbytes(64 * 48))
    edges = (16, 5, 48, 37)
    assert cutter(whole)(edges) == whole.crop(edges).tobytes()


def test_ink_is_laid_as_paste_lays_it() -> None:
    mask = Image.frombytes("L", (9, 7), random.Random(2).randbytes(63))
    planes = [Image.new("L", (16, 16), 20) for _ in range(2)]
    for left, top in ((3, 4), (-4, -2), (12, 13), (40, 40)):
        edges = (left, top, left + 9, top + 7)
        inker(planes[0])(200, edges, ink(mask))
        planes[1].paste(200, edges, mask)
    assert planes[0].tobytes() == planes[1].tobytes()
    assert max(planes[0].tobytes()) > 150


def test_a_card_is_the_same_without_the_inside_of_pillow(monkeypatch: pytest.MonkeyPatch) -> None:
    before = drawn().blocks()
    monkeypatch.setattr(plane, "inside", lambda thing, name: None)
    monkeypatch.setattr(letters, "CASE", letters.Case(1 << 20))
    assert drawn().blocks() == before
