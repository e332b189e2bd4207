"""Orders with reference media of chosen properties, as placeholders."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from conformance.catalogue import orders
from conformance.catalogue.rows import Row, thaw
from conformance.plan import edges
from conformance.plan.probes import World

MANY = 6
MEDIA = ("video", "audio", "image")


def medium_of(world: World, field: str) -> str:
    """Which medium a field takes: by the head, else by the field's own words, else an image."""
    named = world.dialect.request.media
    told = (each for each in MEDIA if any(_within(field, way) for way in named.get(each, ())))
    return next(told, next((each for each in MEDIA if each in field), "image"))


def _within(field: str, way: str) -> bool:
    return way == field or way.startswith((f"{field}.", f"{field}["))


def holding(
    world: World, order: Mapping[str, Any], medium: str, links: Sequence[str]
) -> orders.Order:
    """The order with these media and no others of the kind, each where its kind stands."""
    places = world.dialect.request.media[medium]
    if "[" in places[0]:
        usual = with_media(world, places[0], links) or {}
        items = world.dialect.request.items
        return orders.put(order, items, usual[items])
    if not _listed(world, places[0]):
        for place, link in zip(places, links, strict=False):
            order = orders.put(order, place, link)
        return orders.Order(order)
    return orders.put(order, places[0], list(links))


def _listed(world: World, field: str) -> bool:
    """Whether a field holds a list of media, as the modes have it."""
    return isinstance(orders.value_of(host(world, field) or {}, field), list)


def several(world: World, field: str, number: int) -> orders.Order | None:
    """A legal order but for the number of media in the field."""
    medium = medium_of(world, field)
    # So many that no document bounds how long they may last together.
    more = "" if medium == "image" else f"?seconds={3 if number < MANY else 2}"
    links = [f"${medium}{count}{more}" for count in range(1, number + 1)]
    return with_media(world, field, links)


def with_media(world: World, field: str, links: Sequence[str]) -> orders.Order | None:
    """The shortest legal order that uses the field, with exactly these media in it."""
    start = host(world, field)
    if start is None:
        return None
    if "[" not in field:
        return orders.put(start, field, list(links))
    selector = field[: field.index("]") + 1]
    items = orders.read(start, selector)
    template = items[0]
    array = field[: field.index("[")]
    rest = [item for item in orders.value_of(start, array) if item not in items]
    made = [_linked(template, link) for link in links]
    return orders.put(start, array, [*rest, *made])


def host(world: World, field: str) -> orders.Order | None:
    """The shortest legal order in which the field stands, else the cheapest with it."""
    selector = field[: field.index("]") + 1] if "[" in field else field
    found = [mode.order for mode in world.catalogue.modes if orders.read(mode.order, selector)]
    if not found:
        return None if "[" in field else thaw(world.dialect.cheapest)
    return orders.Order(thaw(min(found, key=lambda order: len(orders.canonical(order)))))


def _linked(item: Any, link: str) -> Any:
    """The item with this medium in the place of its own."""
    return orders.replaced(thaw(item), lambda own: link)


def formed(world: World, field: str, form: str) -> orders.Order | None:
    """An order whose medium is given as a link, as data or as an asset."""
    medium = medium_of(world, field)
    link = {"url": f"${medium}1", "data": f"$data-{medium}1", "asset": f"$asset-{medium}1"}[form]
    if "[" not in field:
        usual = host(world, field)
        plural = isinstance(orders.value_of(usual or {}, field), list)
        return orders.put(usual, field, [link] if plural else link) if usual else None
    selector = field[: field.index("]") + 1]
    if selector.endswith("[]"):
        field = world.dialect.request.media[medium][0]
    return with_media(world, field, [link])


def outside(world: World, row: Row) -> Iterator[orders.Order]:
    """Orders with one medium beyond a limit."""
    for links in edges.outside(row):
        if order := with_media(world, row.expect["field"], links):
            yield order


def inside(world: World, row: Row) -> Iterator[orders.Order]:
    """Orders whose media lie on a limit."""
    for links in edges.inside(row):
        if order := with_media(world, row.expect["field"], links):
            yield order
