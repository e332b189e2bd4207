"""What the rows say of an order as a whole: which of them it breaks, and whether that is sure."""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache, partial
from typing import Any

from conformance.catalogue import orders
from conformance.catalogue.documents import Catalogue
from conformance.catalogue.rows import Row, thaw
from conformance.catalogue.wire import Dialect

Changes = tuple[tuple[Mapping[str, Any], Any], ...]
SURE = ("must", "should")


def broken(catalogue: Catalogue, order: Mapping[str, Any]) -> tuple[list[str], bool]:
    """The rows of level must and should that the order breaks, and whether that is all.

    It is not where a row of another level, or one that speaks of a value that nobody judges,
    would have a say.
    """
    found, sure = [], True
    items = _items_of(catalogue.dialect, order)
    for row, judge in judged(catalogue):
        if not orders.matches(order, row.expect.get("when", {})):
            continue
        says = judge(row, order, items)
        if says is None or (says and row.level not in SURE):
            sure = False
        elif says:
            found.append(row.id)
    return found, sure


@cache
def judged(catalogue: Catalogue) -> tuple[tuple[Row, Any], ...]:
    """The rows that can be judged of an order alone, each with how."""
    known = (row for row in catalogue.testable if row.kind in KINDS)
    return tuple((row, _judge(row, catalogue.dialect)) for row in known)


def _judge(row: Row, dialect: Dialect) -> Any:
    judge = KINDS[row.kind]
    return partial(judge, changes=_changes(row, dialect)) if row.kind == "witness" else judge


def _values(row: Row, order: Mapping[str, Any]) -> Iterator[Any]:
    for value in orders.read(order, row.expect["field"]):
        if value is not None:
            yield value


def _enum(row: Row, order: Mapping[str, Any], items: Any) -> bool | None:
    known, aside = row.expect["values"], row.expect.get("aside", ())
    like = row.expect.get("aside_like")
    values = [each for each in _values(row, order) if each not in known]
    if any(each in aside or (like and re.fullmatch(like, str(each))) for each in values):
        return None
    return bool(values)


def _range(row: Row, order: Mapping[str, Any], items: Any) -> bool | None:
    least, most, also = row.expect["least"], row.expect["most"], row.expect.get("also", ())
    values = list(_values(row, order))
    if any(isinstance(value, bool) or not isinstance(value, int) for value in values):
        return None
    return any(not least <= value <= most and value not in also for value in values)


def _count(row: Row, order: Mapping[str, Any], items: Any) -> bool:
    field, most = row.expect["field"], row.expect["most"]
    if "[" in field:
        selector = field[: field.index("]") + 1]
        return len(orders.read(order, selector)) > int(most)
    value = orders.value_of(order, field)
    return isinstance(value, list) and len(value) > int(most)


def _there(order: Mapping[str, Any], field: str) -> bool:
    name, sign, wanted = _condition(field)
    values = [each for each in orders.read(order, name) if each not in (None, [], "")]
    return any(not sign or orders.canonical(each).strip('"') == wanted for each in values)


def _condition(field: str) -> tuple[str, str, str]:
    """A field, and the value that it has to have: `options.sound=true`."""
    head, bracket, tail = field.rpartition("]")
    name, sign, wanted = tail.partition("=")
    return head + bracket + name, sign, wanted


def _excludes(row: Row, order: Mapping[str, Any], items: Any) -> bool:
    fields, against = row.expect["fields"], row.expect["against"]
    return any(_there(order, each) for each in fields) and any(
        _there(order, each) for each in against
    )


def _requires(row: Row, order: Mapping[str, Any], items: Any) -> bool:
    if not _there(order, row.expect["field"]):
        return False
    if "value" in row.expect and row.expect["value"] not in orders.read(order, row.expect["field"]):
        return False
    return not any(_there(order, each) for each in row.expect["any"])


def _alone(row: Row, order: Mapping[str, Any], items: Any) -> bool:
    return _there(order, row.expect["field"]) and isinstance(items, list) and len(items) > 1


def _witness(row: Row, order: Mapping[str, Any], items: Any, changes: Changes) -> bool:
    return any(
        (content is None or content == items) and holds(order, change)
        for change, content in changes
    )


def _changes(row: Row, dialect: Dialect) -> Changes:
    """The changes that a row refuses: the plain fields of each, and its items."""
    place = dialect.request.items
    return tuple(
        (
            {field: value for field, value in each.items() if field != place},
            _items_of(dialect, each) if place in each else None,
        )
        for each in row.expect.get("refuse", ())
    )


def holds(order: Mapping[str, Any], change: Mapping[str, Any]) -> bool:
    """Whether an order is as a change would make it."""
    return all(_has(order, field, wanted) for field, wanted in change.items())


def _has(order: Mapping[str, Any], field: str, wanted: Any) -> bool:
    if "." in field or "[" in field:
        return bool(orders.read(order, field) == [thaw(wanted)])
    if wanted == orders.ABSENT:
        return field not in order
    value = order.get(field)
    if isinstance(wanted, Mapping) and isinstance(value, Mapping):
        return holds(value, wanted)
    if isinstance(wanted, tuple):
        return bool(value == thaw(wanted))
    return field in order and type(value) is type(wanted) and bool(value == wanted)


def _items_of(dialect: Dialect, order: Mapping[str, Any]) -> Any:
    """The items of an order without their words, whatever their order."""
    items = order.get(dialect.request.items)
    if not isinstance(items, Sequence) or isinstance(items, str):
        return items
    words = orders.steps(dialect.request.first("prompt"))[-1][0]
    return sorted(_item(each, words) for each in items)


def _item(item: Any, words: str) -> str:
    if not isinstance(item, Mapping):
        return repr(item)
    blank = {key for key in item if key == words and item[key]}
    parts = [f"{key}={'' if key in blank else _item(item[key], words)}" for key in item]
    return "{" + ",".join(sorted(parts)) + "}"


KINDS: Mapping[str, Any] = {
    "enum": _enum,
    "range": _range,
    "count": _count,
    "excludes": _excludes,
    "requires": _requires,
    "alone": _alone,
    "witness": _witness,
}
