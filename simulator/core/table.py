"""A dialect's rows in their order, and the check that finds the first one a request breaks.

An order leaves most fields out, and most rows have something to say of some models only, or of
media only. So which rows are asked is worked out once for each model and set of fields.
"""

from collections.abc import Callable, Hashable, Iterable
from functools import cached_property
from itertools import groupby
from typing import TypeGuard

from simulator.core.likeness import Known, Likeness
from simulator.core.problems import Refusal
from simulator.core.rules import Body, Rule, Varied

Silent = Callable[[Body], bool]
# Rows in their order; a part is passed over where its function says that it has nothing to say.
Parts = tuple[tuple[Silent | None, tuple[Rule, ...]], ...]


class Table(tuple[Rule, ...]):
    """Rows in their order, of which a body is asked only those that may have something to say.

    That a row has nothing to say where its ``field`` is absent says ``passes_absent``, and where
    something else is absent ``silent``. Those that are ``Varied`` have one variant in common.
    """

    def asked(self, body: Body) -> Parts:
        """The rows that may have something to say of a body, in their order."""
        fields, varied = self._fields, self._varied
        key = (
            tuple([name for name, sent in body.items() if sent is not None and name in fields]),
            varied[0].variant(body) if varied else None,
        )
        found = self._known.get(key)
        if found is None:
            found = self._known.keep(key, self._parts(*key))
        return found

    def check(self, body: Body, like: Likeness | None = None) -> None:
        """Refuse the body with the problem of the first row that it breaks.

        One that is ``like`` another that passed is not asked again.
        """
        if like is not None and like in self._passed:
            return
        for silent, rows in self.asked(body):
            if silent is not None and silent(body):
                continue
            for row in rows:
                if (problem := row.problem(body)) is not None:
                    raise Refusal(problem)
        if like is not None:
            self._passed.keep(like, None)

    def _parts(self, names: tuple[str, ...], variant: Hashable) -> Parts:
        found = [row.rows.get(variant) if _is_varied(row) else row for row in self]
        rows = [row for row in found if row and (_name(row) in names or not _passes_absent(row))]
        parts = groupby(rows, lambda row: getattr(row, "silent", None))
        return tuple([(silent, tuple(part)) for silent, part in parts])

    @cached_property
    def _known(self) -> Known[Parts]:
        return Known()

    @cached_property
    def _passed(self) -> Known[None]:
        return Known()

    @cached_property
    def _varied(self) -> list[Varied]:
        return [row for row in self if _is_varied(row)]

    @cached_property
    def _fields(self) -> frozenset[str]:
        """The names under which a body has what rows look at that pass over what is absent."""
        of_variants = [row for varied in self._varied for row in varied.rows.values()]
        return frozenset(_name(row) for row in (*self, *of_variants) if _passes_absent(row))


def _name(row: Rule) -> str:
    field: str = getattr(row, "field", "")
    return field.partition(".")[0]


def _passes_absent(row: Rule) -> bool:
    return bool(getattr(row, "passes_absent", False))


def _is_varied(row: Rule) -> TypeGuard[Varied]:
    return hasattr(row, "variant")


def check(rules: Iterable[Rule], body: Body) -> None:
    """The same for rows of any kind, asked one after the other where they are no table."""
    if isinstance(rules, Table):
        rules.check(body)
        return
    for row in rules:
        if (problem := row.problem(body)) is not None:
            raise Refusal(problem)
