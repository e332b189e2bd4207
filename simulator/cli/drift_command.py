"""The command ``drift``: a recording of an upstream against this simulator."""

import asyncio
import json
import sys
from pathlib import Path
from typing import TextIO

from simulator.client.findings import plain
from simulator.upstream.drift import Drift, drift_of
from simulator.upstream.lines import load

SAME, DIFFERS = 0, 1


def drift(
    recording: str, fidelity: str = "documented", as_json: bool = False, out: TextIO | None = None
) -> int:
    """Print what differs and give the exit status."""
    found = asyncio.run(drift_of(load(Path(recording)), fidelity == "observed"))
    out = sys.stdout if out is None else out
    if as_json:
        out.write(json.dumps(found.shown(), indent=2) + "\n")
    else:
        out.write(words(found))
    return DIFFERS if found.causes else SAME


def words(found: Drift) -> str:
    """What was found as lines of text, without what a terminal obeys."""
    lines = []
    for one, numbers in found.causes.items():
        shown = ", ".join(map(str, numbers[:10])) + (", …" if len(numbers) > 10 else "")
        text = f"{one.call} {one.place}: recorded {one.recorded}, simulated {one.simulated}"
        lines.append(f"{plain(text)} (exchanges {shown})\n")
    left = f", {found.left_out} left out (files, and calls without an answer)"
    lines.append(
        f"{found.dialect}, {found.fidelity}: {found.compared} exchanges compared"
        f"{left if found.left_out else ''}: {len(found.causes) or 'no'} differences\n"
    )
    return "".join(lines)
