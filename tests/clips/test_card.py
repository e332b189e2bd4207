"""What stands on the card has the size of its place."""

import pytest

from simulator.clips import card, fonts
from simulator.clips.geometry import geometry
from simulator.clips.text import line, width
from tests.clips.specs import SIZES


@pytest.mark.parametrize("size", SIZES)
def test_the_digits_of_the_clock_nearly_fill_their_cells(size: tuple[int, int]) -> None:
    place = geometry(*size)
    cell = place.cell.columns * 16
    assert 0.9 * cell < width(line("0", fonts.MONO), card.clock_size(place)) <= cell
    assert 0.75 * card.clock_size(place) < place.cell.rows * 16  # digits are so high
