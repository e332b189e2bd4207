"""Letters as masks: kept where they stand apart, and never more than there is room for."""

from PIL import Image, ImageChops

from simulator.clips import fonts, letters
from simulator.clips.letters import CASE, LARGE, MIDDLING, PHASES, Case
from simulator.clips.text import line


def test_letters_are_drawn_once_a_size_and_phase() -> None:
    case = Case(1 << 20)
    first = case.glyph((fonts.DISPLAY, 40, 30, 0))
    assert first is not None
    assert case.glyph((fonts.DISPLAY, 40, 30, 0)) is first
    others = (fonts.DISPLAY, 40, 31, 0), (fonts.DISPLAY, 40, 30, 1), (fonts.DISPLAY, 41, 30, 0)
    assert all(case.glyph(other) is not first for other in others)


def test_what_is_kept_stays_within_its_bound() -> None:
    case = Case(200_000)
    for number in range(20, 120):
        case.glyph((fonts.DISPLAY, number, 160, 0))
        held = sum(mask.width * mask.height for mask in case.masks.values() if mask)
        assert held == case.held <= case.most


def test_letters_that_touch_are_one_mask_at_every_size() -> None:
    joined = line("\u0642\u0627\u0641\u0644\u0629")
    assert [len(letters.letters(joined, size)) for size in (20, LARGE, 200)] == [1, 1, 1]
    assert len(letters.letters(line("kite"), LARGE)) == 4


def test_latin_letters_are_kept_at_every_size_and_ideographs_at_large_ones() -> None:
    latin, han = line("kite"), line("\u732b\u72d7")
    sizes = (20, MIDDLING, LARGE - 1, LARGE)
    assert [len(letters.letters(latin, size)) for size in sizes] == [4, 4, 4, 4]
    assert [len(letters.letters(han, size)) for size in sizes] == [1, 1, 1, 2]


def test_small_letters_stand_where_they_would_in_one_drawing() -> None:
    """Within half a phase, so that a word from kept letters has the gaps of one drawn at once."""
    text, size = line("minimum illumination", fonts.TEXT), 16
    whole = letters.drawn(text[0].font, text[0].setting(), size, 0)
    made = letters.joined(letters.letters(text, size))
    assert whole is not None
    sheets = [Image.new("L", (240, 40)) for _ in range(2)]
    for sheet, mask in zip(sheets, (whole, made), strict=True):
        sheet.paste(255, (10 + mask.left, 30 + mask.top), mask.image)
    most = max(ImageChops.difference(*sheets).tobytes())
    assert 0 < most <= 255 / PHASES * 0.75


def test_a_joined_line_has_even_sides_and_all_of_its_ink() -> None:
    placed = letters.letters(line("cgt-20260101", fonts.MONO), 23)
    made = letters.joined(placed)
    assert made.width % 2 == made.height % 2 == 0
    ink = sum(sum(mask.image.tobytes()) for _, _, mask in placed)
    assert ink * 0.98 <= sum(made.image.tobytes()) <= ink


def test_what_is_forgotten_is_drawn_again() -> None:
    case = Case(1 << 20)
    latin, han = (fonts.DISPLAY, 40, 64, 0), (fonts.HAN, 4000, 64, 0)
    first, other = case.glyph(latin), case.glyph(han)
    assert first is not None
    assert other is not None
    case.forget(but=fonts.LATIN)
    assert case.held == first.width * first.height
    assert case.glyph(latin) is first
    assert case.glyph(han) is not other


def test_all_clips_share_what_is_kept() -> None:
    ((_, _, mask),) = letters.letters(line("k"), MIDDLING)
    assert mask in CASE.masks.values()
