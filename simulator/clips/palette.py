"""Colours of a clip, chosen by its seed."""

from dataclasses import dataclass

RGB = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Colour:
    """A colour as BT.709 limited range carries it."""

    y: int
    cb: int
    cr: int


@dataclass(frozen=True, slots=True)
class Palette:
    """Paper and accent of the card; sky from top to horizon, sun, and ridges from far to near."""

    paper: str
    accent: str
    sky: tuple[str, str, str]
    sun: str
    ridges: tuple[str, str, str]


def named(words: str) -> Palette:
    """A palette from its colours in words: hexadecimal, one after the other."""
    paper, accent, high, middle, low, sun, far, mid, near = words.split()
    return Palette(paper, accent, (high, middle, low), sun, (far, mid, near))


# paper, accent, sky downwards, sun, ridges towards the viewer
PALETTES = tuple(
    named(words)
    for words in (
        "14131f ff9e7a 2b1b4d c4567f ffc38b ffe8c2 8f4a78 54305f 271a3d",
        "0d191e 6fe3cf 0b3f57 2f9a9c b7ead0 f6ffe6 2a8a8a 14606b 0a3742",
        "1a1411 ffb454 6b2418 e07a3c ffdf9e fff3cf b3552f 763022 3d1815",
        "0f1813 a6da7e 17402f 5f9a62 d7e8a6 fbf6d2 4a8656 295a3e 143524",
        "10151e 8cc0ff 1b3566 6b9fd8 e4f0fc ffffff 7ba0d0 43699f 1f3a66",
        "1b1217 ff8fb1 4d1a3b d2698f fcd5cb fff0ea a84d78 6d2f58 38172f",
        "0e1020 a9a3ff 080b24 34388a 9a8ad0 f4f1ff 3a3d86 24265e 101236",
        "181611 f2c46d 256f93 84b7bd f4e8c8 fffae0 dcae68 ad7843 70472a",
        "0c1719 7cf2b5 05192a 14705f a8ec9a e9ffe6 1d6a63 104a4c 082a30",
        "17111f e39bff 25104a 973f9d ffb0c4 ffe9ee 7a3690 4d2370 261243",
        "0f1719 f2a065 0f353d 9c7458 ffd2a0 fff2da 3b7576 215257 0f2e34",
        "131416 d7dbe2 24262b 80868f e6e8eb ffffff 767d89 50565f 2a2d33",
    )
)

WHITE = "f5f4f0"


def palette(number: int) -> Palette:
    """The palette of a number, whichever it is."""
    return PALETTES[number % len(PALETTES)]


def rgb(text: str) -> RGB:
    """Six hexadecimal digits as red, green and blue."""
    return (int(text[0:2], 16), int(text[2:4], 16), int(text[4:6], 16))


def colour(text: str) -> Colour:
    """What a decoder that knows BT.709 shows as the colour."""
    red, green, blue = (part / 255 for part in rgb(text))
    y = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    return Colour(
        round(16 + 219 * y),
        round(128 + 224 * (blue - y) / 1.8556),
        round(128 + 224 * (red - y) / 1.5748),
    )


def blend(first: str, second: str, part: float) -> str:
    """The colour ``part`` of the way from the first to the second."""
    pairs = zip(rgb(first), rgb(second), strict=True)
    return "".join(f"{round(a + (b - a) * part):02x}" for a, b in pairs)
