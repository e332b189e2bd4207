"""Judges real gateways whose upstream is the simulator: nothing new to say, and nothing vanished.

    python -m tests.gateways [--folder FOLDER] [--report-dir DIR]

LiteLLM's proxy is installed into FOLDER, and used again from there; without it into a temporary
one. What the suite has to say of it stands in ``litellm.toml``, each with a reason: a finding that
is not there fails, and so does one that is there and is not made any more; so it is with what the
X-ray shows of its orders, in ``litellm.xray.txt``. A gateway that cannot be had on this machine is
left out, and a line says so.
"""

import asyncio
import contextlib
import json
import sys
import tempfile
import time
from argparse import ArgumentParser
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from conformance.__main__ import main as conformance
from tests.clients import installing
from tests.clients.litellm_proxy import KEY, proxy
from tests.clients.programs import LITELLM
from tests.serving import serve

KNOWN = Path(__file__).with_name("litellm.toml")
PASSED = Path(__file__).with_name("litellm.xray.txt")
# Every model that the suite orders; a model that the proxy was not given would be our own fault.
MODELS = (
    "doubao-seedance-2-0-260128",
    "doubao-seedance-2-0-fast-260128",
    "doubao-seedance-2-0-mini-260615",
)
# Ids that it cannot read it tries at OpenAI's own address: nothing leaves this machine.
ALONE = ("OPENAI_BASE_URL=http://127.0.0.1:9", "OPENAI_API_BASE=http://127.0.0.1:9")
FINDINGS = ("fail", "warn", "stale", "error")
FEWEST = 100  # so many rows at least have to be kept, or the run was none


async def judged(folder: Path, reports: Path) -> list[str]:
    """What is to be said of LiteLLM's proxy that is not known of it; empty where nothing is."""
    python = await installing.python(folder / "litellm", *LITELLM)
    now = round(time.time() * 1000)
    async with (
        serve(freeze=False, start=now) as ark,
        proxy(python, ark, folder, MODELS, ALONE) as base,
    ):
        given = ["run", "--dialect", "openai", "--base-url", base, "--api-key", KEY]
        given += ["--upstream", f"{ark.base}/ark", "--deviations", str(KNOWN)]
        given += ["--max-wait", "60s", "--report-dir", str(reports)]
        code = await asyncio.to_thread(conformance, given)
    if code in (2, 3, 5):
        return [f"the run ended with status {code}"]
    report = (reports / "report.json").read_text("utf-8")
    return found(report) + differences(json.loads(report)["xray"], PASSED.read_text("utf-8"))


def found(report: str) -> list[str]:
    """The rows of a report that are new or stale, and a word where there is too little to tell."""
    rows = json.loads(report)["rows"]
    told = [
        f"{row['result']} {row['id']}: {row['message']}"
        for row in rows
        if row["result"] in FINDINGS
    ]
    kept = sum(row["result"] == "pass" for row in rows)
    if kept < FEWEST:
        told.append(f"only {kept} rows are kept, of {FEWEST} at least: the run saw too little")
    return told


def differences(xray: Mapping[str, Any], known: str) -> list[str]:
    """What the X-ray of a report has beside the lines that are known, and what it has no more."""
    now, before = set(passages(xray)), set(known.splitlines())
    new = [f"the X-ray is new: {line}" for line in sorted(now - before)]
    return [*new, *(f"the X-ray no longer has: {line}" for line in sorted(before - now))]


def passages(xray: Mapping[str, Any]) -> Iterator[str]:
    """A line for each field of each mode: what became of it, and under which names it arrived."""
    for mode in xray["modes"]:
        name = f"{mode['mode']}: "
        if mode["state"] != "seen" or mode["refused"]:
            yield f"{name}{mode['state']} {mode['refused']}".rstrip()
        for field in mode["fields"]:
            arrived = ", ".join(each["field"] for each in field["arrived"])
            yield f"{name}{field['field']} {field['outcome']} {arrived}".rstrip()
        yield from (f"{name}{each['field']} added" for each in mode["added"])


def main(arguments: Sequence[str] | None = None) -> int:
    """Judge the gateways and say whether all is as it was."""
    parser = ArgumentParser(prog="python -m tests.gateways", description=__doc__)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--report-dir", type=Path)
    given = parser.parse_args(arguments)
    with contextlib.ExitStack() as stack:
        own = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        folder, reports = given.folder or own, given.report_dir or own / "report"
        folder.mkdir(parents=True, exist_ok=True)
        try:
            told = asyncio.run(judged(folder.resolve(), reports))
        except installing.Missing as missing:
            sys.stdout.write(f"LiteLLM's proxy  left out: {missing}\n")
            return 0
    for line in told:
        sys.stdout.write(f"{line}\n")
    verdict = f"FAILED: {len(told)} findings are new or stale" if told else "good: all is known"
    sys.stdout.write(f"LiteLLM's proxy  {verdict}\n")
    return int(bool(told))


if __name__ == "__main__":
    sys.exit(main())
