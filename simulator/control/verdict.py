"""The verdict on the client of one account."""

import asyncio
import difflib
from collections.abc import Collection
from dataclasses import replace
from typing import Any

import msgspec

from simulator.control.calls import Asked, Wrong
from simulator.control.plane import Plane
from simulator.store.journal import Exchange
from simulator.store.redaction import clean, masked

MOST_COMPARED, MOST_ALIKE = 10_000, 3


def _alike(key: str, known: Collection[str]) -> list[str]:
    """Keys that may have been meant, masked."""
    near = difflib.get_close_matches(key, sorted(known)[:MOST_COMPARED], MOST_ALIKE, 0.6)
    return [masked(one) for one in near]


def _in_order(found: list[Exchange]) -> tuple[list[Exchange], dict[int, int]]:
    """Exchanges numbered by their arrival, and the ids that they have in the journal.

    Where several processes write it, it is in the order in which exchanges ended.
    """
    arrived = sorted(found, key=lambda one: (one.real, one.number))
    if arrived == found:
        return found, {one.number: one.number for one in found}
    ids = dict(enumerate((one.number for one in arrived), 1))
    return [msgspec.structs.replace(one, number=at) for at, one in enumerate(arrived, 1)], ids


async def verdict(plane: Plane, asked: Asked) -> Any:
    """What the client of a key did wrong, and the calls that show it."""
    key, subject = asked.parameters("key", "as")
    if not key:
        raise Wrong("missing_parameter", "key: whose client is to be judged?", "key")
    from simulator.verdict import SUBJECTS, Evidence, judge  # nobody needs it before

    subject = subject or "client"
    if subject not in SUBJECTS:
        raise Wrong("bad_value", f"as must be one of {', '.join(SUBJECTS)}", "as")

    engine = plane.engine
    await engine.journal.catch_up()
    exchanges, ids = _in_order(engine.journal.exchanges(key))
    spoken = {one.dialect for one in exchanges if one.dialect in plane.dialects}
    evidence = Evidence(
        exchanges,
        await engine.tasks(key),
        await engine.clocks.now(key),
        {name: plane.dialects[name] for name in spoken},
        realistic=engine.config.pace == "realistic",
        dropped=engine.journal.dropped,
        alike=[] if exchanges else _alike(key, engine.journal.accounts()),
    )
    # In a thread: there may be a hundred thousand tasks, and others are to be answered meanwhile.
    findings = await asyncio.to_thread(judge, evidence, subject)
    findings = [
        replace(one, title=clean(one.title, key), calls=tuple(ids[n] for n in one.calls))
        for one in findings
    ]
    failed = any(finding.severity == "error" for finding in findings)
    return {"verdict": "fail" if failed else "pass", "findings": findings}
