"""Probes of the kinds that speak of one field: what it may hold and what it may not."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from conformance.catalogue import orders
from conformance.catalogue.rows import Row, thaw
from conformance.plan import cells, media, pairs
from conformance.plan.probes import Probe, World, cost_of, create

MOST_WRONG = 3
STRUCTURES = ("array", "object")
TYPES = ("string", "integer", "number", "boolean", "array", "object", "file", "null")


def base(row: Row, world: World) -> orders.Order:
    """The cheapest order to which the row applies."""
    return applying(row, thaw(world.dialect.cheapest))


def applying(row: Row, order: orders.Order) -> orders.Order:
    """The order as the row's condition asks for it."""
    for field, wanted in row.expect.get("when", {}).items():
        choices = (
            wanted if isinstance(wanted, Sequence) and not isinstance(wanted, str) else [wanted]
        )
        found = orders.read(order, field)
        if (found[0] if found else orders.ABSENT) not in choices:
            order = orders.put(order, field, choices[0])
    return order


def given(row: Row, world: World) -> Iterator[Probe]:
    """The changes that the row itself lists."""
    start = base(row, world)
    for change in row.expect.get("refuse", ()):
        yield from drafted(world, start, change)
        yield refused(row, world, orders.lay(start, change))
    for change in row.expect.get("accept", ()):
        yield from drafted(world, start, change)
        yield accepted(world, orders.lay(start, change))


def drafted(world: World, start: orders.Order, change: Any) -> Iterator[Probe]:
    """The draft that a change continues, where it does."""
    if "$draft" in orders.canonical(change):
        draft = orders.put(start, world.dialect.request.first("draft"), True)
        yield create(world, draft, want="see", follow=("query",))


def refused(row: Row, world: World, order: orders.Order) -> Probe:
    """An order that must not be taken."""
    return create(world, order, want="refuse", cost=cost_of(row))


def accepted(world: World, order: orders.Order) -> Probe:
    """An order that must be taken."""
    return create(world, order)


def required(row: Row, world: World) -> Iterator[Probe]:
    """The order without the field, with it null, and with it blank."""
    yield from given(row, world)
    field, start = row.expect["field"], base(row, world)
    yield refused(row, world, orders.put(start, field, orders.ABSENT))
    if world.dialect.media != "file" and "[" not in field:
        yield refused(row, world, orders.put(start, field, None))
    if row.expect.get("blank"):
        yield refused(row, world, orders.put(start, field, ""))


def optional(row: Row, world: World) -> Iterator[Probe]:
    """The order without any of the fields."""
    order = base(row, world)
    for field in row.expect["fields"]:
        order = orders.put(order, field, orders.ABSENT)
    yield accepted(world, order)
    yield from given(row, world)


def of_type(row: Row, world: World) -> Iterator[Probe]:
    """Values of other types in the field, a few of each sort."""
    yield from given(row, world)
    field, start = row.expect["field"], base(row, world)
    listed = _one_structure(row.expect.get("wrong", ()), row.expect["types"])
    # What stands in a text is refused for what it is not: one scalar and one structure are enough.
    most = 2 if row.expect["types"] == ("string",) else MOST_WRONG
    for wrong in listed if len(listed) <= most else (listed[0], *listed[1 - most :]):
        value = sample(wrong, orders.value_of(start, field), row) if is_type(wrong) else thaw(wrong)
        yield refused(row, world, orders.put(start, field, value))


def _one_structure(listed: Sequence[Any], types: Sequence[str]) -> Sequence[Any]:
    """Where a field holds a scalar, one structure says as much as an array and an object."""
    if {"array", "object"} & set(types):
        return listed
    odd = [each for each in listed if isinstance(each, tuple | Mapping) or each in STRUCTURES]
    return [each for each in listed if each not in odd[1:]]


def is_type(entry: Any) -> bool:
    """Whether an entry of `wrong` is the name of a type, not a value."""
    return isinstance(entry, str) and entry in TYPES


def sample(kind: str, usual: Any, row: Row) -> Any:
    """A value of a type that a careless client could send in that field."""
    permitted = row.expect["types"]
    if usual is None:
        usual = {"boolean": True, "integer": 42, "array": []}.get(permitted[0], "abc")
    written = str(usual).lower() if isinstance(usual, bool | int) else "abc"
    return {
        "string": written,
        "integer": 1 if "boolean" in permitted else 7,
        "number": 5.5,
        "boolean": True,
        "array": [thaw(usual)],
        "object": {"value": thaw(usual)},
        "null": None,
    }[kind]


def enum(row: Row, world: World) -> Iterator[Probe]:
    """Every value that the row lists, and some that it does not: other cases, near misses."""
    yield from given(row, world)
    field, start, expect = row.expect["field"], base(row, world), row.expect
    known = {*expect["values"], *expect.get("aside", ())}
    wrong = [*expect.get("wrong", ()), *_other_case(world, expect["values"], field)]
    for value in dict.fromkeys(each for each in wrong if each not in known):
        yield refused(row, world, orders.put(start, field, value))
    if "[" not in field:
        yield from together(row, world, expect["values"])
        for value in alone(row, world, expect["values"]):
            yield accepted(world, legal_with(world, start, field, value))


