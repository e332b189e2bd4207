"""Orders with reference media of chosen properties, as placeholders."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from conformance.catalogue import orders
from conformance.catalogue.rows import Row, thaw
from conformance.plan.probes import World

KNOWN = {
    "image": ("png", "jpeg", "webp", "bmp", "tiff", "gif"),
    "video": ("mp4", "mov"),
    "audio": ("wav", "mp3"),
}
MANY = 6
MEDIA = ("video", "audio", "image")
STRANGE: Mapping[str, tuple[str, ...]] = {"image": ("gif", "bmp"), "video": (), "audio": ()}


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
    for links in _links(row, beyond=True):
        if order := with_media(world, row.expect["field"], links):
            yield order


def inside(world: World, row: Row) -> Iterator[orders.Order]:
    """Orders whose media lie just within a limit."""
    for links in _links(row, beyond=False):
        if order := with_media(world, row.expect["field"], links):
            yield order


def _links(row: Row, beyond: bool) -> Iterator[list[str]]:
    medium, limits = row.expect["medium"], row.expect["limits"]
    slack = limits.get("slack", row.expect.get("slack", 0))
    for name, bounds in limits.items():
        if name == "formats":
            yield from _formats(medium, bounds, beyond)
        elif name != "slack":
            yield from _bounded(medium, name, bounds, slack, beyond)


def _formats(medium: str, permitted: Sequence[str], beyond: bool) -> Iterator[list[str]]:
    """One medium of a strange format, or one of each that is permitted, all in one order."""
    if not beyond:
        names = [each for each in KNOWN[medium] if each in permitted]
        yield [f"${medium}{place}?format={name}" for place, name in enumerate(names, 1)]
        return
    strange = [each for each in STRANGE[medium] if each not in permitted][:2]
    for name in strange:
        yield [f"${medium}1?format={name}"]
    if not strange:
        yield ["$video1" if medium == "image" else "$image1"]


def _bounded(  # noqa: C901 (a table of bounds)
    medium: str, name: str, bounds: Sequence[float], slack: float, beyond: bool
) -> Iterator[list[str]]:
    least, most = bounds
    match name, beyond:
        case "seconds", True:
            wide = max(1, slack * 2)
            values = [f"seconds={_plain(most + wide)}", f"seconds={_plain(least - wide)}"]
        case "seconds", False:
            values = [f"seconds={_plain(most - 2 * slack)}", f"seconds={_plain(least + 2 * slack)}"]
        case "total_seconds", True:
            half = most / 2 + 1
            yield [f"${medium}{number}?seconds={_plain(half)}" for number in (1, 2)]
            return
        case "total_seconds", False:
            half = (most - 2 * slack) / 2
            yield [f"${medium}{number}?seconds={_plain(half)}" for number in (1, 2)]
            return
        case "bytes", True:
            values = [f"size={int(most) + 1}"]
        case "bytes", False:
            values = [f"size={int(most)}"]
        case "side", True:
            values = _sides(medium, int(least - 1 - slack), int(most + 1 + slack))
        case "side", False:
            values = (
                [] if medium == "video" else _sides(medium, int(least + slack), int(most - slack))
            )
        case "ratio", True:
            values = ["width=504&height=1400", "width=1400&height=504"]
        case "ratio", False:
            values = ["width=602&height=1400", "width=1400&height=602"]
        case "area", True:
            values = ["width=600&height=600", "width=1000&height=1000"]
        case "area", False:
            values = ["width=640&height=640", "width=1112&height=834"]
        case "fps", True:
            values = [f"fps={_plain(least - 4)}", f"fps={_plain(most + 10)}"]
        case _:
            values = [f"fps={_plain(least + 1)}", f"fps={_plain(most - 1)}"]
    for value in values:
        yield [f"${medium}1?{value}"]


def _sides(medium: str, least: int, most: int) -> list[str]:
    if medium == "video":
        return [f"width={least}&height=700", f"width={most}&height=2500"]
    return [f"width={least}&height={least}", f"width={most}&height={most // 2}"]


def _plain(value: float) -> str:
    return f"{value:g}"
