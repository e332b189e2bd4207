"""The blocks of a sheet are what was drawn on it, and the rest of it is plain."""

import random
from itertools import pairwise

from PIL import Image

from simulator.clips.geometry import Area, Box
from simulator.clips.sheet import Sheet, flat, strip
from simulator.clips.text import line

AREA = Area(3, 2, 27, 13)


def drawn() -> Sheet:
    """Every kind of drawing, some of it over the edges."""
    made = Sheet(AREA, 4)
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
        assert all(one.place + len(one.blocks) < other.place for one, other in pairwise(row))
        found = [plain] * AREA.columns
        for one in row:
            for x, block in enumerate(one.blocks, one.place - AREA.left):
                found[x] = block + one.chroma
                assert found[x] != plain
        assert found == [cut(sheet, x, y) for x in range(AREA.columns)]
        coloured += sum(block[256:] != plain[256:] for block in found)
    assert coloured > 20


def test_a_sheet_without_drawing_has_no_blocks() -> None:
    assert Sheet(AREA, 4).blocks() == [[]] * AREA.rows


def test_a_strip_is_its_crop() -> None:
    plane = Image.frombytes("L", (64, 48), random.Random(1).randbytes(64 * 48))
    edges = (16, 5, 48, 37)
    assert strip(plane, edges) == plane.crop(edges).tobytes()
