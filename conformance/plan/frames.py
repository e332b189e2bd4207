"""Probes of the kind that looks for an order's first and last picture in its clip."""

from collections.abc import Iterator, Mapping
from typing import Any

from conformance.catalogue import orders
from conformance.catalogue.rows import Row, thaw
from conformance.plan.probes import Probe, World, create

FIRST, LAST = "first", "last"
FOLLOW = ("query", "clip", "ends")


def frames(row: Row, world: World) -> Iterator[Probe]:
    """The orders of the modes, and the one that the row itself has, followed to their clips."""
    for mode in row.expect.get("modes", ()):
        yield create(world, thaw(world.catalogue.mode(mode).order), follow=FOLLOW)
    if change := row.expect.get("order"):
        yield create(world, orders.lay(world.dialect.cheapest, change), follow=FOLLOW)


def pictures(world: World, order: Mapping[str, Any]) -> dict[str, str]:
    """The placeholders of the pictures with which the clip begins and ends.

    They are those of the fields for them; where the order has none there, its pictures in turn.
    """
    media = world.dialect.request.media
    named = {}
    for end, word in ((FIRST, "first_frame"), (LAST, "last_frame")):
        found = [text for field in media.get(word, ()) for text in orders.read(order, field)]
        if found:
            named[end] = str(found[0])
    shown = [text for text in orders.strings(order) if text.startswith(("$image", "$data-image"))]
    return named or dict(zip((FIRST, LAST), shown, strict=False))
