"""Permitted values of different fields used together: every pair of them stands in some order."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from covertable import make

from conformance.catalogue import documents, orders
from conformance.catalogue.rows import Row

Field = tuple[str, tuple[Any, ...]]
SURE = ("must", "should")


@cache
def found(catalogue: documents.Catalogue) -> tuple[orders.Order, ...]:
    """Legal orders in which every pair of values occurs that may occur."""
    fields = combinable(catalogue)
    if len(fields) < 2:
        return ()
    factors = {f"f{number}": list(values) for number, (_, values) in enumerate(fields)}
    made = make(factors, constraints=list(_constraints(catalogue, fields)))
    return tuple(
        order_of(
            catalogue, ((name, each[key]) for key, (name, _) in zip(factors, fields, strict=True))
        )
        for each in made
    )


def _constraints(
    catalogue: documents.Catalogue, fields: Sequence[Field]
) -> Iterator[Mapping[str, Any]]:
    """What the library shall leave out: only the model decides what else is legal."""
    (first, models), *others = fields
    led = first == catalogue.dialect.request.first("model")
    for number, (name, values) in enumerate(others if led else (), 1):
        fitting = {
            (model, repr(value))
            for model in models
            for value in values
            if legal(catalogue, order_of(catalogue, ((first, model), (name, value))))
        }

        if len(fitting) == len(models) * len(values):
            continue

        def fits(row: Mapping[str, Any], key: str = f"f{number}", known: Any = fitting) -> bool:
            return (row["f0"], repr(row[key])) in known

        yield {"operator": "fn", "requires": ["f0", f"f{number}"], "evaluate": fits}


def order_of(catalogue: documents.Catalogue, values: Any) -> orders.Order:
    """The cheapest order with these values in these fields."""
    order: orders.Order = dict(catalogue.dialect.cheapest)
    for field, value in values:
        order = orders.put(order, field, value)
    return order


@cache
def combinable(catalogue: documents.Catalogue) -> tuple[Field, ...]:
    """The fields that the row names, with the values that other rows permit.

    The model comes first, since what else is legal depends on it; then what has most values.
    """
    rows = [each.expect["fields"] for each in catalogue.testable if each.kind == "pairs"]
    names = max(rows, key=len, default=())  # the others speak of some of these fields
    fields = [(name, tuple(permitted(catalogue, name))) for name in names]
    model = catalogue.dialect.request.first("model")
    return tuple(sorted(fields, key=lambda field: (field[0] != model, -len(field[1]))))


def permitted(catalogue: documents.Catalogue, field: str, all: bool = False) -> list[Any]:
    """The values that the rows permit in a field: all of an enumeration, the limits of a range.

    Of models that are alike in what they offer it is one, unless `all` are asked for.
    """
    values: list[Any] = []
    for row in catalogue.testable:
        if row.level not in SURE or row.expect.get("field") != field:
            continue
        if row.kind == "enum":
            values += row.expect["values"]
        elif row.kind == "range":
            values += inside(row)
        elif row.kind == "type" and "boolean" in row.expect["types"]:
            values += [True, False]
    named = field in catalogue.dialect.request.all("model")
    return one_of_each(catalogue, values) if named and not all else list(dict.fromkeys(values))


def inside(row: Row) -> list[Any]:
    """The limits of a range, what is permitted besides, and the zero that some take for nothing."""
    least, most = row.expect["least"], row.expect["most"]
    zero = [0] if least < 0 < most else []
    return list(dict.fromkeys([least, *zero, most, *row.expect.get("also", ())]))


def one_of_each(catalogue: documents.Catalogue, named: Sequence[str]) -> list[str]:
    """One model of each kind, of those that every key has where there are such."""
    known = [each for each in catalogue.models if each.id in named]
    usual = [each for each in known if each.enabled == "always"] or known
    kinds: dict[object, str] = {}
    for each in usual:
        kinds.setdefault((each.tier, each.resolutions, each.ratios), each.id)
    return list(kinds.values())


def legal(catalogue: documents.Catalogue, order: Mapping[str, Any]) -> bool:
    """Whether the values of an order may stand together, as far as rows and models say."""
    for row in bounding(catalogue):
        here = orders.read(order, row.expect["field"])
        if here and not within(row, here[0]) and orders.matches(order, row.expect.get("when", {})):
            return False
    return offered(catalogue, order)


@cache
def bounding(catalogue: documents.Catalogue) -> tuple[Row, ...]:
    """The rows that list or bound the values of a plain field."""
    return tuple(
        row
        for row in catalogue.testable
        if row.kind in ("enum", "range") and row.level in SURE and "[" not in row.expect["field"]
    )


def within(row: Row, value: Any) -> bool:
    """Whether an enumeration or a range holds a value."""
    if row.kind == "enum":
        return value in row.expect["values"]
    return row.expect["least"] <= value <= row.expect["most"] or value in row.expect.get("also", ())


def offered(catalogue: documents.Catalogue, order: Mapping[str, Any]) -> bool:
    """Whether the order's model has its resolution and its ratio, as far as the table says."""
    request = catalogue.dialect.request
    named = request.value(order, "model")
    return all(
        orders.value_of(order, field) in (None, *permitted)
        for model in catalogue.models
        if model.id == named
        for what, permitted in (("resolution", model.resolutions), ("ratio", model.ratios))
        for field in request.all(what)
    )


def has(
    order: Mapping[str, Any], field: str, values: Sequence[Any], when: Mapping[str, Any]
) -> bool:
    """Whether an order has one of these values in a field, under a row's condition."""
    there = orders.read(order, field)
    return bool(there) and there[0] in values and orders.matches(order, when)
