"""A call to the control plane as plain data, and what can be wrong with one."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec

from simulator.core.clock import duration
from simulator.core.near_misses import near

T = TypeVar("T")
BODY_LIMIT = 1024 * 1024
MOST_ITEMS = 1000
USUAL_ITEMS = 100

_PLACE = re.compile(r" - at `\$\.?([^`]*)`$")
_FIELD = re.compile(r"(?:unknown|missing required) field `([^`]*)`")


@dataclass(frozen=True, slots=True)
class Wrong(Exception):
    """A control call that is refused; ``field`` names what was wrong with it."""

    code: str
    message: str
    field: str | None = None
    status: int = 400
    headers: Mapping[str, str] | None = None

    def body(self) -> dict[str, Any]:
        return {"error": {"code": self.code, "message": self.message, "field": self.field}}


@dataclass(frozen=True, slots=True)
class Asked:
    """A control call: the segments its path names, its parameters and its body."""

    args: Mapping[str, str]
    query: Mapping[str, str]
    raw: bytes = b""

    def parameters(self, *names: str) -> list[str | None]:
        """The parameters of these names; any other is a mistake."""
        for name in self.query:
            if name not in names:
                known = ", ".join(names) or "none"
                raise Wrong(
                    "unknown_parameter", f"{name} is not a parameter of this: {known}", name
                )
        return [self.query.get(name) for name in names]

    def decode(self, shape: type[T]) -> T:
        """The body in the given shape; no body is an empty object."""
        self.parameters()
        try:
            return msgspec.json.decode(self.raw or b"{}", type=shape)
        except msgspec.ValidationError as error:
            raise _misshapen(str(error), shape) from None
        except (ValueError, RecursionError) as error:
            raise Wrong("bad_json", f"the body is not JSON: {error}", "body") from None


def _misshapen(text: str, shape: type) -> Wrong:
    """The decoder's complaint, with the field that it names and what would have been right."""
    from simulator.control import shapes  # only mistakes need it

    place, name = _PLACE.search(text), _FIELD.search(text)
    at = place[1].replace("[...]", "") if place else ""  # any of an object's values
    where = ".".join(part for part in (at, name[1] if name else "") if part) or "body"
    if name and "unknown field" in text:
        known = shapes.fields(shape, at)
        hint = near(name[1], known)
        text = f"{where}: there is no such field, only {', '.join(known)}"
        return Wrong("unknown_field", f"{text}; {hint}" if hint else text, where)
    if allowed := shapes.choices(shape, at):
        return Wrong("bad_value", f"{where} must be one of {', '.join(allowed)}", where)
    return Wrong("bad_value", f"{where}: {_PLACE.sub('', text)}", where)


def span(name: str, value: str | int) -> int:
    """The milliseconds of a duration in a field of this name."""
    try:
        return duration(value)
    except ValueError as error:
        raise Wrong("bad_duration", f"{name} {error}", name) from None


def page(
    items: Sequence[T],
    limit: str | None,
    after: str | None,
    name: Callable[[T], str],
    gone: Callable[[str], int | None] = lambda _: None,
) -> Any:
    """One page of a list, whose items the control plane knows by a name.

    ``gone`` says how many of the items came before one that is in the list no more, since it was
    used up while somebody read page by page; None where there never was one of that name.
    """
    most = page_size(limit)
    start = 0
    if after is not None:
        places = (at for at, item in enumerate(items, 1) if name(item) == after)
        found = next(places, None) or gone(after)
        if found is None:
            raise Wrong("bad_value", f"after: nothing in the list is called {after}", "after")
        start = found
    return items[start : start + most]


def page_size(limit: str | None, name: str = "limit") -> int:
    """How many items a page may have, by its `limit` (or the parameter of another name)."""
    return USUAL_ITEMS if limit is None else _whole(name, limit, MOST_ITEMS)


def _whole(name: str, text: str, most: int) -> int:
    if re.fullmatch("[0-9]{1,9}", text) and 1 <= int(text) <= most:
        return int(text)
    raise Wrong("bad_value", f"{name} must be a whole number from 1 to {most}", name)
