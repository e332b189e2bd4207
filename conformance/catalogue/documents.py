"""The documents as data: `fixtures/` loaded into frozen values, with its faults named."""

import json
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

from conformance.catalogue import groups, wire
from conformance.catalogue.rows import Kind, Row, Schema, Source, freeze, problems, row
from conformance.catalogue.wire import Dialect

T = TypeVar("T")
SOURCES = "sources.toml"


class FixtureError(ValueError):
    """A file of `fixtures/` that cannot be used; the message names file and row."""


@dataclass(frozen=True, slots=True)
class Model:
    """A model of the dialect's table."""

    id: str
    resolutions: tuple[str, ...]
    tier: str
    ratios: tuple[str, ...]
    per: str
    enabled: str
    default_resolution: str | None = None


@dataclass(frozen=True, slots=True)
class Sizes:
    """Width and height by ratio, at one resolution; of these models alone, where any are named."""

    resolution: str
    level: str
    source: Source
    pixels: Mapping[str, tuple[int, int]]
    models: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Mode:
    """A mode of the document's table, as one legal order."""

    name: str
    title: str
    source: Source
    section: str
    order: Mapping[str, Any]


@dataclass(frozen=True, slots=True, eq=False)
class Catalogue:
    """All that is known of a dialect from its documents; read once, and equal only to itself."""

    dialect: Dialect
    rows: tuple[Row, ...]
    models: tuple[Model, ...]
    sizes: tuple[Sizes, ...]
    modes: tuple[Mode, ...]

    def row(self, id: str) -> Row:
        """The row of that id; KeyError where there is none."""
        for each in self.rows:
            if each.id == id:
                return each
        raise KeyError(id)

    def mode(self, name: str) -> Mode:
        """The mode of that name; KeyError where there is none."""
        for each in self.modes:
            if each.name == name:
                return each
        raise KeyError(name)

    def sizes_of(self, resolution: Any, model: Any) -> Sizes | None:
        """The table of a resolution: the model's own, where it has one."""
        found = [each for each in self.sizes if each.resolution == resolution]
        own = [each for each in found if model in each.models]
        return next((each for each in own or found if own or not each.models), None)

    @property
    def refusing(self) -> frozenset[int]:
        """The 5xx statuses with which an order is refused, so that nothing is owed for it."""
        errors = [row for row in self.testable if row.kind == "error"]
        return frozenset({503}) & {each for row in errors for each in row.expect.get("http", ())}

    @property
    def testable(self) -> tuple[Row, ...]:
        """The rows that are not excluded."""
        return tuple(each for each in self.rows if each.excluded is None)


@cache
def folder() -> Path:
    """The folder of the fixtures: inside the installed package, else beside the checkout."""
    here = Path(__file__).resolve().parents[1]
    for place in (here / "fixtures", here.parent / "fixtures"):
        if (place / SOURCES).is_file():
            return place
    raise FixtureError(f"no fixtures in {here} or beside it")


@cache
def dialects() -> tuple[str, ...]:
    """The names of the dialects that have a catalogue."""
    return tuple(sorted(path.parent.name for path in folder().glob("*/api.toml")))


@cache
def sources() -> Mapping[str, Source]:
    """The cited documents by key: those of a dialect alone stand in its folder."""
    files = [SOURCES, *(f"{name}/{SOURCES}" for name in dialects())]
    found: dict[str, Source] = {}
    for file in (each for each in files if (folder() / each).is_file()):
        for key, source in _tables(file, lambda key, data: Source(key=key, **data)).items():
            if key in found:
                raise FixtureError(f"fixtures/{file}: {key} is there twice")
            found[key] = source
    return MappingProxyType(found)


@cache
def schema() -> Schema:
    """What a row may refer to."""
    kinds = _tables(
        "kinds.toml",
        lambda key, data: Kind(key, data["says"], frozenset(data["needs"]), frozenset(data["may"])),
    )
    return Schema(sources(), kinds, freeze(read(folder() / "vocabulary.toml")))


