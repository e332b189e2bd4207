import pytest

from simulator.clips import fonts, text
from simulator.clips.geometry import Area
from simulator.clips.sheet import Sheet

SIZES = (40, 30, 20)


@pytest.mark.parametrize(
    "said",
    [
        "Kite \u00e9\u00df\u0141 \u03b1\u03b2\u03b3 \u0416\u0434\u044f \u2026 \u201cq\u201d",
        "\u7ea2\u8272\u98ce\u7b5d\u3002\u7e41\u9ad4\u5b57",
        "\u51e7\u3042\u3052\u30ab \uac00\uc624\ub9ac",
        "\u0637\u0627\u0626\u0631\u0629 \u05e2\u05e4\u05d9\u05e4\u05d5\u05df",
        "\u0e27\u0e48\u0e32\u0e27 \u092a\u0924\u0902\u0917 \u09a6\u09c1\u09a1 \u0baa\u0b9f",
        "\U0001fa81\U0001f30a\u2728\u2b50\U0001f3ac\u2192\u2605",
    ],
)
def test_no_letter_is_a_box(said: str) -> None:
    assert [char for char in said if fonts.owner(char, fonts.TEXT) is None] == []


def test_no_korean_syllable_and_no_japanese_letter_is_a_box() -> None:
    syllables = map(chr, range(0xAC00, 0xD7A4))
    kana = map(chr, (*range(0x3041, 0x3097), *range(0x30A1, 0x30FB), *range(0xFF66, 0xFF9E)))
    assert [char for char in (*syllables, *kana) if not fonts.has(fonts.HAN, char)] == []


def test_syllables_in_parts_are_put_together() -> None:
    assert text.clean("\u1107\u1175 o\u0301") == "\ube44 \u00f3"


def test_ideographs_are_japanese_where_the_text_is() -> None:
    def drawn(said: str) -> set[int]:
        block = text.fitted(said, (20,), 60, {20: 9}, fonts.TEXT)
        runs = [run for line in block.lines for run in line if "\u76f4" in run.text]
        return {number for run in runs for number, _, _ in run.setting().glyphs[:1]}

    chinese, japanese = (
        drawn("\u76f4\u76f4\u76f4\u76f4"),
        drawn("\u76f4\u76f4\u76f4\u76f4\u306e\u306e\u306e"),
    )
    assert len(chinese) == len(japanese) == 1
    assert chinese != japanese


def test_directives_and_control_characters_are_not_shown() -> None:
    assert text.clean("A kite\x00\n --ratio 16:9 --dur 5 --seed=7") == "A kite"
    assert text.clean("--fast kite -- sea") == "--fast kite -- sea"


@pytest.mark.parametrize(
    "said", ["kite " * 300, "\u98ce\u7b5d\u3002" * 300, "x" * 900, "\u0637" * 900]
)
def test_lines_fit_and_the_last_says_that_there_is_more(said: str) -> None:
    block = text.fitted(said, SIZES, 400, {40: 3, 30: 4, 20: 6}, fonts.TEXT)
    assert block.size == 20
    assert len(block.lines) == 6
    assert max(text.width(line, 20) for line in block.lines) < 410
    shown = "".join(run.text for run in block.lines[-1])
    assert text.ELLIPSIS in shown


@pytest.mark.parametrize("length", [1_000, 3_000, 3_001, 12_000, 12_001, 40_000])
@pytest.mark.parametrize("most", [9, 500])
def test_text_is_cut_between_words(length: int, most: int) -> None:
    said = " ".join(f"word{number}" for number in range(10_000))[:length]
    block = text.fitted(said, (20,), 400, {20: most}, fonts.TEXT)
    shown = " ".join("".join(run.text for run in line) for line in block.lines)
    if shown != said:
        assert shown.endswith(text.ELLIPSIS)
        assert said.startswith(shown[:-1] + " ")
        assert len(block.lines) == most or len(shown) > text.LONGEST - 10
    assert (shown == said) == (most == 500 and length <= text.LONGEST)


