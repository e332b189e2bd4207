"""What evolink charges, in credits: by the second, more for clips without reference videos.

Rates from the vendor's pages on prices, read mid 2026. No page has rates for mini, taken here as
those of fast, nor for 1080p, taken here as 2.25 times those of 720p, as it has so many more pixels,
nor for 4k, taken as nine times those, less what Ark's price of 4k is lower by.
"""

from collections.abc import Mapping
from decimal import Decimal

from simulator.core.task import Charge, Order
from simulator.dialects.evolink.currency import CREDITS_OF_DOLLAR, CREDITS_OF_YUAN, UNIT

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
        "4k": (Decimal("68.674"), Decimal("41.825")),
    },
    "fast": _FAST,
    "mini": _FAST,
    # As seen on bills of autumn 2026; with reference videos as Ark's prices of 2.5 differ.
    "2.5": {
        "480p": (Decimal("9.3419"), Decimal("5.6051")),
        "720p": (Decimal("20.128"), Decimal("12.0768")),
        "1080p": (Decimal("45.288"), Decimal("27.1728")),
    },
}
UNFILTERED = Decimal("1.1")


def charge(order: Order, observed: bool = False) -> Charge:
    """The price of an order; with reference videos their seconds count, at least as the clip's.

    ``observed`` is by the public policies of autumn 2026, which have a price for everything.
    """
    if observed:
        from simulator.dialects.evolink.quotes import credits  # with all that prices need

        return Charge.flat(UNIT, credits(order))
    plain, lower = RATES[order.tier][order.resolution]
    seconds = Decimal(order.seconds)
    if any(reference.kind == "video" for reference in order.references):
        shown = Decimal(order.input_ms) / 1000
        amount = (max(shown, seconds) + seconds) * lower
    else:
        amount = seconds * plain
    if order.extra["web_search"]:
        amount += WEB_SEARCH
    if order.extra.get("unfiltered"):
        amount *= UNFILTERED
    return Charge.flat(UNIT, amount)


def cost(charge: Charge) -> dict[str, object]:
    """What a completed task has cost, as its ``usage`` says it by the autumn of 2026."""
    credits = charge.settled
    money = {"usd": credits / CREDITS_OF_DOLLAR, "cny": credits / CREDITS_OF_YUAN}
    return {
        "credits_used": number(credits),
        "cost": {
            "credits": number(credits),
            **{name: number(round(sum_, 6)) for name, sum_ in money.items()},
        },
    }


def number(amount: Decimal) -> int | float:
    """An amount as JSON shows it."""
    return int(amount) if amount == int(amount) else float(amount)
