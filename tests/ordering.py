"""Orders of any dialect, made from its own example: with a callback, a sound, other words."""

import json
import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from simulator.core.task import Order
from simulator.dialects import ALL, load
from simulator.engine.dialect import Dialect
from tests.driving import at_once, encode_form, world

NAMES = tuple(dialect.name for dialect in ALL)
JSON = "application/json"
# What stands in words or in items of an array has no one place in an order.
_FIELD = re.compile(r"\w+(\.\w+)*")


def has(dialect: Dialect, concept: str) -> bool:
    """Whether an order of the dialect has one field for a concept."""
    return _FIELD.fullmatch(dialect.fields.place(concept)) is not None


def asking(
    dialect: Dialect, given: Mapping[str, Any] | None = None, /, **concepts: Any
) -> dict[str, Any]:
    """An order, else the example, with values for concepts wherever the dialect has them."""
    order: dict[str, Any] = dict(dialect.example if given is None else given)
    for concept, value in concepts.items():
        assert has(dialect, concept), (dialect.name, concept)
        order = _put(order, dialect.fields.place(concept).split("."), value)
    return order


def _put(order: Mapping[str, Any], way: list[str], value: Any) -> dict[str, Any]:
    inner = value if len(way) == 1 else _put(order.get(way[0], {}), way[1:], value)
    return {**order, way[0]: inner}


def saying(dialect: Dialect, prompt: str) -> dict[str, Any]:
    """The example order with another prompt, where its own one stands."""
    if has(dialect, "prompt"):
        return asking(dialect, prompt=prompt)
    return {**dialect.example, "content": [{"type": "text", "text": prompt}]}


def encoded(dialect: Dialect, order: Mapping[str, Any] | None = None) -> tuple[bytes, str]:
    """The body of a create call and its content type."""
    order = dialect.example if order is None else order
    if dialect.route("create").form:
        return encode_form({k: v if isinstance(v, bytes) else str(v) for k, v in order.items()})
    return json.dumps(order).encode(), JSON


@cache
def understood(name: str) -> Order:
    """The example of a dialect as the engine understands it."""
    dialect = load(name)
    here = world(dialect)
    raw, kind = encoded(dialect)
    sent = here.json("POST", dialect.route("create").path, raw, headers={"Content-Type": kind})
    status, body = at_once(sent)
    assert status == 200, body
    (task,) = at_once(here.engine.tasks())
    return task.order
