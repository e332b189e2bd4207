"""The most that a gateway could make of an order: seconds, pictures, tokens, and what they cost."""

import math
import re
from collections.abc import Iterator, Mapping, Sequence, Set
from decimal import ROUND_CEILING, Decimal, InvalidOperation
from typing import Any
from urllib.parse import parse_qsl

from conformance.catalogue import orders
from conformance.catalogue.wire import Request

SECONDS = 15
# Models whose clips may be twice as long, by a part of their ids.
LONGER = ("2-5", "2.5")
PIXELS = {
    "480p": 430_000,
    "720p": 930_000,
    "1080p": 2_090_000,
    "2k": 3_710_000,
    "4k": 8_300_000,
}
LONGEST = Decimal(1_000_000)
CENT = Decimal("0.0001")
# What anybody might take for it, whatever the dialect calls it.
COMMON = {"duration": {"duration", "seconds"}, "resolution": {"resolution"}, "frames": {"frames"}}
MOVING = ("video", "audio")


def cost(unit: str, usd: Decimal, size: str, order: Mapping[str, Any], request: Request) -> Decimal:
    """What an order costs at worst by one price: rounded up, never down."""
    if unit == "task":
        return usd
    total = billed(order, request)
    if unit == "second":
        return (usd * total).quantize(CENT, ROUND_CEILING)
    frames = 24 * total + 1
    return (usd * PIXELS[size] * frames / 1024).quantize(CENT, ROUND_CEILING)


def billed(order: Mapping[str, Any], request: Request) -> int:
    """Seconds: of the clip and of its references, which may count for as long as the clip is."""
    seconds, extra = length(order, request), references(order, request)
    return seconds + max(extra, seconds) if extra else seconds


def longest(order: Mapping[str, Any], request: Request) -> int:
    """Seconds of the longest clip that the model of an order makes."""
    named = str(request.value(order, "model"))
    return 2 * SECONDS if any(part in named for part in LONGER) else SECONDS


def length(order: Mapping[str, Any], request: Request) -> int:
    """Seconds of the clip: those asked for, or the longest there are where that is not sure."""
    found, most = list(_at(order, _names(request, "duration"))), longest(order, request)
    plain = all(type(value) is int and 4 <= value <= most for value in found)
    numbers = [number for value in found if (number := _number(value)) is not None]
    counted = _at(order, _names(request, "frames"))
    frames = [number / 24 for value in counted if (number := _number(value))]
    least = [] if found and plain and not frames else [Decimal(most)]
    return max(math.ceil(value) for value in [*numbers, *frames, *least])


def references(order: Mapping[str, Any], request: Request) -> int:
    """Seconds of all reference media, each rounded up."""
    words, most = _moving(request), longest(order, request)
    return sum(_seconds(text, field, words, most) for field, text in _texts(order, ""))


def resolution(order: Mapping[str, Any], request: Request) -> tuple[str, bool]:
    """The largest resolution that an order may mean, and whether that is sure.

    Nothing where it names none; what is not spelled as documented may be read in any way.
    """
    found = list(_at(order, _names(request, "resolution")))
    meant = [name for value in found if (name := _meant(value))]
    sure = bool(found) and all(isinstance(value, str) and value in PIXELS for value in found)
    return max(meant, key=PIXELS.__getitem__, default=""), sure


def _meant(value: Any) -> str:
    """The resolution that somebody could take a value for."""
    text = str(value).strip().lower()
    if text in PIXELS:
        return text
    large = "k" in text or any(int(number) > 1080 for number in re.findall(r"\d{1,9}", text))
    return "4k" if large else ""


def _names(request: Request, what: str) -> set[str]:
    """The keys, however deep, that may say so much of an order."""
    return COMMON[what] | {orders.steps(field)[-1][0] for field in request.all(what)}


def _moving(request: Request) -> set[str]:
    """The words in the keys on the way to a video or an audio, and never to a picture."""

    def keys(medium: str) -> set[str]:
        return {step[0] for field in request.media.get(medium, ()) for step in orders.steps(field)}

    return set(MOVING) | (keys("video") | keys("audio")) - keys("image")


def _seconds(text: str, field: str, moving: set[str], most: int) -> int:
    head, _, wish = text.partition("?")
    if head.startswith(("$video", "$audio", "$data-video", "$data-audio")):
        return math.ceil(float(dict(parse_qsl(wish)).get("seconds", 4)))
    if head in ("$task", "$draft") or head.startswith(("$asset-video", "$asset-audio")):
        return most
    medium = any(word in field for word in moving)
    return most if medium and text.startswith(("http", "data:", "asset:", "$text")) else 0


def _number(value: Any) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = Decimal(str(value).strip().removesuffix("s"))
    except InvalidOperation:
        return None
    return min(number, LONGEST) if number.is_finite() else None


def _at(value: Any, names: Set[str]) -> Iterator[Any]:
    """The values under these names, however deep."""
    if isinstance(value, Mapping):
        for name, item in value.items():
            if name in names:
                yield item
            yield from _at(item, names)
    elif isinstance(value, Sequence) and not isinstance(value, str):
        for item in value:
            yield from _at(item, names)


def _texts(value: Any, field: str) -> Iterator[tuple[str, str]]:
    """Every text with the names on the way to it."""
    if isinstance(value, str):
        yield field, value
    elif isinstance(value, Mapping):
        for name, item in value.items():
            yield from _texts(item, f"{field}/{name}")
    elif isinstance(value, Sequence):
        for item in value:
            yield from _texts(item, field)
