"""The kinds of rows with all that belongs to each: its sentence and keys, its draw, its judge."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from conformance import judge
from conformance.catalogue import documents
from conformance.catalogue.rows import Kind
from conformance.plan import kinds


@dataclass(frozen=True, slots=True)
class Parts:
    """What a row of a kind may say (`schema`), the probes it needs, and what is found of it."""

    schema: Kind
    draw: kinds.Draw
    judge: judge.Judge

    @property
    def where(self) -> tuple[str, str]:
        """The places of draw and judge, as a reader of the code looks for them."""
        return _place(self.draw), _place(self.judge)


@cache
def all() -> Mapping[str, Parts]:
    """Every kind by its name, as `kinds.toml` has them; KeyError where one lacks a part."""
    found = documents.schema().kinds
    return MappingProxyType(
        {name: Parts(kind, kinds.KINDS[name], judge.KINDS[name]) for name, kind in found.items()}
    )


def _place(function: Callable[..., object]) -> str:
    return f"{function.__module__.removeprefix('conformance.')}.{function.__name__}"
