"""The kill matrix: which rule notices which mutant.

`python -m tests.conformance.killmatrix` lets each mutant meet the rules that `kills.json` names
for it; with `--write` every mutant meets every rule, and the file is written anew.
"""

import argparse
import asyncio
import json
import logging
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from typing import Any

from aiohttp import web

from conformance import docs, options, running, verdicts
from conformance.judge.case import Case
from conformance.planning import Plan
from conformance.transcript import Transcript
from conformance.verdicts import Result
from simulator import app as shell
from simulator import dialects
from simulator.config import Config
from tests.conformance import mutants

FILE = Path(__file__).parent / "kills.json"
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
NOTICED = ("fail", "warn")
START = 1_780_732_857_000


@asynccontextmanager
async def serving(changed: Any = None, **settings: Any) -> AsyncIterator[str]:
    """The simulator, with one of its dialects replaced where one is given."""
    config = Config(port=0, seed=1, start=START, callbacks="local", **settings)
    application = shell.create_app(config)
    if changed is not None:
        world = next(iter(application.values()))
        spoken = {name: dialects.load(name) for name in dialects.NAMES}
        object.__setattr__(world, "dialects", {**spoken, changed.name: changed})
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


async def recorded(base: str, dialect: str, select: Iterable[str], folder: Path) -> Transcript:
    """What a run of the suite records."""
    arguments = ["run", "--dialect", dialect, "--base-url", f"{base}/{dialect}"]
    arguments += ["--report-dir", str(folder)]
    for id in select:
        arguments += ["--select", id]
    chosen = options.endpoint(options.parser().parse_args(arguments))
    async with running.session(chosen) as client:
        prepared = await running.prepare(chosen, client)
        return await running.collect(chosen, prepared, client)


@cache
def planned(meta: str) -> Plan:
    """The plan of a run, made once for all mutants of its transcript."""
    return running.plan_of(json.loads(meta))


def judged(transcript: Transcript, ids: Iterable[str] | None = None) -> Mapping[str, Result]:
    """The results by row; of the named rows only, where some are named."""
    plan = planned(json.dumps(transcript.meta, sort_keys=True))
    wanted = None if ids is None else set(ids)
    rows = [row for row in plan.rows if wanted is None or row.id in wanted]
    return {row.id: verdicts.result(Case(row, plan, transcript, {})) for row in rows}


def noticed(before: Mapping[str, Result], after: Mapping[str, Result]) -> list[str]:
    """The rows that were kept and are no longer."""
    return [
        id
        for id, result in after.items()
        if result.result in NOTICED and before[id].result not in NOTICED
    ]


async def of_transcripts(
    dialect: str, known: Mapping[str, Any], write: bool
) -> tuple[dict[str, list[str]], list[str]]:
    """The mutants of a dialect's transcript, each with the rows that noticed it."""
    with tempfile.TemporaryDirectory() as folder:
        async with serving() as base:
            transcript = await recorded(base, dialect, (), Path(folder))
    before = judged(transcript)
    faults = [f"{dialect}: the baseline breaks {id}: {each.message}" for id, each in before.items()
              if each.result in (*NOTICED, "error")]  # fmt: skip
    kills: dict[str, list[str]] = {}
    plan = planned(json.dumps(transcript.meta, sort_keys=True))
    usual = mutants.transcripts(transcript, plan.world.dialect)
    for mutant in (*usual, *mutants.lax_and_strict(transcript, plan)):
        name = f"{dialect}/{mutant.name}"
        changed = mutant.change(transcript)
        if changed == transcript:
            continue
        rows = None if write else known.get(name, [])
        if rows == []:
            continue
        after = judged(changed, rows)
        kills[name] = noticed(before, after)
        if write and not kills[name]:
            strict = mutant.name.startswith("strict.")
            REASONS[name] = NOT_RUN if strict else weaker(before, after)
    return kills, faults


NOT_RUN = "the row is not run, and the verdict says incomplete"
REASONS: dict[str, str] = {}


def weaker(before: Mapping[str, Result], after: Mapping[str, Result]) -> str:
    """Why no rule fails or warns: only readings change, or nothing does."""
    read = [id for id, each in after.items() if each.message != before[id].message]
    told = [id for id in read if after[id].row.level in ("observed", "unclear")]
    if told:
        return f"only a reading changes: {', '.join(told[:3])}"
    return "" if read else "no row speaks of it in that phase"


async def of_rules(
    dialect: str, known: Mapping[str, Any], write: bool
) -> tuple[dict[str, list[str]], list[str]]:
    """The mutants of a dialect's rules, each with the rows that noticed it."""
    spoken = dialects.load(dialect)
    rows = [row for row in docs.catalogue(dialect).testable if row.kind in TAKEN]
    all_ids = [row.id for row in rows if row.level in ("must", "should")]
    before = await _met(None, dialect, all_ids)
    kills: dict[str, list[str]] = {}
    for name, mutant in mutants.rules(spoken):
        full = f"{dialect}/{name}"
        ids = all_ids if write else known.get(full, [])
        if ids:
            kills[full] = noticed(before, await _met(mutant, dialect, ids))
    return kills, []