def together(row: Row, world: World, values: Sequence[Any]) -> Iterator[Probe]:
    """The orders of mixed values that show that these are permitted."""
    for order in cells.cover(world, 2):
        if pairs.has(order, row.expect["field"], values, row.expect.get("when", {})):
            yield accepted(world, order)


def alone(row: Row, world: World, values: Sequence[Any]) -> list[Any]:
    """The values that no mixed order has."""
    shown = [
        orders.value_of(each.body, row.expect["field"]) for each in together(row, world, values)
    ]
    return [each for each in values if each not in shown]


def _other_case(world: World, values: Sequence[Any], field: str) -> list[str]:
    lower = [each for each in values if isinstance(each, str) and each.isalpha() and each.islower()]
    named = field in world.dialect.request.all("model")
    return [lower[0].upper()] if lower and not named else []


def legal_with(world: World, start: Mapping[str, Any], field: str, value: Any) -> orders.Order:
    """The order with a value, and with what that value alone makes necessary."""
    order = orders.put(start, field, value)
    for mode in world.catalogue.modes if field in world.dialect.request.all("operation") else ():
        if orders.value_of(mode.order, field) == value:
            same = all(key == field or orders.read(start, key) for key in mode.order)
            if not same:
                return orders.Order(thaw(mode.order))
    return order


def in_range(row: Row, world: World) -> Iterator[Probe]:
    """The limits, what is just beyond them, and what is far beyond."""
    yield from given(row, world)
    field, start = row.expect["field"], base(row, world)
    least, most = row.expect["least"], row.expect["most"]
    also = row.expect.get("also", ())
    far = most * 100 if least <= 0 <= most else 0
    outside = [least - 1, most + 1, far]
    for value in dict.fromkeys(outside):
        if not least <= value <= most and value not in also:
            yield refused(row, world, orders.put(start, field, value))
    inside = pairs.inside(row)
    yield from together(row, world, inside)
    for value in alone(row, world, inside):
        yield accepted(world, orders.put(start, field, value))


def count(row: Row, world: World) -> Iterator[Probe]:
    """As many files as the row permits, and one more."""
    yield from given(row, world)
    field, most = row.expect["field"], row.expect["most"]
    if order := media.several(world, field, most + 1):
        yield refused(row, world, applying(row, order))
    if order := media.several(world, field, most):
        # Where orders cost nothing it is followed: the last of many may break what comes of it.
        follow = ("query", "clip") if cells.mixed(world) and world.cells else ()
        yield create(world, applying(row, order), follow=follow)


def form(row: Row, world: World) -> Iterator[Probe]:
    """The reference in every form that the row permits: link, data URL, asset."""
    yield from given(row, world)
    for kind in row.expect["forms"]:
        if order := media.formed(world, row.expect["field"], kind):
            yield accepted(world, order)


def ignored(row: Row, world: World) -> Iterator[Probe]:
    """Values that must make no difference, in orders that are followed to their clip."""
    field, start = row.expect["field"], base(row, world)
    for value in row.expect.get("values", (1,)):
        real = None if value == orders.NULL else value
        yield create(world, orders.put(start, field, real), follow=("query", "clip"))
    yield from given(row, world)


def unsupported(row: Row, world: World) -> Iterator[Probe]:
    """Values of a field that the dialect does not have; what comes is only looked at."""
    yield from given(row, world)
    start = base(row, world)
    for value in row.expect.get("values", (1,)):
        yield create(world, orders.put(start, row.expect["field"], value), want="see")


def null_absent(row: Row, world: World) -> Iterator[Probe]:
    """The order with null in the fields that may be left out."""
    order = base(row, world)
    for field in row.expect["fields"]:
        order = orders.put(order, field, None)
    yield accepted(world, order)


def length(row: Row, world: World) -> Iterator[Probe]:
    """A text of the greatest length, and one of a character more."""
    field, most, start = row.expect["field"], row.expect["most"], base(row, world)
    head = row.expect.get("prefix", "")
    yield refused(row, world, orders.put(start, field, head + "a" * (most + 1 - len(head))))
    yield accepted(world, orders.put(start, field, head + "a" * (most - len(head))))


def refusal_text(row: Row, world: World) -> Iterator[Probe]:
    """The order with the change whose refusal has known words."""
    order = orders.lay(base(row, world), row.expect["change"])
    yield refused(row, world, order)


def mode(row: Row, world: World) -> Iterator[Probe]:
    """The example order of a mode."""
    order = thaw(world.catalogue.mode(row.expect["mode"]).order)
    if row.cost == "shared" and world.profile == "lite":
        order = thaw(world.dialect.cheapest)
    yield accepted(world, order)


def limits(row: Row, world: World) -> Iterator[Probe]:
    """References at the limits, and beyond each of them."""
    yield from given(row, world)
    if not row.expect.get("refuse"):
        for order in media.outside(world, row):
            yield refused(row, world, applying(row, order))
    if not row.expect.get("accept"):
        for order in media.inside(world, row):
            yield accepted(world, applying(row, order))
