"""Text of any script, cut into lines and into runs that one font can draw."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from simulator.clips import fonts

# The largest card holds as many narrow letters in its smallest size.
LONGEST = 3000
MEASURE = 64

# Characters of which something is known, at most.
KNOWN = 8192
ELLIPSIS = "\u2026"
JOINED = "\u200d\ufe0f\ufe0e\u20e3"
SKIN = range(0x1F3FB, 0x1F400)
JOINS = frozenset((*JOINED, *map(chr, SKIN)))
# Full-width marks are meant here.
NEVER_FIRST = ",.!?:;)]}、。，．・：；！？）］｝」』】〉》”’…‥ー"  # noqa: RUF001
# Korean is not among them: it puts spaces between its words.
IDEOGRAPHS = ((0x2E80, 0xA000), (0xF900, 0xFB00), (0xFE30, 0xFFF0))
PLANES = range(0x20000, 0x40000)

KANA = re.compile("[\u3041-\u30ff\uff66-\uff9f]")
WORDS = re.compile(r"\S+ *")

# What may end a line without a blank, and what goes with the letter in front of it.
WIDE = "".join(f"{chr(first)}-{chr(last - 1)}" for first, last in IDEOGRAPHS) + (
    f"{chr(PLANES.start)}-{chr(PLANES.stop - 1)}"
)
CLOSING = re.escape(NEVER_FIRST + JOINED) + f"{chr(SKIN.start)}-{chr(SKIN.stop - 1)}"
PIECES = re.compile(f".(?:[ {CLOSING}]|(?<=\u200d).|(?<![ {WIDE}])[^ {WIDE}])*", re.DOTALL)
NUMBERS = re.compile(r"(\d+(?:[.,:/\u066b\u066c]\d+)*[%\u066a]?)")

# The commands that some models read out of a prompt.
DIRECTIVES = re.compile(
    r"\s*--(?:rt|ratio|rs|resolution|dur|duration|frames|fps|framespersecond|seed|cf|camerafixed"
    r"|camera_fixed|wm|watermark)[ =]+\S+",
    re.IGNORECASE,
)


class Run(NamedTuple):
    """Characters in one font and one direction."""

    text: str
    font: str
    rtl: bool = False
    language: str = ""

    def setting(self) -> fonts.Setting:
        return fonts.setting(self.text, self.font, self.rtl, self.language)

    def width(self, size: int) -> float:
        return self.setting().width * size


Line = tuple[Run, ...]


@dataclass(frozen=True, slots=True)
class Block:
    """Lines at one size; ``rtl`` text begins at the right."""

    lines: tuple[Line, ...]
    size: int
    rtl: bool = False


@lru_cache(maxsize=16)
def clean(text: str) -> str:
    """One line without control characters and directives, cut where no card has room."""
    short = text[: 4 * LONGEST]
    if not (short.isascii() and short.isprintable()):
        # Some systems write accents and Korean syllables in parts.
        short = unicodedata.normalize("NFC", short.translate(PRINTABLE))
    tidy = " ".join(DIRECTIVES.sub("", " " + short).split())
    if len(tidy) <= LONGEST and len(text) <= 4 * LONGEST:
        return tidy
    return abridged(tidy, LONGEST - len(ELLIPSIS))


class Printable(dict[int, str]):
    """Characters as they may be drawn: controls become blanks, marks of format nothing."""

    def __missing__(self, code: int) -> str:
        if len(self) >= KNOWN:
            self.clear()
        self[code] = made = printable(chr(code))
        return made


PRINTABLE = Printable()


def printable(char: str) -> str:
    """One of these."""
    if char in JOINED:
        return char
    kind = unicodedata.category(char)
    return " " if kind in ("Cc", "Cs", "Cn", "Co", "Zl", "Zp") else "" if kind == "Cf" else char


@lru_cache(maxsize=1024)
def line(text: str, font: str = fonts.TEXT) -> Line:
    """One line of text, its runs from left to right."""
    return arranged(clean(text), font)


def width(runs: Line, size: int) -> float:
    """How wide a line is at a size, in pixels."""
    return sum(run.width(size) for run in runs)


def fitted(
    text: str, sizes: tuple[int, ...], across: float, lines: dict[int, int], font: str
) -> Block:
    """The text at the largest size whose lines are few enough; cut short at the smallest."""
    tidy = clean(text)
    pieces = measured(tidy, font)
    whole = sum(part for _, part in pieces)
    for size in sizes:
        if whole * size > across * MEASURE * lines[size] and size != sizes[-1]:
            continue
        broken = wrapped(pieces, across * MEASURE / size)
        if len(broken) <= lines[size] or size == sizes[-1]:
            break
    if len(broken) > lines[size]:
        broken = broken[: lines[size]]
        broken[-1] = shortened(broken[-1], across * MEASURE / size, font)
    rtl = leads_right(tidy)
    tongue = language(tidy)
    return Block(tuple(arranged(part.strip(), font, rtl, tongue) for part in broken), size, rtl)


def measured(text: str, font: str) -> list[tuple[str, float]]:
    """The unbreakable pieces with their widths at the measuring size."""
    return [(piece, extent(piece, font)) for piece in pieces(text)]


def extent(text: str, font: str) -> float:
    """How wide a text is at the size at which lines are measured."""
    if text.isascii() or len(text) == 1:
        return sum(map(advances(font).__getitem__, text))
    return sum(map(across, runs(text, font, False)))


def across(run: Run) -> float:
    """How wide a run is at the measuring size; what joins its letters makes them one."""
    if run.font not in fonts.APART or not JOINS.isdisjoint(run.text):
        return run.width(MEASURE)
    return sum(map(advances(run.font).__getitem__, run.text))


class Advances(dict[str, float]):
    """How wide characters are at the measuring size, each in the font that has it."""

    def __init__(self, font: str) -> None:
        super().__init__()
        self.font = font

    def __missing__(self, char: str) -> float:
        if len(self) >= KNOWN:
            self.clear()
        made = fonts.setting(char, keeper(char, self.font, self.font)).width * MEASURE
        self[char] = made
        return made


@lru_cache(maxsize=64)
def advances(font: str) -> Advances:
    """The characters that have been measured for a font."""
    return Advances(font)


def pieces(text: str) -> list[str]:
    """Words with the space behind them; ideographs one by one, closing marks with their letter."""
    found: list[str] = (WORDS if text.isascii() else PIECES).findall(text)
    return found


def wrapped(measured_pieces: list[tuple[str, float]], across: float) -> list[str]:
    """Pieces set into lines of at most this width; a piece that is too wide is cut."""
    lines: list[str] = []
    text, used = "", 0.0
    for piece, size in measured_pieces:
        if text and used + size > across:
            lines.append(text)
            text, used = "", 0.0
        while size > across and len(piece) > 1:
            cut = max(1, int(len(piece) * across / size))
            lines.append(piece[:cut])
            size *= (len(piece) - cut) / len(piece)
            piece = piece[cut:]
        text, used = text + piece, used + size
    return [*lines, text] if text else lines or [""]


def shortened(text: str, across: float, font: str) -> str:
    """As much of the text as fits with an ellipsis."""
    fits, over = 0, len(text) + 1
    while over - fits > 1:
        middle = (fits + over) // 2
        if extent(text[:middle].rstrip() + ELLIPSIS, font) > across:
            over = middle
        else:
            fits = middle
    return abridged(text, fits)


def abridged(text: str, most: int) -> str:
    """At most so many characters, up to where a line may break, and an ellipsis."""
    kept = ""
    for piece in pieces(text):
        if len(kept) + len(piece.rstrip()) > most:
            break
        kept += piece
    return (kept.rstrip() or text[:most].rstrip()) + ELLIPSIS


def language(text: str) -> str:
    """The language of its ideographs, where it is not Chinese."""
    return "ja" if KANA.search(text) else ""


def arranged(text: str, font: str, rtl: bool | None = None, tongue: str | None = None) -> Line:
    """The runs of one line in the order in which they stand on it."""
    if text.isascii():
        return (Run(text, font),) if text else ()
    right = leads_right(text) if rtl is None else rtl
    made: list[list[Run]] = []
    for part, backwards in directions(text, right):
        made.append(backward(part, font) if backwards else list(runs(part, font, False)))
    placed = [run for group in (made[::-1] if right else made) for run in group]
    said = language(text) if tongue is None else tongue
    return tuple(run._replace(language=said) if run.font == fonts.HAN else run for run in placed)


def backward(text: str, font: str) -> list[Run]:
    """The runs of what is written from right to left; numbers keep their own direction."""
    parts = NUMBERS.split(text)
    found = [list(runs(part, font, at % 2 == 0)) for at, part in enumerate(parts)]
    return [run for at in reversed(range(len(found))) for run in found[at][:: 1 if at % 2 else -1]]


def leads_right(text: str) -> bool:
    """Whether the first letter with a direction is written from right to left."""
    kinds = map(unicodedata.bidirectional, text)
    return next((kind != "L" for kind in kinds if kind in ("L", "R", "AL")), False)


def directions(text: str, right: bool) -> Iterator[tuple[str, bool]]:
    """Stretches of one direction; marks and spaces go with what is on both sides of them."""
    start, way = 0, None
    pause = 0
    for at, char in enumerate(text):
        kind = unicodedata.bidirectional(char)
        if kind not in ("L", "R", "AL") and not (kind == "EN" and right):
            continue
        now = kind in ("R", "AL")
        if way is None:
            if now != right:
                yield text[:at], right
            start, way = 0 if now == right else at, now
        elif now != way:
            cut = at if way == right else pause
            yield text[start:cut], way
            start, way = cut, now
        pause = at + 1
    yield text[start:], right if way is None else way


def runs(text: str, font: str, rtl: bool) -> Iterator[Run]:
    """Stretches that one font can draw."""
    part, current = "", font
    for char in text:
        wanted = keeper(char, current, font)
        if wanted != current and part:
            yield Run(part, current, rtl)
            part = ""
        part, current = part + char, wanted
    if part:
        yield Run(part, current, rtl)


def keeper(char: str, current: str, first: str) -> str:
    """The font for a character; what is no letter stays with its neighbours where it can."""
    if char in JOINS:
        return current
    if current not in (first, fonts.EMOJI, fonts.HAN) and not char.isalpha():
        return current if fonts.has(current, char) else fonts.owner(char, first) or first
    return fonts.owner(char, first) or first
