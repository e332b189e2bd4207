"""The command ``drift``: a recording of an upstream against this simulator."""

import asyncio
import json
import sys
from pathlib import Path
from typing import TextIO

from simulator.client.findings import plain
from simulator.core.config import BadSetting
from simulator.upstream.drift import LEFT_OUT, Drift, drift_of
from simulator.upstream.lines import load

SAME, DIFFERS = 0, 1


def drift(
    recording: str,
    fidelity: str = "documented",
    as_json: bool = False,
    html: str | None = None,
    out: TextIO | None = None,
) -> int:
    """Print what differs, write the page if one is asked for, and give the exit status."""
    path = Path(recording)
    files = path.with_name(path.name + ".files")
    found = asyncio.run(drift_of(load(path), fidelity == "observed", files))
    if html is not None:
        from simulator.cli.drift_page import page  # of few runs

        try:
            Path(html).write_text(page(found, path.name), "utf-8")
        except OSError as error:
            raise BadSetting(f"--html: cannot write {html}: {error.strerror}") from None
    out = sys.stdout if out is None else out
    if as_json:
        out.write(json.dumps(found.shown(), indent=2) + "\n")
    else:
        out.write(words(found))
    return DIFFERS if found.causes else SAME


def words(found: Drift) -> str:
    """What was found as lines of text, without what a terminal obeys."""
    lines = []
    for heading, causes in found.groups:
        lines.append(f"{heading}:\n")
        for one, numbers in causes.items():
            shown = ", ".join(map(str, numbers[:10])) + (", …" if len(numbers) > 10 else "")
            text = f"{one.call} {one.place}: recorded {one.recorded}, simulated {one.simulated}"
            lines.append(f"  {plain(text)}{f' (exchanges {shown})' if numbers else ''}\n")
    left = f", {found.left_out} left out ({LEFT_OUT})"
    lines.append(
        f"{found.dialect}, {found.fidelity}: {found.compared} exchanges compared"
        f"{left if found.left_out else ''}: {len(found.causes) or 'no'} differences\n"
    )
    return "".join(lines)