async def _met(changed: Any, dialect: str, ids: list[str]) -> Mapping[str, Result]:
    with tempfile.TemporaryDirectory() as folder:
        async with serving(changed) as base:
            transcript = await recorded(base, dialect, ids, Path(folder))
    return judged(transcript)


async def matrix(
    names: Iterable[str], known: Mapping[str, Any], write: bool, part: str
) -> tuple[dict[str, list[str]], list[str]]:
    """All mutants of these dialects."""
    kills: dict[str, list[str]] = {}
    faults: list[str] = []
    for name in names:
        for label, made in (("transcripts", of_transcripts), ("rules", of_rules)):
            if part in ("both", label):
                started = time.monotonic()
                found, wrong = await made(name, known, write)
                kills |= found
                faults += wrong
                took = time.monotonic() - started
                dead = sum(bool(each) for each in found.values())
                sys.stdout.write(f"{name} {label}: {dead} of {len(found)} noticed, {took:.1f} s\n")
                sys.stdout.flush()
    return kills, faults


def main() -> int:
    """Write the matrix, or check that every mutant of it still dies."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--part", choices=("both", "transcripts", "rules"), default="both")
    parser.add_argument("--fill", action="store_true", help="note the kills in the catalogue")
    parser.add_argument("--dialect", action="append", default=[])
    given = parser.parse_args()
    logging.disable(logging.CRITICAL)
    file = json.loads(FILE.read_text()) if FILE.exists() else {"kills": {}, "survivors": {}}
    names = given.dialect or docs.dialects()
    if given.fill:
        fill(file["kills"])
        return 0
    known = file["kills"]
    kills, faults = asyncio.run(matrix(names, known, given.write, given.part))
    for fault in faults:
        sys.stdout.write(f"{fault}\n")
    if given.write:
        _write(file, kills, names, given.part)
        return 0
    alive = [name for name, rows in kills.items() if not rows]
    for name in alive:
        sys.stdout.write(f"survived: {name}, which {', '.join(known[name][:3])} had noticed\n")
    missing = [name for name in known if name not in kills and name.split("/")[0] in names]
    sys.stdout.write(f"{len(kills)} mutants, {len(alive)} survived, {len(missing)} not made\n")
    return 1 if alive or faults else 0


def _write(
    file: dict[str, Any], kills: Mapping[str, list[str]], names: Iterable[str], part: str
) -> None:
    dead = {name: rows[:4] for name, rows in kills.items() if rows}
    reasons = file["survivors"]
    alive = {
        name: reasons.get(name) or REASONS.get(name) or reason(name)
        for name, rows in kills.items()
        if not rows
    }
    kept = {name: rows for name, rows in file["kills"].items() if not _again(name, names, part)}
    left = {name: why for name, why in reasons.items() if not _again(name, names, part)}
    made = {"kills": {**kept, **dead}, "survivors": {**left, **alive}}
    ordered = {key: dict(sorted(value.items())) for key, value in made.items()}
    FILE.write_text(json.dumps(ordered, indent=1) + "\n")


def fill(kills: Mapping[str, list[str]]) -> None:
    """Write into each row of the catalogue which mutants it noticed, three at most."""
    killers: dict[str, list[str]] = {}
    for name, rows in kills.items():
        for id in rows:
            killers.setdefault(id, []).append(name.partition("/")[2])
    for dialect in docs.dialects():
        path = docs.folder() / dialect / "api.toml"
        blocks = path.read_text("utf-8").split("[[row]]")
        filled = [blocks[0], *(_filled(block, killers) for block in blocks[1:])]
        path.write_text("[[row]]".join(filled), "utf-8")


def _filled(block: str, killers: Mapping[str, list[str]]) -> str:
    id = block.split('id = "', 1)[1].split('"', 1)[0]
    named = ", ".join(json.dumps(each) for each in killers.get(id, [])[:3])
    head, mark, tail = block.partition("[row.expect]")
    lines = [line for line in head.splitlines() if not line.startswith("killed_by")]
    while lines and not lines[-1]:
        lines.pop()
    if not mark:
        return block
    return "\n".join([*lines, f"killed_by = [{named}]", mark]) + tail


def _again(name: str, names: Iterable[str], part: str) -> bool:
    dialect, _, rest = name.partition("/")
    label = "rules" if rest.startswith("rule.") else "transcripts"
    return dialect in names and part in ("both", label)


EQUIVALENT = {
    "rule.removed": "another rule refuses the same orders, or the documents are unclear",
    "rule.plus": "the documents name no such limit",
    "rule.minus": "the documents name no such limit",
    "rule.fewer": "a refused model may be unavailable; of others the documents are unclear",
    "usage.create": "no document names the price; only proportions are judged",
}


def reason(name: str) -> str:
    """Why a mutant cannot be seen; the empty string where nobody has said."""
    rest = name.partition("/")[2]
    return next((why for head, why in EQUIVALENT.items() if rest.startswith(head)), "")


if __name__ == "__main__":
    sys.exit(main())
