"""What a catalogue is made of, as frozen values, and what makes one of them malformed."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

PLAIN = frozenset({str, int, float, bool, type(None)})
TABLES = frozenset({dict, MappingProxyType})
COMMON = frozenset({"kind", "when", "accept", "refuse", "refused_as", "needs", "shows", "sent_as"})
ROW_NEEDS = ("id", "area", "level", "basis", "requirement", "source", "section", "cost")
ID = re.compile(r"[a-z0-9]+(\.[a-z0-9]+(-[a-z0-9]+)*){2,3}")


@dataclass(frozen=True, slots=True)
class Source:
    """A public document, when it was read, and the basis of what is known from it."""

    key: str
    title: str
    what: str
    read: str
    main: bool
    basis: str


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of expectation: what it says, the keys it needs, and those it may have."""

    name: str
    says: str
    needs: frozenset[str]
    may: frozenset[str]


@dataclass(frozen=True, slots=True)
class Schema:
    """What a row may refer to: documents, kinds, and the words of `vocabulary.toml` by list."""

    sources: Mapping[str, Source]
    kinds: Mapping[str, Kind]
    words: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Row:
    """One requirement with its place, or the reason why it cannot be tested."""

    id: str
    dialect: str
    area: str
    level: str
    basis: str
    requirement: str
    source: Source
    section: str
    cost: str
    field: str | None
    readings: tuple[str, ...]
    excluded: str | None
    expect: Mapping[str, Any]

    @property
    def kind(self) -> str:
        """The kind of its expectation; of an excluded row, the empty string."""
        return str(self.expect.get("kind", ""))

    @property
    def needs(self) -> frozenset[str]:
        """What has to be at hand before the row can be tested."""
        return frozenset(self.expect.get("needs", ()))


def is_table(value: Any) -> bool:
    """Whether a value is a Mapping; to ask that of one takes longer than to copy most of them."""
    return type(value) in TABLES or isinstance(value, Mapping)


def freeze(value: Any) -> Any:
    """The same value, read-only to its depths."""
    if type(value) in PLAIN:
        return value
    if is_table(value):
        return MappingProxyType({key: freeze(item) for key, item in value.items()})
    if isinstance(value, list | tuple):
        return tuple(freeze(item) for item in value)
    return value


def thaw(value: Any) -> Any:
    """The same value as plain dicts and lists, to be changed or written as JSON."""
    if type(value) in PLAIN:
        return value
    if is_table(value):
        return {key: thaw(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [thaw(item) for item in value]
    return value


def row(data: Mapping[str, Any], dialect: str, sources: Mapping[str, Source]) -> Row:
    """A row that `problems` found nothing wrong with."""
    return Row(
        **{key: str(data[key]) for key in ROW_NEEDS if key != "source"},
        dialect=dialect,
        source=sources[data["source"]],
        field=data.get("field"),
        readings=tuple(data.get("readings", ())),
        excluded=data.get("excluded"),
        expect=freeze(data.get("expect", {})),
    )


def problems(data: Mapping[str, Any], dialect: str, schema: Schema) -> Iterator[str]:
    """Everything that is wrong with a row in full, in plain words."""
    named = data.get("source")
    if isinstance(named, str) and named not in schema.sources:
        yield f"source {named!r} is in no sources.toml"
        return
    missing = [key for key in ROW_NEEDS if not isinstance(data.get(key), str) or not data[key]]
    if missing:
        yield f"lacks {', '.join(missing)}"
        return
    if not ID.fullmatch(data["id"]) or not data["id"].startswith(f"{dialect}."):
        yield f"its id is not {dialect}.<subject>.<aspect> in small letters"
    yield from _words(data, schema)
    yield from _readings(data)
    if ("excluded" in data) == ("expect" in data):
        yield "has to have either a kind of kinds.toml or excluded"
    elif "expect" in data:
        yield from _expectation(data["expect"], schema)


def _words(data: Mapping[str, Any], schema: Schema) -> Iterator[str]:
    lists = {"area": "areas", "level": "levels", "basis": "bases", "cost": "costs"}
    for key, name in lists.items():
        if data[key] not in schema.words[name]:
            yield f"{key} {data[key]!r} is none of {', '.join(schema.words[name])}"


def _readings(data: Mapping[str, Any]) -> Iterator[str]:
    readings = data.get("readings", [])
    if data["level"] == "unclear" and "excluded" not in data and len(readings) < 2:
        yield "is unclear and has to have two readings"
    if data["level"] in ("must", "should") and readings:
        yield f"has readings, which a {data['level']} cannot have"
    shows = data.get("expect", {}).get("shows")
    if shows is not None and len(shows) != len(readings):
        yield f"has {len(readings)} readings and {len(shows)} lines of shows"


def _expectation(expect: Mapping[str, Any], schema: Schema) -> Iterator[str]:
    kind = schema.kinds[expect["kind"]]
    if missing := sorted(kind.needs - set(expect)):
        yield f"its {kind.name} lacks {', '.join(missing)}"
    if unknown := sorted(set(expect) - kind.needs - kind.may - COMMON):
        yield f"its {kind.name} has the unknown keys {', '.join(unknown)}"
    if kind.name == "witness" and not (expect.get("accept") or expect.get("refuse")):
        yield "its witness has neither accept nor refuse"
    if strange := sorted(set(expect.get("needs", ())) - set(schema.words["needs"])):
        yield f"needs {', '.join(strange)}, which is not in vocabulary.toml"
    if strange := sorted(_situations(expect) - set(schema.words["situations"])):
        yield f"situation {', '.join(strange)} is not in vocabulary.toml"


def _situations(expect: Mapping[str, Any]) -> set[str]:
    single = {expect[key] for key in ("situation", "refused_as") if key in expect}
    return single | set(expect.get("situations", ()))
