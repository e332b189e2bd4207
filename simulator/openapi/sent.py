"""What the example calls of a dialect send: what its rules name, in each form that it takes."""

from collections.abc import Iterable, Mapping
from string import Formatter
from typing import Any
from urllib.parse import urlencode

import msgspec

from simulator.core.rules import OneOf, Required
from simulator.engine.dialect import Dialect, Route

JSON, FORM = "application/json", "multipart/form-data"
_BOUNDARY = "----seedance-sim-example"


def named(dialect: Dialect, route: Route) -> str:
    """A field that a call may get wrong, by its own name: of an order its prompt, if it is one."""
    place = dialect.fields.place("prompt")
    if route.kind == "create" and place.replace(".", "").isidentifier():
        return place
    rows = [(row, str(getattr(row, "field", ""))) for row in (*route.rules, *route.asks)]
    known = [(row, name) for row, name in rows if name not in ("", "model")]
    due = [name for row, name in known if isinstance(row, Required)]
    parts = [name for _, name, _, _ in Formatter().parse(route.path) if name]
    return next(iter([*due, *(name for _, name in known), *parts]), "id")


def choices(route: Route) -> list[str]:
    """The queries that choose one of several things."""
    rows = [row for row in route.asks if isinstance(row, OneOf)]
    return [urlencode({row.field: choice}) for row in rows for choice in row.choices]


def least(route: Route) -> bytes:
    """The shortest body that the rules of a call let pass, as far as they say so themselves."""
    if route.read is None:
        return b""
    body: dict[str, Any] = {}
    for row in route.rules:
        if isinstance(row, Required):
            body[row.field] = "a"
        elif isinstance(row, OneOf) and row.field in body:
            body[row.field] = row.choices[0]
    return msgspec.json.encode(body)


def encoded(kind: str, order: Mapping[str, Any]) -> tuple[bytes, str]:
    """A body of this type, and its content type."""
    if kind == JSON:
        return msgspec.json.encode(order), JSON
    return _form(order.items()), f"{FORM}; boundary={_BOUNDARY}"


def _form(parts: Iterable[tuple[str, Any]]) -> bytes:
    made = "".join(
        f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in parts
    )
    return f"{made}--{_BOUNDARY}--\r\n".encode()
