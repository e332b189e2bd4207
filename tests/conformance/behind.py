"""Why nothing notices that one rule of a dialect is gone: which other rule refuses its orders.

``python -m tests.conformance.behind --write`` writes the reasons of such mutants into each
`kills.json` anew: from the orders that the suite would send, and the rules that refuse them.
"""

import argparse
import asyncio
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from conformance.catalogue import documents, kills
from conformance.catalogue.kills import Kills
from conformance.catalogue.rows import thaw
from conformance.judge.verdicts import Result
from conformance.plan import stage
from conformance.plan.probes import World
from simulator import dialects
from tests.conformance import book, mutants
from tests.conformance.meeting import judged, noticed, recorded, serving

SURE = ("must", "should")
MOST = 3


@dataclass(frozen=True)
class Found:
    """What the orders say of a rule.

    `alone` are the rows with an order that only it refuses, `others` the rules that refuse the
    others, and `unsure` the rows that are unclear or observed and have such orders.
    """

    alone: frozenset[str]
    others: frozenset[str]
    unsure: frozenset[str]

    @property
    def reason(self) -> str:
        """Why nobody notices that the rule is gone."""
        if self.alone:
            return book.LATER
        if self.others:
            return book.ALIKE + ", ".join(sorted(self.others)[:MOST])
        if self.unsure:
            return book.UNSURE + min(self.unsure)
        return book.NONE


def found(full: str) -> Found:
    """What the orders of a run say of a rule, as `ark/rule.removed.04.OfType.prompt`."""
    dialect, _, name = full.partition("/")
    number, tier = _named(name.split(".")[2:])
    rules, alone, named, unsure = _rules(dialect), set[str](), set[str](), set[str]()
    whole = rules[number]
    for level, id, body in _orders(dialect):
        if not _refuses(whole, body) or (tier and whole.variant(body) != tier):
            continue
        if level not in SURE:
            unsure.add(id)
            continue
        others = (each for n, each in enumerate(rules) if n != number and _refuses(each, body))
        if (other := next(others, None)) is None:
            alone.add(id)
        else:
            named.add(_name(other))
    return Found(frozenset(alone), frozenset(named), frozenset(unsure))


def _named(parts: list[str]) -> tuple[int, str]:
    """The place of a rule in its table, and the tier whose row it is, as mutants name them."""
    place = next(n for n, part in enumerate(parts[1:], 1) if part[:1].isupper()) - 1
    return int(parts[place]), ".".join(parts[:place])


@cache
def _rules(dialect: str) -> tuple[Any, ...]:
    routes = dialects.load(dialect).routes
    return next(tuple(each.rules) for each in routes if each.method == "POST")


@cache
def _orders(dialect: str) -> tuple[tuple[str, str, Any], ...]:
    """The orders of a whole run that have to be refused, or may be, by the rows they are for."""
    world = World(
        documents.catalogue(dialect),
        control=True, second=True, callback=True, media=True, loopback=True, faces=True,
    )  # fmt: skip
    plan = stage.plan(world)
    return tuple(_of_plan(plan))


def _of_plan(plan: stage.Plan) -> Iterator[tuple[str, str, Any]]:
    for row in plan.rows:
        for probe in plan.drawn.get(row.id, ()):
            if (
                probe.call == "create"
                and probe.want == "refuse"
                and isinstance(probe.body, Mapping)
            ):
                yield row.level, row.id, thaw(probe.body)


def _refuses(rule: Any, body: Any) -> bool:
    try:
        return rule.problem(body) is not None
    except (TypeError, ValueError, AttributeError, KeyError):
        return False  # it looks only at what the rules before it have let through


def _name(rule: Any) -> str:
    field = getattr(rule, "field", "")
    return f"{type(rule).__name__} of {field}" if field else type(rule).__name__


async def told(file: Kills) -> Kills:
    """The matrix with these reasons; what an order alone shows is met, and may be noticed."""
    seen, left = dict(file.noticed), dict(file.survivors)
    for name, why in file.survivors.items():
        if "/rule.removed." not in name or book.by_hand(name, why):
            continue
        says = found(name)
        if rows := await _met(name, says.alone) if says.alone else ():
            seen[name] = rows
            del left[name]
        else:
            left[name] = says.reason
    return Kills(seen, left)


async def _met(full: str, ids: Iterable[str]) -> tuple[str, ...]:
    """The rows, of these, that notice a mutant."""
    dialect, _, name = full.partition("/")
    chosen = sorted(ids)[: book.MOST]
    mutant = dict(mutants.rules(dialects.load(dialect)))[name]
    usual = await _judged(None, dialect, chosen)
    return tuple(noticed(usual, await _judged(mutant, dialect, chosen)))


async def _judged(changed: Any, dialect: str, ids: list[str]) -> Mapping[str, Result]:
    with tempfile.TemporaryDirectory() as folder:
        async with serving(changed) as base:
            return judged(await recorded(base, dialect, ids, Path(folder)))


def main() -> int:
    """Print the reasons of each mutant, or write them."""
    parser = argparse.ArgumentParser(prog="python -m tests.conformance.behind", description=__doc__)
    parser.add_argument("--write", action="store_true")
    write = parser.parse_args().write
    before = kills.matrix()
    matrix = asyncio.run(told(before))
    for dialect in documents.dialects() if write else ():
        kills.file(dialect).write_text(book.written(matrix, dialect), "utf-8")
    for name in before.survivors:
        if "/rule.removed." in name and not book.by_hand(name, before.survivors[name]):
            now = matrix.survivors.get(name) or ", ".join(matrix.noticed[name])
            sys.stdout.write(f"{name}: {now}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
