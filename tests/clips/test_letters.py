"""Letters as masks: kept where they are large, and never more than there is room for."""

from simulator.clips import fonts
from simulator.clips.letters import LARGE, MIDDLING, Case, letters
from simulator.clips.text import line


def test_large_letters_are_drawn_once() -> None:
    case = Case(1 << 20)
    first = case.glyph(fonts.DISPLAY, 40, 120)
    assert first is not None
    assert case.glyph(fonts.DISPLAY, 40, 120) is first
    assert case.glyph(fonts.DISPLAY, 40, 121) is not first


def test_what_is_kept_stays_within_its_bound() -> None:
    case = Case(200_000)
    for number in range(20, 120):
        case.glyph(fonts.DISPLAY, number, 160)
        held = sum(mask.image.width * mask.image.height for mask in case.masks.values() if mask)
        assert held == case.held <= case.most


def test_letters_that_touch_are_one_mask_at_every_size() -> None:
    joined = line("\u0642\u0627\u0641\u0644\u0629")
    assert [len(list(letters(joined, size))) for size in (20, LARGE, 200)] == [1, 1, 1]
    assert len(list(letters(line("kite"), LARGE))) == 4


def test_latin_letters_are_kept_sooner_than_ideographs() -> None:
    latin, han = line("kite"), line("\u732b\u72d7")
    sizes = (MIDDLING - 1, MIDDLING, LARGE - 1, LARGE)
    assert [len(list(letters(latin, size))) for size in sizes] == [1, 4, 4, 4]
    assert [len(list(letters(han, size))) for size in sizes] == [1, 1, 1, 2]


def test_what_is_forgotten_is_drawn_again() -> None:
    case = Case(1 << 20)
    latin, han = case.glyph(fonts.DISPLAY, 40, 64), case.glyph(fonts.HAN, 4000, 64)
    assert latin is not None
    assert han is not None
    case.forget(but=fonts.LATIN)
    assert case.held == latin.image.width * latin.image.height
    assert case.glyph(fonts.DISPLAY, 40, 64) is latin
    assert case.glyph(fonts.HAN, 4000, 64) is not han
