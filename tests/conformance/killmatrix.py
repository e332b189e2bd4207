"""The kill matrix: which rule notices which mutant.

`python -m tests.conformance.killmatrix` lets each mutant meet the rules that `kills.json` names
for it; with `--write` every mutant meets every rule, and the file is written anew. With `--row` the
mutants of transcripts and rules meet these rows alone, which are added to what they notice. What
chance decides is the same each time; with another text in the variable DRAW it is something else.
"""

import argparse
import asyncio
import json
import logging
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from conformance.catalogue import documents, kills
from conformance.catalogue.rows import Row
from conformance.judge.verdicts import Result
from simulator import dialects
from tests.conformance import behind, book, defects, mutants, placewise, reproducing, wider
from tests.conformance.defects import Defect
from tests.conformance.draws import drawn
from tests.conformance.meeting import NOTICED, judged, noticed, planned, recorded, serving

PARTS = ("defects", "rules", "transcripts")
TAKEN = frozenset(
    [
        "alone",
        "count",
        "enum",
        "excludes",
        "form",
        "length",
        "media",
        "media-type",
        "mode",
        "null-absent",
        "optional",
        "range",
        "refusal-text",
        "required",
        "requires",
        "type",
        "unsupported",
        "witness",
    ]
)
SURE = ("must", "should")


@dataclass
class Found:
    """The rows that noticed each mutant, why none did, and what was wrong with the run itself."""

    kills: dict[str, list[str]] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)

    def add(self, other: "Found") -> None:
        """Take over what another found."""
        self.kills |= other.kills
        self.reasons |= other.reasons
        self.faults += other.faults


async def of_transcripts(dialect: str, known: Mapping[str, Any], write: bool) -> Found:
    """The mutants of a dialect's transcript, each with the rows that noticed it."""
    with tempfile.TemporaryDirectory() as folder:
        async with serving() as base:
            transcript = await recorded(base, dialect, (), Path(folder))
    before = judged(transcript)
    found = Found(faults=broken(dialect, before))
    plan = planned(json.dumps(transcript.meta, sort_keys=True))
    usual = mutants.transcripts(transcript, plan.world.dialect)
    more = (*mutants.lax_and_strict(transcript, plan), *wider.of_plan(transcript, plan))
    for mutant in (*usual, *more, *placewise.of_answers(plan)):
        name = f"{dialect}/{mutant.name}"
        rows = None if write else known.get(name, ())
        if rows is not None and not rows:
            continue
        changed = mutant.change(transcript)
        if changed == transcript:
            continue
        after = judged(changed, rows)
        strict = mutant.name.startswith("strict.")
        found.kills[name] = [
            id for id in noticed(before, after) if not (strict and _ranging(after[id].row))
        ]
        if write and not found.kills[name]:
            found.reasons[name] = book.NOT_RUN if strict else weaker(before, after)
    return found


def _ranging(row: Row) -> bool:
    """Whether what a run may have cost is a range, so that some orders less stand out by chance."""
    return row.kind == "balance" and len(row.expect.get("costs", ())) > 1


def broken(dialect: str, results: Mapping[str, Result]) -> list[str]:
    """What is wrong with a run in which nothing may be."""
    return [
        f"{dialect}: the baseline breaks {id}: {each.message}"
        for id, each in results.items()
        if each.result in (*NOTICED, "error")
    ]


def weaker(before: Mapping[str, Result], after: Mapping[str, Result]) -> str:
    """Why no rule fails or warns: only readings change, or nothing does."""
    read = [id for id, each in after.items() if each.message != before[id].message]
    told = [id for id in read if after[id].row.level in ("observed", "unclear")]
    if told:
        return f"{kills.READING}: {', '.join(told[:3])}"
    return "" if read else book.UNSPOKEN


async def of_rules(dialect: str, known: Mapping[str, Any], write: bool) -> Found:
    """The mutants of a dialect's rules, each with the rows that noticed it."""
    spoken = dialects.load(dialect)
    rows = [row for row in documents.catalogue(dialect).testable if _ordering(row)]
    all_ids = [row.id for row in rows if row.level in SURE]
    before = await _met(None, dialect, all_ids)
    found, shown = Found(faults=broken(dialect, before)), set[str]()
    for name, mutant in mutants.rules(spoken):
        full = f"{dialect}/{name}"
        ids = all_ids if write else known.get(full, [])
        if ids:
            found.kills[full] = noticed(before, await _met(mutant, dialect, ids))
            if name.startswith("rule.removed.") and not found.kills[full]:
                found.reasons[full] = behind.found(full).reason
        kind = ".".join(name.split(".")[:2])
        if found.kills.get(full) and (write or kind not in shown):
            shown.add(kind)
            found.faults += await _unshown(mutant, full, found.kills[full][:1])
    return found


def _ordering(row: Row) -> bool:
    """Whether a row is about what orders are taken."""
    return row.kind in TAKEN or (row.kind == "answered" and "order" in row.expect)


async def _met(changed: Any, dialect: str, ids: list[str]) -> Mapping[str, Result]:
    with tempfile.TemporaryDirectory() as folder:
        async with serving(changed) as base:
            transcript = await recorded(base, dialect, ids, Path(folder))
    return judged(transcript)


async def _unshown(changed: Any, name: str, ids: list[str]) -> list[str]:
    """What is wrong with the script of a failure, run against the server that failed."""
    with tempfile.TemporaryDirectory() as folder:
        async with serving(changed, rate=50) as base:
            transcript = await recorded(base, name.partition("/")[0], ids, Path(folder))
            wrong = await reproducing.unshown(transcript, ids)
    return [f"{name}: the script of {each}" for each in wrong]


