"""A dialect's rows in their order, and the check that finds the first one a request breaks."""

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import TypeGuard

from simulator.core.problems import Refusal
from simulator.core.rules import Body, OfSent, Rule


class Table(tuple[Rule, ...]):
    """Rows in their order. An order leaves most fields out, so most rows need not be asked."""

    def asked(self, body: Body) -> Iterator[Rule]:
        """The rows that may have something to say of a body, in their order."""
        found = list(self._always)
        for name, given in body.items():
            if given is not None:
                found += self._by_field.get(name, ())
        found.sort()
        return (self[at] for at in found)

    @cached_property
    def _always(self) -> list[int]:
        """The places of the rows that are asked about every body."""
        return [at for at, rule in enumerate(self) if not _passes_absent(rule)]

    @cached_property
    def _by_field(self) -> Mapping[str, list[int]]:
        """The places of all other rows, by the name under which a body has what they look at."""
        found: dict[str, list[int]] = {}
        for at, rule in enumerate(self):
            if _passes_absent(rule):
                found.setdefault(rule.field.partition(".")[0], []).append(at)
        return found


def _passes_absent(rule: Rule) -> TypeGuard[OfSent]:
    return bool(getattr(rule, "passes_absent", False))


def check(rules: Iterable[Rule], body: Body) -> None:
    """Refuse the body with the problem of the first row that it breaks."""
    for rule in rules.asked(body) if isinstance(rules, Table) else rules:
        if (problem := rule.problem(body)) is not None:
            raise Refusal(problem)