@cache
def catalogue(dialect: str) -> Catalogue:
    """The catalogue of a dialect, checked."""
    if dialect not in dialects():
        raise FixtureError(f"no catalogue of {dialect!r}: there are {', '.join(dialects())}")
    return load(folder() / dialect / "api.toml", dialect)


def examples(dialect: str) -> Mapping[str, str]:
    """The example files of a dialect: name and text."""
    place = folder() / dialect / "examples"
    files = {path.name: path.read_text("utf-8") for path in sorted(place.iterdir())}
    return MappingProxyType(files)


@cache
def shown_keys(dialect: str) -> frozenset[str]:
    """The names of all keys that the example answers of a dialect show, at any depth."""
    found: set[str] = set()
    for name, text in examples(dialect).items():
        if name.endswith(".json") and not name.startswith("create."):
            found |= _keys(json.loads(text))
    return frozenset(found)


def _keys(value: Any) -> set[str]:
    inside = value.values() if isinstance(value, dict) else value
    if not isinstance(value, dict | list):
        return set()
    return set(value if isinstance(value, dict) else ()).union(*map(_keys, inside))


def load(path: Path, dialect: str) -> Catalogue:
    """The catalogue in one file; FixtureError lists everything that is wrong with it."""
    data = read(path)
    where = f"{path.parent.name}/{path.name}"
    try:
        wrong = [*_head_problems(data, dialect), *_row_problems(data, dialect)]
        if not wrong:
            return _catalogue(data, dialect)
    except (AttributeError, KeyError, TypeError, ValueError) as fault:
        raise FixtureError(f"{where}: a value of another type than it has: {fault!r}") from fault
    raise FixtureError("\n".join(f"{where}: {line}" for line in wrong))


def read(path: Path) -> dict[str, Any]:
    """A TOML file, or FixtureError with its name."""
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as fault:
        raise FixtureError(f"{path.parent.name}/{path.name}: {fault}") from fault


def _tables(name: str, make: Callable[[str, Any], T]) -> Mapping[str, T]:
    made: dict[str, T] = {}
    for key, data in read(folder() / name).items():
        try:
            made[key] = make(key, data)
        except (KeyError, TypeError) as fault:
            raise FixtureError(f"fixtures/{name}: {key}: {fault}") from fault
    return MappingProxyType(made)


def _row_problems(data: Mapping[str, Any], dialect: str) -> Iterator[str]:
    yield from groups.problems(data.get("group", []), schema())
    rows = list(groups.rows(data.get("group", []), schema()))
    for each in rows:
        for problem in problems(each, dialect, schema()):
            yield f"{each['id']}: {problem}"
    for name, times in Counter(each["id"] for each in rows).items():
        if times > 1:
            yield f"{name}: stands {times} times"
    modes = {mode.get("name") for mode in data.get("mode", ())}
    for each in rows:
        expect = each.get("expect", {})
        if expect.get("kind") == "mode" and expect.get("mode") not in modes:
            yield f"{each['id']}: there is no mode {expect.get('mode')!r}"


def _head_problems(data: Mapping[str, Any], dialect: str) -> Iterator[str]:
    head = data.get("dialect", {})
    if head.get("name") != dialect:
        yield f"dialect.name is {head.get('name')!r}"
    yield from wire.problems(head, schema().words)
    if strange := sorted(set(data) - {"dialect", "group", "model", "sizes", "mode"}):
        yield f"has the unknown tables {', '.join(strange)}"


def _catalogue(data: Mapping[str, Any], dialect: str) -> Catalogue:
    known = sources()
    return Catalogue(
        dialect=wire.dialect(freeze(data["dialect"]), known),
        rows=tuple(row(each, dialect, known) for each in groups.rows(data["group"], schema())),
        models=tuple(Model(**freeze(each)) for each in data["model"]),
        sizes=tuple(_cited(Sizes, each) for each in data.get("sizes", ())),
        modes=tuple(_cited(Mode, each) for each in data["mode"]),
    )


def _cited(make: Any, data: Mapping[str, Any]) -> Any:
    return make(**{**freeze(data), "source": sources()[data["source"]]})