async def of_defects(dialect: str, known: Mapping[str, Any], write: bool) -> Found:
    """A dialect's servers with a defect, each with the rows that noticed it."""
    found = Found()
    async with serving(rate=50) as base:
        with tempfile.TemporaryDirectory() as folder:
            before = judged(await recorded(base, dialect, (), Path(folder)))
        found.faults += broken(dialect, before)
        for defect in defects.of_dialect(dialect):
            ids = () if write else known.get(f"{dialect}/{defect.name}", ("",))
            if ids == ("",):
                continue
            one = await _defect(base, dialect, defect, ids, before, write)
            if ids and not any(one.kills.values()):
                # What these rows look at may be made for other rows only, as a failed task is.
                one = await _defect(base, dialect, defect, (), before, False)
                one.kills = {n: [id for id in rows if id in ids] for n, rows in one.kills.items()}
            found.add(one)
    return found


async def _defect(
    base: str,
    dialect: str,
    defect: Defect,
    ids: Iterable[str],
    before: Mapping[str, Result],
    scripts: bool,
) -> Found:
    name = f"{dialect}/{defect.name}"
    met = await defects.met(base, dialect, defect, ids)
    if met.transcript is None:
        return Found({name: []}, {name: met.stopped})
    after = judged(met.transcript)
    wrong = [f"{name}: {each.id}: {each.message}" for each in after.values()
             if each.result == "error"]  # fmt: skip
    if not met.fired:
        return Found(
            {name: []}, {name: "it never strikes: no call of a run is of that kind"}, wrong
        )
    why = weaker(before, {id: each for id, each in after.items() if id in before})
    kills = noticed(before, after)
    if scripts and kills:
        async with defects.standing(base, dialect, defect):
            unshown = await reproducing.unshown(met.transcript, kills[:1])
        wrong += [f"{name}: the script of {each}" for each in unshown]
    return Found({name: kills}, {name: why}, wrong)


WORK = {"transcripts": of_transcripts, "rules": of_rules, "defects": of_defects}


def job(dialect: str, part: str, known: Mapping[str, Any], write: bool) -> Found:
    """One part of the matrix of one dialect, in a process of its own."""
    logging.disable(logging.CRITICAL)
    started, spent = time.monotonic(), time.process_time()
    with drawn(f"{dialect} {part}"):
        found = asyncio.run(WORK[part](dialect, known, write))
    took = f"{time.monotonic() - started:.1f} s, {time.process_time() - spent:.1f} s of work"
    dead = sum(bool(each) for each in found.kills.values())
    sys.stdout.write(f"{dialect} {part}: {dead} of {len(found.kills)} noticed, {took}\n")
    sys.stdout.flush()
    return found


def matrix(
    names: Iterable[str], parts: Iterable[str], known: Mapping[str, Any], write: bool, width: int
) -> Found:
    """All mutants of these dialects."""
    found = Found()
    with ProcessPoolExecutor(width) as pool:
        jobs = [pool.submit(job, name, part, known, write) for part in parts for name in names]
        for each in jobs:
            found.add(each.result())
    return found


class Only(dict[str, list[str]]):
    """These rows, for every mutant."""

    def __init__(self, ids: Iterable[str]) -> None:
        self._ids = list(ids)

    def get(self, name: str, default: Any = None) -> Any:
        """The rows of the mutant's dialect; of orders alone where it is one of their rules."""
        dialect, _, mutant = name.partition("/")
        known = documents.catalogue(dialect).rows
        rows = [row for row in known if row.id in self._ids]
        ruled = mutant.startswith("rule.")
        return [row.id for row in rows if not ruled or (_ordering(row) and row.level in SURE)]


def added(ids: Iterable[str], width: int) -> int:
    """Let the mutants of some rows' dialects meet these rows, and note what they notice."""
    names = tuple(dict.fromkeys(id.partition(".")[0] for id in ids))
    found = matrix(names, ("transcripts", "rules"), Only(ids), False, width)
    made = book.added(kills.matrix(), found.kills)
    for name in names:
        kills.file(name).write_text(book.written(made, name), "utf-8")
    for each in (*found.faults, *(id for id in ids if id in book.unkilled(made.noticed))):
        sys.stdout.write(f"{each}\n")
    return 1 if found.faults else 0


def main() -> int:
    """Write the matrix, or check that every mutant of it still dies."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--part", choices=PARTS, action="append", default=[])
    parser.add_argument("--dialect", action="append", default=[])
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--row", action="append", default=[])
    given = parser.parse_args()
    if given.row:
        return added(given.row, given.jobs)
    file = kills.matrix()
    names, parts = given.dialect or documents.dialects(), given.part or PARTS
    known = file.noticed
    found = matrix(names, parts, known, given.write, given.jobs)
    for fault in found.faults:
        sys.stdout.write(f"{fault}\n")
    if given.write:
        made = book.updated(file, found.kills, found.reasons, names, parts)
        for name in names:
            kills.file(name).write_text(book.written(made, name), "utf-8")
        return 1 if found.faults else 0
    alive = [name for name, rows in found.kills.items() if not rows]
    for name in alive:
        sys.stdout.write(f"survived: {name}, which {', '.join(known[name][:3])} had noticed\n")
    missing = [n for n in known if n not in found.kills and book.among(n, names, parts)]
    for name in missing:
        sys.stdout.write(f"not made: {name}\n")
    sys.stdout.write(f"{len(found.kills)} mutants, {len(alive)} survived\n")
    return 1 if alive or missing or found.faults else 0


if __name__ == "__main__":
    sys.exit(main())
