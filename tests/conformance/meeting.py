"""The suite and the simulator face to face, in one process: served, recorded, judged."""

import json
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from typing import Any

from conformance.cli.arguments import parser
from conformance.collect import opening, options, preparing, running
from conformance.collect.transcript import Transcript
from conformance.judge import verdicts
from conformance.judge.case import Case
from conformance.judge.verdicts import Result
from conformance.plan.stage import Plan
from simulator import dialects
from simulator.core.config import Config
from simulator.server import app as shell
from tests.serving import listening

NOTICED = ("fail", "warn")
START = 1_780_732_857_000


@asynccontextmanager
async def serving(changed: Any = None, **settings: Any) -> AsyncIterator[str]:
    """The simulator, with one of its dialects replaced where one is given."""
    usual = {"port": 0, "seed": 1, "start": START, "callbacks": "local"}
    config = Config(**{**usual, **settings})
    application = shell.create_app(config)
    if changed is not None:
        world = next(iter(application.values()))
        spoken = {name: dialects.load(name) for name in dialects.NAMES}
        object.__setattr__(world, "dialects", {**spoken, changed.name: changed})
    async with listening(application, 0.1, access_log=None) as base:
        yield base


async def recorded(
    base: str, dialect: str, select: Iterable[str], folder: Path, cells: bool = False
) -> Transcript:
    """What a run of the suite records; with every cell of model, resolution and ratio, if asked."""
    arguments = ["run", "--dialect", dialect, "--base-url", f"{base}/{dialect}"]
    arguments += ["--report-dir", str(folder), *([] if cells else ["--no-cells"])]
    for id in select:
        arguments += ["--select", id]
    chosen = options.endpoint(parser().parse_args(arguments))
    async with running.session(chosen) as client:
        prepared = await preparing.prepare(chosen, client)
        return await running.collect(chosen, prepared, client)


@cache
def planned(meta: str) -> Plan:
    """The plan of a run, made once for all mutants of its transcript."""
    return opening.plan_of(json.loads(meta))


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
