"""The dialects, one module each, which is loaded when its dialect is spoken for the first time."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache
from importlib import import_module
from typing import Any

from simulator.engine.dialect import Callbacks, Dialect

# One line for each; everything else finds them here: server, index, commands, keys, tests.
NAMES = (
    "nbility",
    "uniall",
    "evolink",
    "octopusx",
    "apiyi",
    "ark",
    "newapi",
    "openai",
)

ALL: tuple[Dialect, ...]


@cache
def load(name: str) -> Dialect:
    """A dialect by its name; a KeyError if there is none."""
    if name not in NAMES:
        raise KeyError(name)
    dialect: Dialect = import_module(f"{__name__}.{name}").DIALECT
    return dialect


@cache
def faithful(name: str, observed: bool) -> Dialect:
    """A dialect as a server of this fidelity speaks it."""
    dialect = load(name)
    if not observed:
        return dialect
    return replace(
        dialect,
        callbacks=dialect.observed_callbacks or dialect.callbacks,
        reader=dialect.observed_reader or dialect.reader,
        token=dialect.observed_token or dialect.token,
        escapes="always" if dialect.escapes else None,
    )


class Dialects(Mapping[str, Dialect]):
    """All of them by name, in one fidelity. Only to look at one of them loads it."""

    def __init__(self, observed: bool = False) -> None:
        self._observed = observed

    def __getitem__(self, name: str) -> Dialect:
        return faithful(name, self._observed)

    def __contains__(self, name: object) -> bool:
        return name in NAMES

    def __iter__(self) -> Iterator[str]:
        return iter(NAMES)

    def __len__(self) -> int:
        return len(NAMES)


class CallingBack(Mapping[str, Callbacks]):
    """How those of them call back that do; ``others`` say so of dialects that are not simulated."""

    def __init__(self, dialects: Dialects) -> None:
        self._dialects = dialects
        self.others: dict[str, Callbacks | None] = {}

    def __getitem__(self, name: str) -> Callbacks:
        found = self.others[name] if name in self.others else self._dialects[name].callbacks
        if found is None:
            raise KeyError(name)
        return found

    def __iter__(self) -> Iterator[str]:
        return (name for name in self._dialects if name in self)

    def __len__(self) -> int:
        return sum(1 for _ in self)


def __getattr__(name: str) -> Any:
    """``ALL`` is made when somebody wants all of them at once."""
    if name == "ALL":
        return tuple(map(load, NAMES))
    raise AttributeError(name)