@pytest.mark.parametrize(
    ("said", "most", "shown"),
    [
        ("a red kite over", 10, "a red kite\u2026"),
        ("a red kite over", 9, "a red\u2026"),
        ("kite", 3, "kit\u2026"),
        ("\u98ce\u7b5d\u98de\u8fc7", 3, "\u98ce\u7b5d\u98de\u2026"),
        ("\u98ce\u7b5d\uff0c\u98de", 2, "\u98ce\u2026"),
        ("kite \u98ce\u7b5d", 6, "kite \u98ce\u2026"),
    ],
)
def test_an_ellipsis_stands_where_a_line_may_break(said: str, most: int, shown: str) -> None:
    assert text.abridged(said, most) == shown


def test_cleaning_twice_is_cleaning_once() -> None:
    once = text.clean("A kite over the sea. " * 2_000)
    assert len(once) <= text.LONGEST
    assert text.clean(once) == once


def test_short_text_is_large() -> None:
    assert text.fitted("kite", SIZES, 400, {40: 3, 30: 4, 20: 6}, fonts.TEXT).size == 40


def test_no_line_begins_with_a_closing_mark() -> None:
    block = text.fitted("\u98ce\u7b5d\u98de\uff0c" * 20, (20,), 120, {20: 99}, fonts.TEXT)
    assert not [line for line in block.lines if line[0].text[0] == "\uff0c"]


def test_what_is_written_from_the_right_stands_in_that_order() -> None:
    runs = text.line("\u0637\u0627 (35mm) \u0636\u0648")
    (number,) = [run for run in runs if not run.rtl]
    assert number.text.strip() == "35mm"
    before, after = runs[: runs.index(number)], runs[runs.index(number) + 1 :]
    assert "\u0636" in "".join(run.text for run in before)
    assert "\u0637" in "".join(run.text for run in after)


def test_a_number_among_letters_from_the_right_is_read_from_the_left() -> None:
    runs = text.line("kite \u0637\u0627 1.35 \u0636\u0648 \u0663\u0664")
    assert [run.text.strip() for run in runs if not run.rtl] == ["kite", "\u0663\u0664", "1.35"]


def test_letters_stand_as_their_script_asks() -> None:
    """Joined in Arabic, the vowel ahead of its letter in Hindi, one person in an emoji."""
    arabic, hindi = "NotoSansArabic-Medium.ttf", "NotoSansDevanagari-Medium.ttf"
    alone = {
        number for char in "\u0628\u0628" for number, _, _ in fonts.setting(char, arabic).glyphs
    }
    joined = {number for number, _, _ in fonts.setting("\u0628\u0628", arabic, True).glyphs}
    assert joined.isdisjoint(alone) or len(joined) > len(alone)
    ((letter, _, _),) = fonts.setting("\u0915", hindi).glyphs
    assert fonts.setting("\u0915\u093f", hindi).glyphs[-1][0] == letter
    assert len(fonts.setting("\U0001f469\u200d\U0001f680", fonts.EMOJI).glyphs) == 1


@pytest.mark.parametrize(
    "said", ["35mm \u6beb\u7c73 a b", "\u0637\u0627 (35mm) \u0636\u0648", "a b c"]
)
def test_what_is_drawn_is_as_wide_as_it_was_measured(said: str) -> None:
    runs = text.line(said)
    sheet = Sheet(Area(0, 0, 40, 6), 0)
    sheet.text(runs, 40, 16, 60)
    box = sheet.luma.point(lambda value: value != sheet.paper.y and 255).getbbox()
    assert box is not None
    assert abs(box[0] - 16) < 6
    assert abs(box[2] - 16 - text.width(runs, 40)) < 8


def test_korean_is_broken_between_its_words() -> None:
    said = "\ub124\uc628\uc0ac\uc778 \uc544\ub798\uc5d0\uc11c \uc6b0\uc0b0\uc744 " * 4
    block = text.fitted(said, (20,), 150, {20: 99}, fonts.TEXT)
    assert len(block.lines) > 2
    words = {word for line in block.lines for run in line for word in run.text.split()}
    assert words == set(said.split())
