"""Gateways that are wrong at one cell alone, as what a run against them would have recorded.

A bend is a defect of the orders with certain values: their clips lie on their side, are of another
tier, too short or silent; their answers name another model, length or ratio, have other tokens or
no last picture. `python -m tests.conformance.bends` lets every bend of every dialect meet the
suite and prints those that no row notices.
"""

import argparse
import asyncio
import json
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from conformance.catalogue import documents, orders
from conformance.collect.transcript import Transcript
from conformance.plan import cells
from conformance.plan.probes import Probe
from conformance.plan.stage import Plan
from tests.conformance.meeting import judged, noticed, planned, recorded, serving
from tests.conformance.mutants import put

KINDS = ("clip", "effect", "default", "actual", "tokens", "billing", "pairs", "adaptive", "wins")
Fact = dict[str, Any]


@dataclass(frozen=True)
class Bend:
    """What goes wrong with the orders that have these values in these fields.

    `clip` changes the facts of their clips, `answers` (places of `[dialect.answer]` or of rows and
    values) what a query says of them.
    """

    name: str
    where: Mapping[str, Any]
    clip: Callable[[Fact], Fact] = lambda fact: fact
    answers: Callable[[Any], Any] = lambda value: value
    places: tuple[str, ...] = ()

    def struck(self, plan: Plan, transcript: Transcript) -> list[Probe]:
        """The orders of a run that it goes wrong with."""
        return [
            plan.probes[key]
            for key in transcript.by_probe
            if (probe := plan.probes.get(key))
            and probe.call == "create"
            and isinstance(probe.body, Mapping)
            and orders.matches(probe.body, self.where)
        ]

    def bent(self, plan: Plan, transcript: Transcript) -> Transcript:
        """What would have been recorded."""
        keys = {probe.key for probe in self.struck(plan, transcript)}
        facts = [
            self.clip(dict(each)) if each["kind"] == "clip" and each.get("of") in keys else each
            for each in transcript.facts
        ]
        exchanges = list(transcript.exchanges)
        for number, each in enumerate(exchanges):
            if each.call == "query" and each.of in keys:
                for place in self.places:
                    there, old = orders.at(each.json, place)
                    if there and old is not None:
                        each = put(each, place, self.answers(old))
                exchanges[number] = each
        return replace(transcript, facts=tuple(facts), exchanges=tuple(exchanges))


def turned(fact: Fact) -> Fact:
    """A clip on its side."""
    return {**fact, "width": fact.get("height"), "height": fact.get("width")}


def shorter(fact: Fact) -> Fact:
    """A clip that lacks its last second."""
    return {**fact, "seconds": fact["seconds"] - 1, "frames": fact["frames"] - 24}


def silent(fact: Fact) -> Fact:
    """A clip without sound, or with sound that nobody asked for."""
    return {**fact, "sound": not fact["sound"]}


def smaller(fact: Fact) -> Fact:
    """A clip of about half the sides."""
    return {**fact, "width": fact["width"] // 32 * 16, "height": fact["height"] // 32 * 16}


def other(value: Any) -> str:
    """Another name than the one that was ordered."""
    return f"not-{value}"


def of_dialect(name: str) -> Iterator[Bend]:
    """The bends of a dialect: of every cell, and of each length of each model."""
    catalogue = documents.catalogue(name)
    request, shown = catalogue.dialect.request, _shown(name)
    for cell in cells.known(catalogue):
        tell = " ".join(map(str, cell.values()))
        left_open = "adaptive" in cell.values()  # by the documents any of the ratios is right
        if not left_open and "1:1" not in cell.values():
            yield Bend(f"on its side: {tell}", cell, clip=turned)
        if not left_open:
            yield Bend(f"a smaller tier: {tell}", cell, clip=smaller)
        for what in ("model", "resolution") if left_open else ("model", "resolution", "ratio"):
            if places := shown.get(what):
                yield Bend(f"{what} named otherwise: {tell}", cell, answers=other, places=places)
        if usage := shown.get("tokens"):
            yield Bend(f"tokens: {tell}", cell, places=usage, answers=lambda old: old * 2)
    for model in {str(cell.get(request.first("model"))): None for cell in cells.known(catalogue)}:
        for seconds in cells.durations(catalogue, model if model != "None" else None):
            if seconds in (-1, "-1"):
                continue
            where = {request.first("duration"): seconds}
            if model != "None":
                where[request.first("model")] = model
            yield Bend(f"cut: {model} {seconds} s", where, clip=shorter)
            if places := shown.get("duration"):
                yield Bend(f"length named otherwise: {model} {seconds} s", where, places=places,
                           answers=lambda old: type(old)(int(old) + 1))  # fmt: skip


def _shown(name: str) -> Mapping[str, tuple[str, ...]]:
    """Where the queries of a dialect show what was ordered, as its rows have it."""
    catalogue = documents.catalogue(name)
    found: dict[str, tuple[str, ...]] = {}
    for row in catalogue.testable:
        if row.level not in ("must", "should"):
            continue
        if row.kind == "tokens":
            found["tokens"] = (str(row.expect["at"]).removeprefix("query:"),)
        for what in ("model", "ratio", "resolution", "duration"):
            if row.kind == "effect" and row.expect["field"] in catalogue.dialect.request.all(what):
                queried = [p for p in row.expect["shown"] if p.startswith("query:")]
                if queried and not row.expect.get("sent_as"):
                    found[what] = (queried[0].removeprefix("query:"),)
    return found


async def baseline(name: str) -> tuple[Plan, Transcript]:
    """What a run with every cell records against the simulator."""
    with tempfile.TemporaryDirectory() as folder:
        async with serving() as base:
            transcript = await recorded(base, name, (), Path(folder), cells=True)
    return planned(json.dumps(transcript.meta, sort_keys=True)), transcript


def survivors(name: str, plan: Plan, transcript: Transcript, step: int = 1) -> list[str]:
    """The bends of a dialect, or each so manieth of them, that no row notices."""
    ids = [row.id for row in plan.rows if row.kind in KINDS]
    before = judged(transcript, ids)
    return [
        bend.name
        for number, bend in enumerate(of_dialect(name))
        if number % step == 0 and not noticed(before, judged(bend.bent(plan, transcript), ids))
    ]


def main() -> int:
    """Let the bends of every dialect meet the suite."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dialect", action="append", choices=documents.dialects())
    parser.add_argument("--step", type=int, default=1, help="only each so manieth of them")
    given = parser.parse_args()
    left = 0
    for name in given.dialect or documents.dialects():
        plan, transcript = asyncio.run(baseline(name))
        found = survivors(name, plan, transcript, given.step)
        print(f"{name}: {len(list(of_dialect(name)))} bends, {len(found)} not noticed")  # noqa: T201
        for each in found:
            print(f"  {each}")  # noqa: T201
        left += len(found)
    return min(left, 1)


if __name__ == "__main__":
    sys.exit(main())
