"""Probes of the kinds that look at money: tokens, prices, what costs nothing in the end."""

from collections.abc import Iterator, Mapping
from typing import Any

from conformance.catalogue import orders
from conformance.catalogue.rows import Row, thaw
from conformance.plan import fields, media, tasks
from conformance.plan.probes import Probe, World, create, shared


def tokens(row: Row, world: World) -> Iterator[Probe]:
    """A task whose usage is reckoned from its clip."""
    if mode := row.expect.get("mode"):
        order = thaw(world.catalogue.mode(mode).order)
        yield create(world, order, follow=("query", "clip"))
    elif row.expect.get("when"):
        yield create(world, fields.base(row, world), follow=("query", "clip"))
    else:
        yield shared(world)


def compare(row: Row, world: World) -> Iterator[Probe]:
    """Two orders whose costs are held against each other."""
    for name in ("order", "against"):
        order = orders.lay(fields.base(row, world), row.expect[name])
        yield create(world, order, follow=("query",))


def billing(row: Row, world: World) -> Iterator[Probe]:
    """The orders of the document's own examples of prices."""
    for vector in row.expect.get("vectors", ()):
        yield create(world, vector_order(row, world, vector), follow=("query",))


def vector_order(row: Row, world: World, vector: Mapping[str, Any]) -> orders.Order:
    """The order of a vector: so many seconds of each medium in, so many out."""
    request = world.dialect.request
    order = fields.base(row, world)
    order = orders.put(order, request.first("duration"), vector.get("duration", orders.ABSENT))
    for medium in ("video", "audio"):
        if seconds := vector.get(medium):
            order = media.holding(world, order, medium, [f"${medium}1?seconds={seconds}"])
    pictures = [f"$image{number}" for number in range(1, vector.get("images", 0) + 1)]
    return media.holding(world, order, "image", pictures) if pictures else order


def refund(row: Row, world: World) -> Iterator[Probe]:
    """Tasks that come to nothing in each way that has to cost nothing."""
    on = row.expect["on"]
    for kind in (on,) if isinstance(on, str) else on:
        if kind == "refused":
            yield from _refusals(row, world)
        else:
            yield tasks.fated(world, kind, fields.base(row, world))


def _refusals(row: Row, world: World) -> Iterator[Probe]:
    changes = row.expect.get("refuse") or _broken(world)
    for change in changes:
        order = orders.lay(fields.base(row, world), change)
        yield create(world, order, want="refuse", cost="contingent", auth="clean")


def _broken(world: World) -> tuple[dict[str, Any], ...]:
    return ({world.dialect.request.first("duration"): 3},)
