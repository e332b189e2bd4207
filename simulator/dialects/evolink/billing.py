"""What evolink charges, in credits: by the second, more for clips without reference videos.

Rates from the vendor's pages on prices, read mid 2026. No page has rates for mini, taken here as
those of fast, nor for 1080p, taken here as 2.25 times those of 720p, as it has so many more pixels.
"""

from collections.abc import Mapping
from decimal import Decimal

from simulator.core.task import Charge, Order

UNIT = "credits"
WEB_SEARCH = Decimal("0.04")

# Credits a second without and with reference videos, by tier and quality.
_FAST = {
    "480p": (Decimal("5.063"), Decimal("3.012")),
    "720p": (Decimal("10.935"), Decimal("6.506")),
}
RATES: Mapping[str, Mapping[str, tuple[Decimal, Decimal]]] = {
    "standard": {
        "480p": (Decimal("6.251"), Decimal("3.807")),
        "720p": (Decimal("13.50"), Decimal("8.222")),
        "1080p": (Decimal("30.375"), Decimal("18.4995")),
    },
    "fast": _FAST,
    "mini": _FAST,
}


def charge(order: Order) -> Charge:
    """The price of an order; with reference videos their seconds count, at least as the clip's."""
    plain, lower = RATES[order.tier][order.resolution]
    seconds = Decimal(order.seconds)
    if any(reference.kind == "video" for reference in order.references):
        shown = Decimal(order.input_ms) / 1000
        amount = (max(shown, seconds) + seconds) * lower
    else:
        amount = seconds * plain
    if order.extra["web_search"]:
        amount += WEB_SEARCH
    return Charge.flat(UNIT, amount)


def number(amount: Decimal) -> int | float:
    """An amount as JSON shows it."""
    return int(amount) if amount == int(amount) else float(amount)
