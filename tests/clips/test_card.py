"""What stands on the card has the size of its place."""

import pytest

from simulator.clips import card, fonts
from simulator.clips.geometry import geometry
from simulator.clips.layout import Layout
from simulator.clips.sheet import Sheet
from simulator.clips.text import line, width
from tests.clips.specs import SIZES, spec


@pytest.mark.parametrize("size", SIZES)
def test_the_digits_of_the_clock_nearly_fill_their_cells(size: tuple[int, int]) -> None:
    place = geometry(*size)
    cell = place.cell.columns * 16
    assert 0.9 * cell < width(line("0", fonts.MONO), card.clock_size(place)) <= cell
    assert 0.75 * card.clock_size(place) < place.cell.rows * 16  # digits are so high


def test_what_tasks_have_in_common_is_drawn_once() -> None:
    """The next chip, the seed's, stands behind those that others have as well."""
    card.usual.cache_clear()
    place = geometry(864, 496)
    first, second = (
        card.card(spec(task=task, seed=seed, prompt=""), place, 3).blocks()
        for task, seed in (("cgt-1", 1), ("cgt-2", 22222))
    )
    assert card.usual.cache_info().misses == 1
    rows = [y for y, pair in enumerate(zip(first, second, strict=True)) if pair[0] != pair[1]]
    assert rows, "two tasks look alike"
    common = [y for y, row in enumerate(first) if row and y not in rows]
    assert common, "nothing is the same"
    card.card(spec(model="another", prompt=""), place, 3)
    assert card.usual.cache_info().misses == 2


def test_chips_that_do_not_fit_go_on_below() -> None:
    place = geometry(864, 496)
    layout = Layout(Sheet(place.panel, 3), place, 100)
    wanted = tuple(card.Chip(f"This is chip {number}") for number in range(7))
    x = card.chips(layout, wanted, layout.left)
    assert layout.y == 100 + card.chip_height(layout) + layout.px(7)
    assert layout.left < x < place.text.right
