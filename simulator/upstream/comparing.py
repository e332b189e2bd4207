"""Where two answers differ: place by place, without what each server draws anew."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from simulator.engine.call import Reply
from simulator.engine.dialect import Dialect

NOTHING = "nothing"
# What is drawn or counted anew by each server: ids of requests, moments, signatures.
_DRAWN = re.compile(r"(?<![0-9A-Za-z_-])[0-9A-Za-z_-]*\d[0-9A-Za-z_-]{15,}=*|\d{8,}", re.ASCII)
_MOMENT = 1_000_000_000
# Headers by which a client does something: waits, tries again, asks for help with an id.
_MATTERS = re.compile(
    r"retry-after|x-should-retry|.*request-?id|.*logid|.*idempoten.*|allow|x-ratelimit-.*"
)
# Of these only the fact that they are there follows from a call.
_VALUES = frozenset({"x-should-retry", "allow"})


def headers(
    recorded: Mapping[str, Any], simulated: Mapping[str, str], asked: Mapping[str, Any]
) -> Iterator[tuple[str, str, str]]:
    """The differences of the headers that matter; ids that a client gave itself come back."""
    old = {str(n).lower(): str(v) for n, v in recorded.items()}
    new = {n.lower(): v for n, v in simulated.items()}
    for name in sorted(n for n in {**old, **new} if _MATTERS.fullmatch(n)):
        if name == "x-client-request-id" and name not in {str(n).lower() for n in asked}:
            continue
        was, now = (_header(name, one.get(name)) for one in (old, new))
        if was != now:
            yield f"header {name}", was, now


def _header(name: str, value: str | None) -> str:
    if value is None:
        return NOTHING
    if name == "retry-after":
        return "seconds" if value.strip().isdecimal() else "a date"
    return value[:100] if name in _VALUES else "a value"


def value_of(reply: Reply) -> Any:
    """The body as its client reads it."""
    data = reply.data()
    try:
        return None if data is None else json.loads(data)
    except ValueError:
        return data.decode("utf-8", "replace") if data else None


def compared(
    old: Any, new: Any, dialect: Dialect, ids: Mapping[str, str]
) -> Iterator[tuple[str, str, str]]:
    """The differences of two bodies: place, what is recorded there and what is said here.

    Seeds are drawn, and how far a task has come depends on when exactly it began: both by the
    dialect's own names. ``ids`` has what stands here for an id of the recording.
    """
    places = (*dialect.reader.progress, dialect.fields.place("seed"), "seed")
    drawn = frozenset(re.split(r"[/.]", place)[-1] for place in places if place)
    return _values("", old, new, drawn, ids)


def _values(
    place: str, old: Any, new: Any, drawn: frozenset[str], ids: Mapping[str, str]
) -> Iterator[tuple[str, str, str]]:
    """The differences of two JSON values; the items of arrays have one place together."""
    if isinstance(old, dict) and isinstance(new, dict):
        for name in {**old, **new}:
            inner = f"{place}/{name}"
            if name not in new:
                yield inner, _kind(old[name]), NOTHING
            elif name not in old:
                yield inner, NOTHING, _kind(new[name])
            else:
                yield from _values(inner, old[name], new[name], drawn, ids)
    elif isinstance(old, list) and isinstance(new, list):
        if len(old) != len(new):
            yield f"{place}/*", f"{len(old)} items", f"{len(new)} items"
        for one, other in zip(old, new, strict=False):
            yield from _values(f"{place}/*", one, other, drawn, ids)
    elif old == new and type(old) is type(new):
        return
    elif _kind(old) != _kind(new):
        yield place or "body", _kind(old), _kind(new)
    elif place.rpartition("/")[2] not in drawn and not _numbered(place, old):
        here = ids.get(old, old) if isinstance(old, str) else old
        if plain(here) != plain(new):
            yield place or "body", plain(old), plain(new)


def _numbered(place: str, value: Any) -> bool:
    """Whether a value is the number of a row, which each server counts for itself."""
    whole = isinstance(value, int) and not isinstance(value, bool)
    return whole and place.endswith("id")


def _kind(value: Any) -> str:
    names = {dict: "an object", list: "an array", str: "a string", bool: "a boolean"}
    if value is None:
        return "null"
    return names.get(type(value), "an integer" if isinstance(value, int) else "a number")


def plain(value: Any) -> str:
    """A value in the form in which it is compared, without what each server draws anew."""
    if isinstance(value, int | float) and not isinstance(value, bool) and value >= _MOMENT:
        return "a moment"
    if not isinstance(value, str):
        return json.dumps(value)
    if value.startswith(("http://", "https://")):
        return "a link"
    return _DRAWN.sub("…", value)[:300]
