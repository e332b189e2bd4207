"""The command ``drift``: a recording of an upstream against this simulator."""

import asyncio
import json
import shlex
import sys
from pathlib import Path
from typing import TextIO

from simulator.client.findings import plain
from simulator.core.config import BadSetting
from simulator.upstream.deviations import excuse, patch, read, text_of
from simulator.upstream.drift import LEFT_OUT, Cause, Drift, drift_of
from simulator.upstream.lines import load

SAME, DIFFERS = 0, 1


def drift(
    recording: str,
    fidelity: str = "documented",
    as_json: bool = False,
    html: str | None = None,
    deviations: str | None = None,
    write: str | None = None,
    out: TextIO | None = None,
) -> int:
    """Print what differs, write the page if one is asked for, and give the exit status.

    ``deviations`` is a file of known ones, and ``write`` where a patch to it is written.
    """
    if write is not None and deviations is None:
        raise BadSetting("--write: needs --deviations: it is a patch to that file")
    path = Path(recording)
    files = path.with_name(path.name + ".files")
    known = Path(deviations or "")
    text = "" if deviations is None else text_of(known, may_lack=write is not None)
    excused = read(text, known)
    found = asyncio.run(drift_of(load(path), fidelity == "observed", files))
    excuse(found, excused)
    if html is not None:
        from simulator.cli.drift_page import page  # of few runs

        _written("--html", html, page(found, path.name))
    out = sys.stdout if out is None else out
    if write is not None and (made := patch(known, text, found, path.name)):
        _written("--write", write, made)
    if as_json:
        out.write(json.dumps(found.shown(), indent=2) + "\n")
    else:
        out.write(words(found, path))
    return DIFFERS if found.causes.keys() - found.excused else SAME


def _written(flag: str, file: str, text: str) -> None:
    try:
        Path(file).write_text(text, "utf-8", newline="")
    except OSError as error:
        raise BadSetting(f"{flag}: cannot write {file}: {error.strerror}") from None


def words(found: Drift, recording: Path) -> str:
    """What was found as lines of text, without what a terminal obeys.

    The rows of this simulator are not those of the documents: these the suite alone knows.
    """
    lines = []
    for heading, causes in found.groups:
        lines.append(f"{heading}:\n")
        for row, of in found.by_row(causes).items():
            lines.append(f"  {plain(row)}\n")
            lines += (_line(one, numbers) for one, numbers in of.items())
    if found.causes:
        asked = f"seedance-conformance judge {shlex.quote(str(recording))}"
        lines.append(f"which rows of the documents the recording breaks: {plain(asked)}\n")
    left = f", {found.left_out} left out ({LEFT_OUT})"
    lines.append(
        f"{found.dialect}, {found.fidelity}: {found.compared} exchanges compared"
        f"{left if found.left_out else ''}: {found.counted}\n"
    )
    return "".join(lines)


def _line(one: Cause, numbers: list[int]) -> str:
    shown = ", ".join(map(str, numbers[:10])) + (", …" if len(numbers) > 10 else "")
    text = f"{one.call} {one.place}: recorded {one.recorded}, simulated {one.simulated}"
    return f"    {plain(text)}{f' (exchanges {shown})' if numbers else ''}\n"
