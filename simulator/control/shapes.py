"""What a body may hold at a place of it, for the error of a call that held something else."""

import re
from collections.abc import Iterator
from typing import Any

from msgspec import inspect

_STEP = re.compile(r"\[[^\]]*\]|[^.\[\]]+")


def choices(shape: type, place: str) -> tuple[str, ...]:
    """The words that are allowed at a place such as ``match.call``; none where no list is."""
    found = (kind for kind in _at(shape, place) if isinstance(kind, inspect.LiteralType))
    return tuple(str(value) for kind in found for value in kind.values)


def fields(shape: type, place: str) -> tuple[str, ...]:
    """The fields that an object at a place may have; none where no object is."""
    found = (kind for kind in _at(shape, place) if isinstance(kind, inspect.StructType))
    return tuple(field.encode_name for kind in found for field in kind.fields)


def _at(shape: type, place: str) -> list[inspect.Type]:
    kinds = list(_plain(inspect.type_info(shape)))
    for step in _STEP.findall(place):
        kinds = [inner for kind in kinds for inner in _into(kind, step)]
    return kinds


def _into(kind: inspect.Type, step: str) -> Iterator[inspect.Type]:
    if isinstance(kind, inspect.StructType):
        for field in kind.fields:
            if field.encode_name == step:
                yield from _plain(field.type)


def _plain(kind: Any) -> Iterator[inspect.Type]:
    """The alternatives of a type, without what is said about them."""
    if isinstance(kind, inspect.Metadata):
        yield from _plain(kind.type)
    elif isinstance(kind, inspect.UnionType):
        for one in kind.types:
            yield from _plain(one)
    else:
        yield kind
