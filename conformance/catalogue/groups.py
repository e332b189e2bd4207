"""Rows as they stand in `api.toml`: in groups that say once what is alike, the kind as a key."""

from collections.abc import Iterator, Mapping
from typing import Any

from conformance.catalogue.rows import Schema

# What a group may say for its rows, and a row for itself.
SHARED = ("source", "section", "area", "level", "basis", "cost", "field")
OWN = ("requirement", "readings", "excluded")


def rows(groups: Any, schema: Schema) -> Iterator[Mapping[str, Any]]:
    """Every row in full, in the file's order, with its kind inside `expect`.

    What is no table is left out here, and named by `problems`.
    """
    for group in _tables(groups):
        shared = {key: group[key] for key in SHARED if key in group}
        for id, own in _rows(group).items():
            if isinstance(own, Mapping):
                yield _whole(id, own, shared, schema)


def problems(groups: Any, schema: Schema) -> Iterator[str]:
    """Everything that is wrong with the form of groups and rows, in plain words."""
    if not _tables(groups) or len(_tables(groups)) != len(groups):
        yield "has no rows, or a group that is not written as [[group]]"
    for number, group in enumerate(_tables(groups), 1):
        if unknown := sorted(set(group) - {*SHARED, "row"}):
            yield f"group {number}: has the unknown keys {', '.join(unknown)}"
        if not _rows(group):
            yield f"group {number}: has no rows, which are written [group.row.<id in quotes>]"
        for id, own in _rows(group).items():
            for problem in _problems(own, schema):
                yield f"{id}: {problem}"


def _problems(own: Any, schema: Schema) -> Iterator[str]:
    if not isinstance(own, Mapping):
        yield "is no table"
        return
    if unknown := sorted(set(own) - {*SHARED, *OWN} - set(schema.kinds)):
        yield f"has the unknown keys {', '.join(unknown)}, none of which is in kinds.toml"
    kinds = _kinds(own, schema)
    if len(kinds) > 1:
        yield f"is of more than one kind: {', '.join(kinds)}"
    for kind in kinds:
        if not isinstance(own[kind], Mapping):
            yield f"its {kind} is no table"


def _whole(
    id: str, own: Mapping[str, Any], shared: Mapping[str, Any], schema: Schema
) -> Mapping[str, Any]:
    kinds = _kinds(own, schema)
    found = {"id": id, **shared, **{key: own[key] for key in own if key in (*SHARED, *OWN)}}
    source = schema.sources.get(str(found.get("source")))
    if source is not None:
        found.setdefault("basis", source.basis)
    for kind in kinds[:1]:
        asked = own[kind] if isinstance(own[kind], Mapping) else {}
        of = {"field": found["field"]} if _of_its_field(kind, found, schema) else {}
        found["expect"] = {"kind": kind, **of, **asked}
    return found


def _of_its_field(kind: str, found: Mapping[str, Any], schema: Schema) -> bool:
    """Whether the expectation is about the row's field, unless it names another."""
    return "field" in schema.kinds[kind].needs and "field" in found


def _kinds(own: Mapping[str, Any], schema: Schema) -> list[str]:
    return [key for key in own if key in schema.kinds]


def _tables(groups: Any) -> list[Mapping[str, Any]]:
    found = groups if isinstance(groups, list) else ()
    return [each for each in found if isinstance(each, Mapping)]


def _rows(group: Mapping[str, Any]) -> Mapping[str, Any]:
    found = group.get("row")
    return found if isinstance(found, Mapping) else {}
