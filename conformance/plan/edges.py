"""Reference media on a limit, and the nearest beyond it: one property at a time, both ends.

What lies beyond by no more than the row's `slack` is not judged, and the row says why. The nearest
beyond that is a picture more at 50 a second, a hundredth of a picture a second, one pixel (of a
video two, which coders want to be even), one byte.
"""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import count
from math import ceil, floor, isqrt
from typing import Any

from conformance.catalogue.rows import Row

KNOWN = {
    "image": ("png", "jpeg", "webp", "bmp", "tiff", "gif"),
    "video": ("mp4", "mov"),
    "audio": ("wav", "mp3"),
}
# Sound files of their medium, but of a format that few permit.
STRANGE = {"image": ("gif", "bmp", "tiff"), "video": ("mkv",), "audio": ("flac",)}
# How a length is sent that is no whole number: with pictures or samples that can show it.
FINE = {"video": "&fps=50", "audio": "&format=wav", "image": ""}
PICTURE, RATE = Fraction(1, 50), Fraction(1, 100)
TALL, WIDE = 1500, 600
Links = Iterator[list[str]]


def inside(row: Row) -> Links:
    """The media of orders that use the limits of a row to the full."""
    medium = row.expect["medium"]
    for name, bounds in _limits(row):
        values = [_wish(medium, value) for value in ON[name](medium, *map(_exact, bounds))]
        if name == "seconds":
            yield from ([f"${medium}1?{value}"] for value in values)  # too long for one order
        elif values:
            yield [f"${medium}{place}?{value}" for place, value in enumerate(values, 1)]
    if formats := row.expect["limits"].get("formats"):
        names = [each for each in KNOWN[medium] if each in formats]
        yield [f"${medium}{place}?format={name}" for place, name in enumerate(names, 1)]


def outside(row: Row) -> Links:
    """The media of orders in which one of them is beyond a limit, or all together are."""
    medium = row.expect["medium"]
    slack = _exact(row.expect["limits"].get("slack", row.expect.get("slack", 0)))
    for name, bounds in _limits(row):
        least, most = map(_exact, bounds)
        if name == "total_seconds":
            yield from _sums(medium, most + slack)
            continue
        for value in BEYOND[name](medium, least - slack, most + slack):
            yield [f"${medium}1?{_wish(medium, value)}"]
    if formats := row.expect["limits"].get("formats"):
        strange = [each for each in STRANGE[medium] if each not in formats]
        yield from ([f"${medium}1?format={name}"] for name in strange)
        if not strange:
            yield ["$video1"]


def _limits(row: Row) -> Iterator[tuple[str, Sequence[float]]]:
    limits = row.expect["limits"]
    return ((name, limits[name]) for name in limits if name not in ("formats", "slack"))


def _exact(value: float) -> Fraction:
    """A number as it is written."""
    return Fraction(str(value))


def _plain(value: Fraction) -> str:
    return f"{float(value):g}" if value.denominator > 1 else str(int(value))


def _wish(medium: str, wish: dict[str, Any]) -> str:
    text = "&".join(f"{name}={value}" for name, value in wish.items())
    return text + (FINE[medium] if "." in str(wish.get("seconds", "")) else "")


Wishes = Iterator[dict[str, Any]]


def _seconds(medium: str, least: Fraction, most: Fraction) -> Wishes:
    yield from ({"seconds": _plain(each)} for each in (most, least))


def _short_or_long(medium: str, least: Fraction, most: Fraction) -> Wishes:
    yield from _seconds(medium, least - PICTURE, most + PICTURE)


def _two(medium: str, least: Fraction, most: Fraction) -> Wishes:
    """Two that last as long together as they may."""
    first = ceil(most / 2)
    yield from ({"seconds": _plain(each)} for each in (Fraction(first), most - first))


def _sums(medium: str, most: Fraction) -> Links:
    """Two, and three, that last a picture longer together than they may."""
    for number in (2, 3):
        whole = floor(most / number)
        last = most + PICTURE - whole * (number - 1)
        links = [f"${medium}{place}?seconds={whole}" for place in range(1, number)]
        yield [*links, f"${medium}{number}?{_wish(medium, {'seconds': _plain(last)})}"]


def _rates(medium: str, least: Fraction, most: Fraction) -> Wishes:
    yield from ({"fps": _plain(each)} for each in (least, most))


def _slow_or_fast(medium: str, least: Fraction, most: Fraction) -> Wishes:
    yield from _rates(medium, least - RATE, most + RATE)


def _ratios(medium: str, least: Fraction, most: Fraction) -> Wishes:
    yield {"width": floor(least * TALL), "height": TALL}
    yield {"width": ceil(most * WIDE), "height": WIDE}


def _narrow_or_broad(medium: str, least: Fraction, most: Fraction) -> Wishes:
    step = _step(medium)
    yield {"width": (ceil(least * TALL / step) - 1) * step, "height": TALL}
    yield {"width": (floor(most * WIDE / step) + 1) * step, "height": WIDE}


def _step(medium: str) -> int:
    return 2 if medium == "video" else 1


def _areas(medium: str, least: Fraction, most: Fraction) -> Wishes:
    yield from (_rectangle(int(least), 1), _rectangle(int(most), -1))


def _small_or_large(medium: str, least: Fraction, most: Fraction) -> Wishes:
    yield from (_rectangle(ceil(least) - 1, -1), _rectangle(floor(most) + 1, 1))


def _rectangle(area: int, step: int) -> dict[str, Any]:
    """The nearest area from this one on that even sides make, neither narrow nor broad."""
    for pixels in count(area, step):
        root = isqrt(pixels)
        for width in range(root - root % 2, root * 2 // 3, -2):
            if pixels % (width * 2) == 0:
                return {"width": width, "height": pixels // width}
    raise AssertionError


def _sides(medium: str, least: Fraction, most: Fraction) -> Wishes:
    """Each side of a picture at each end; of a video area and ratio forbid them."""
    short, long = int(least), int(most)
    if medium != "video":
        yield {"width": short, "height": short}
        yield {"width": long, "height": long // 2}
        yield {"width": long // 2, "height": long}


def _slim_or_long(medium: str, least: Fraction, most: Fraction) -> Wishes:
    step = _step(medium)
    short, long = int(least) - step, int(most) + step
    for one, two in ((short, short + 100), (long // 2 // step * step, long)):
        yield {"width": one, "height": two}
        if medium != "video":
            yield {"width": two, "height": one}


def _bytes(medium: str, least: Fraction, most: Fraction) -> Wishes:
    yield {"size": int(most)}


def _too_many_bytes(medium: str, least: Fraction, most: Fraction) -> Wishes:
    yield {"size": int(most) + 1}


ON = {
    "seconds": _seconds, "total_seconds": _two, "fps": _rates, "ratio": _ratios,
    "area": _areas, "side": _sides, "bytes": _bytes,
}  # fmt: skip
BEYOND = {
    "seconds": _short_or_long, "fps": _slow_or_fast, "ratio": _narrow_or_broad,
    "area": _small_or_large, "side": _slim_or_long, "bytes": _too_many_bytes,
}  # fmt: skip
