"""Prices: what an order costs at worst, in US dollars, by a list with sources and days."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from conformance import docs, orders
from conformance.rows import thaw

UNITS = ("second", "task", "token")
WORST_SECONDS = 15
WORST_REFERENCE_SECONDS = 45
WORST_PIXELS = {
    "480p": 430_000,
    "720p": 930_000,
    "1080p": 2_090_000,
    "2k": 3_710_000,
    "4k": 8_300_000,
}


class PriceError(ValueError):
    """A price list that cannot be used."""


@dataclass(frozen=True, slots=True)
class Price:
    """What one unit of a model costs."""

    model: str
    unit: str
    usd: Decimal
    source: str
    day: str


def load(path: Path | None, dialect: str) -> Mapping[str, Price]:
    """The prices of a dialect by model; the shipped list where no file is given."""
    path = path or docs.folder() / "prices.toml"
    try:
        data = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as fault:
        raise PriceError(f"{path}: {fault}") from fault
    return {each.model: each for each in (_price(path, item) for item in _items(data, dialect))}


def _items(data: Mapping[str, Any], dialect: str) -> list[Any]:
    found = data.get(dialect, [])
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []


def _price(path: Path, item: Mapping[str, Any]) -> Price:
    try:
        unit, usd = str(item["unit"]), Decimal(str(item["usd"]))
        if unit not in UNITS or not usd.is_finite() or usd < 0:
            raise ValueError(f"unit {unit!r}, usd {usd}")
        return Price(str(item["model"]), unit, usd, str(item["source"]), str(item["day"]))
    except (KeyError, ValueError, ArithmeticError) as fault:
        raise PriceError(f"{path}: the price {dict(item)!r} cannot be used: {fault}") from fault


def worst(order: Any, prices: Mapping[str, Price], catalogue: docs.Catalogue) -> Decimal | None:
    """The most that an order can cost; None where no price of the list could apply.

    An order that has to be refused may be read by a broken server in any way: what it says is
    taken for true only where that makes it dearer.
    """
    plain = thaw(order) if isinstance(order, Mapping) else {}
    named = orders.value_of(plain, "model")
    price = prices.get(named) if isinstance(named, str) else None
    choices = [price] if price else list(prices.values())
    if not choices:
        return None
    return max(_cost(each, plain, catalogue) for each in choices)


def _cost(price: Price, order: Mapping[str, Any], catalogue: docs.Catalogue) -> Decimal:
    if price.unit == "task":
        return price.usd
    seconds = _seconds(order) + _references(order)
    if price.unit == "second":
        return price.usd * seconds
    pixels = WORST_PIXELS[_resolution(price.model, order, catalogue)]
    tokens = Decimal(pixels) * (24 * seconds + 1) / 1024
    return (price.usd * tokens).quantize(Decimal("0.0001"))


def _seconds(order: Mapping[str, Any]) -> int:
    for field in ("duration", "metadata.duration"):
        value = orders.value_of(order, field)
        if isinstance(value, int) and not isinstance(value, bool) and 4 <= value <= WORST_SECONDS:
            return value
    return WORST_SECONDS


def _references(order: Mapping[str, Any]) -> int:
    text = " ".join(orders.strings(order))
    return WORST_REFERENCE_SECONDS if "$video" in text or "$audio" in text else 0


def _resolution(model: str, order: Mapping[str, Any], catalogue: docs.Catalogue) -> str:
    for field in ("resolution", "metadata.resolution", "quality"):
        value = orders.value_of(order, field)
        if isinstance(value, str) and value in WORST_PIXELS:
            return value
    known = [each for each in catalogue.models if each.id == model]
    names = [name for each in known for name in each.resolutions if name in WORST_PIXELS]
    return max(names, key=WORST_PIXELS.__getitem__, default="4k")
