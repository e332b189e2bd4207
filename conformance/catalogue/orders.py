"""Orders as plain data: reading and changing fields, laying a change over an order."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from conformance.catalogue.rows import is_table, thaw

ABSENT = "$absent"
NULL = "$null"
STEP = re.compile(r"^(?P<name>[^\[\]]+)(?:\[(?:(?P<key>[^=\]]+)=(?P<value>[^\]]*))?(?P<any>)\])?$")

# Made once: `json.dumps` makes one each time. Read-only tables are written as they are, not copied.
CANONICAL = json.JSONEncoder(
    sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=dict
)

Order = dict[str, Any]


def canonical(value: Any) -> str:
    """One text for equal values, whatever the order of their keys."""
    return CANONICAL.encode(value)


def lay(order: Mapping[str, Any], change: Mapping[str, Any]) -> Order:
    """The order with a change laid over it; a table is laid over a table, key by key."""
    laid: Order = thaw(order)
    for field, value in change.items():
        if "." in field or "[" in field:
            laid = put(laid, field, value)
        else:
            _merge(laid, field, thaw(value))
    return laid


def _merge(table: Order, key: str, value: Any) -> None:
    if value == ABSENT:
        table.pop(key, None)
    elif isinstance(value, dict) and isinstance(table.get(key), dict) and value:
        for inner, item in value.items():
            _merge(table[key], inner, item)
    else:
        table[key] = value


def put(order: Mapping[str, Any], field: str, value: Any) -> Order:
    """The order with a value at the field, whose tables are made where they are missing."""
    changed: Order = thaw(order)
    *way, last = steps(field)
    for holder in _walk(changed, way, make=value != ABSENT):
        _set(holder, last, thaw(value))
    return changed


def read(order: Mapping[str, Any], field: str) -> list[Any]:
    """The values at a field: none where it is absent, several where it selects several."""
    found: list[Any] = [order]
    for step in steps(field):
        found = [item for holder in found for item in _select(holder, step)]
    return [thaw(item) for item in found]


def value_of(order: Mapping[str, Any], field: str) -> Any:
    """The first value at a field, or None."""
    found = read(order, field)
    return found[0] if found else None


def matches(order: Mapping[str, Any], when: Mapping[str, Any]) -> bool:
    """Whether the order has the values that a row applies to."""
    for field, wanted in when.items():
        choices = (
            wanted if isinstance(wanted, Sequence) and not isinstance(wanted, str) else [wanted]
        )
        found = read(order, field)
        if not found and ABSENT not in choices:
            return False
        if found and found[0] not in choices:
            return False
    return True


@cache
def steps(field: str) -> tuple[tuple[str, str | None, str | None, bool], ...]:
    """The steps of a field: name, selecting key and value, whether items are meant."""
    found = []
    for part in re.split(r"\.(?![^\[]*\])", field):
        step = STEP.match(part)
        if step is None:
            raise ValueError(f"field {field!r} cannot be read at {part!r}")
        found.append((step["name"], step["key"], step["value"], part.endswith("]")))
    return tuple(found)


def _select(holder: Any, step: tuple[str, str | None, str | None, bool]) -> list[Any]:
    name, key, wanted, items = step
    if not is_table(holder) or name not in holder:
        return []
    value = holder[name]
    if not items:
        return [value]
    if not isinstance(value, list | tuple):
        return []
    return [item for item in value if key is None or _has(item, key, wanted)]


def _has(item: Any, key: str, wanted: str | None) -> bool:
    return is_table(item) and str(item.get(key)) == wanted


def _walk(
    order: Order, way: Sequence[tuple[str, str | None, str | None, bool]], make: bool
) -> list[Any]:
    holders: list[Any] = [order]
    for step in way:
        if make and not step[3]:
            for holder in holders:
                if isinstance(holder, dict) and not isinstance(holder.get(step[0]), dict):
                    holder[step[0]] = {}
        holders = [item for holder in holders for item in _select(holder, step)]
    return holders


def _set(holder: Any, step: tuple[str, str | None, str | None, bool], value: Any) -> None:
    name, key, wanted, items = step
    if not isinstance(holder, dict):
        return
    if items and value == ABSENT and isinstance(holder.get(name), list):
        holder[name] = [each for each in holder[name] if key and not _has(each, key, wanted)]
    elif value == ABSENT:
        holder.pop(name, None)
    else:
        holder[name] = value


def strings(value: Any) -> Iterator[str]:
    """Every string that stands in a value."""
    if isinstance(value, str):
        yield value
    elif is_table(value):
        for item in value.values():
            yield from strings(item)
    elif isinstance(value, Sequence):
        for item in value:
            yield from strings(item)


def replaced(value: Any, swap: Any) -> Any:
    """The value with every string that is a placeholder given to `swap`."""
    if isinstance(value, str):
        return swap(value) if value.startswith("$") else value
    if is_table(value):
        return {key: replaced(item, swap) for key, item in value.items()}
    if isinstance(value, Sequence):
        return [replaced(item, swap) for item in value]
    return value


def at(body: Any, pointer: str) -> tuple[bool, Any]:
    """Whether a JSON pointer leads somewhere in a body, and what stands there."""
    for key in pointer.split("/")[1:]:
        if is_table(body) and key in body:
            body = body[key]
        elif isinstance(body, list) and key.isdigit() and int(key) < len(body):
            body = body[int(key)]
        else:
            return False, None
    return True, body


def first_at(body: Any, pointers: Sequence[str]) -> Any:
    """What stands at the first of the places that is there and not null or empty."""
    for pointer in pointers:
        there, value = at(body, pointer)
        if there and value not in (None, ""):
            return value
    return None


def type_name(value: Any) -> str:
    """The JSON type of a value."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    names = {str: "string", int: "integer", float: "number", list: "array", tuple: "array"}
    return names.get(type(value), "object")


def is_type(value: Any, types: str) -> bool:
    """Whether a value is of one of the types, written `integer|null`."""
    name = type_name(value)
    choices = types.split("|")
    return name in choices or (name == "integer" and "number" in choices)
