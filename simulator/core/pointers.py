"""Places in answers, as JSON pointers, and how to change what stands there."""

from collections.abc import Iterable
from typing import Any


class _Absent:
    """Stands for what is not there."""


ABSENT = _Absent()


def get(body: Any, pointer: str) -> Any:
    """What stands at a place, or ``ABSENT``."""
    for part in _parts(pointer):
        if isinstance(body, dict) and part in body:
            body = body[part]
        elif isinstance(body, list) and part.isdigit() and int(part) < len(body):
            body = body[int(part)]
        else:
            return ABSENT
    return body


def there(body: Any, pointers: Iterable[str]) -> list[str]:
    """Those of the places that the body has."""
    return [pointer for pointer in pointers if get(body, pointer) is not ABSENT]


def put(body: Any, pointer: str, value: Any) -> Any:
    """The body with another value at a place; objects on the way there are made.

    A place behind the end of an array is its next one.
    """
    parts = _parts(pointer)
    if not parts:
        return value
    return _put(body, parts, value)


def _put(body: Any, parts: list[str], value: Any) -> Any:
    head, rest = parts[0], parts[1:]
    if isinstance(body, list):
        at = min(int(head), len(body))
        inner = _put(body[at] if at < len(body) else None, rest, value) if rest else value
        return [*body[:at], inner, *body[at + 1 :]]
    known = body if isinstance(body, dict) else {}
    return {**known, head: _put(known.get(head), rest, value) if rest else value}


def drop(body: Any, pointer: str) -> Any:
    """The body without what stands at a place."""
    *way, last = _parts(pointer)
    above = "".join(f"/{part}" for part in way)
    inside = get(body, above)
    if get(inside, f"/{last}") is ABSENT:
        return body
    if isinstance(inside, list):
        left: Any = [item for at, item in enumerate(inside) if at != int(last)]
    else:
        left = {name: value for name, value in inside.items() if name != last}
    return put(body, above, left)


def above(pointer: str) -> str:
    """The object in which a place, or the array that it is in, stands."""
    parts = _parts(pointer)[:-1]
    return "".join(f"/{part}" for part in parts[: -1 if pointer[-1].isdigit() else None])


def _parts(pointer: str) -> list[str]:
    return pointer.split("/")[1:]
