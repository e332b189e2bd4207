"""Judges real gateways whose upstream is the simulator: nothing new to say, and nothing vanished.

    python -m tests.gateways [--folder FOLDER] [--report-dir DIR] [--new-api BINARY]

LiteLLM's proxy is installed into FOLDER, and used again from there; without it into a temporary
one. With ``--new-api`` a new-api is judged instead, from the binary that was built elsewhere, each
time as a fresh one with its data in FOLDER. What the suite has to say of a gateway stands beside
this file, each with a reason: a finding that is not there fails, and so does one that is there and
is not made any more; so it is with what the X-ray shows of its orders. A gateway that cannot be had
on this machine is left out, and a line says so.
"""

import asyncio
import contextlib
import json
import sys
import tempfile
import time
from argparse import ArgumentParser
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from conformance.__main__ import main as conformance
from tests.clients import installing
from tests.clients.litellm_proxy import KEY, proxy
from tests.clients.programs import LITELLM
from tests.gateways import newapi
from tests.serving import Server, serve

HERE = Path(__file__).parent
# Every model that the suite orders; a model that the proxy was not given would be our own fault.
MODELS = (
    "doubao-seedance-2-0-260128",
    "doubao-seedance-2-0-fast-260128",
    "doubao-seedance-2-0-mini-260615",
    "dreamina-seedance-2-0-260128",
    "dreamina-seedance-2-0-fast-260128",
    "dreamina-seedance-2-0-mini-260615",
)
# Ids that it cannot read it tries at OpenAI's own address: nothing leaves this machine.
ALONE = ("OPENAI_BASE_URL=http://127.0.0.1:9", "OPENAI_API_BASE=http://127.0.0.1:9")
FINDINGS = ("fail", "warn", "stale", "error")


@dataclass(frozen=True)
class Judging:
    """A run of the suite against a gateway: by which dialect, and how it comes out.

    ``fewest`` rows at least have to be kept, or the run was none.
    """

    dialect: str
    file: str
    fewest: int
    wait: str

    @property
    def known(self) -> Path:
        return HERE / f"{self.file}.toml"

    @property
    def passed(self) -> Path:
        return HERE / f"{self.file}.xray.txt"

    def told(self, base: str, key: str, ark: Server, reports: Path) -> list[str]:
        """What is to be said that is not known of it; empty where nothing is."""
        given = ["run", "--dialect", self.dialect, "--base-url", base, "--api-key", key]
        given += ["--upstream", f"{ark.base}/ark", "--deviations", str(self.known)]
        given += ["--max-wait", self.wait, "--report-dir", str(reports)]
        code = conformance(given)
        if code in (2, 3, 5):
            return [f"the run ended with status {code}"]
        report = (reports / "report.json").read_text("utf-8")
        seen = json.loads(report)["xray"]
        return found(report, self.fewest) + differences(seen, self.passed.read_text("utf-8"))


LITELLM_RUN = Judging("openai", "litellm", 100, "60s")
NEWAPI_RUNS = (
    Judging("newapi", "newapi", 150, "6m"),
    Judging("octopusx", "newapi.octopusx", 0, "2m"),
    Judging("openai", "newapi.openai", 60, "3m"),
)


@asynccontextmanager
async def _litellm(folder: Path, ark: Server) -> AsyncIterator[tuple[str, str]]:
    python = await installing.python(folder / "litellm", *LITELLM)
    async with proxy(python, ark, folder, MODELS, ALONE) as base:
        yield base, KEY


@asynccontextmanager
async def _newapi(binary: Path, folder: Path, ark: Server) -> AsyncIterator[tuple[str, str]]:
    models = {name: name for name in MODELS}
    channel = newapi.Channel(newapi.ARK_VIDEO, f"{ark.base}/ark", models)
    async with newapi.selling(binary, folder, channel) as found:
        yield found


async def judged(binary: Path | None, folder: Path, reports: Path) -> list[str]:
    """What is to be said of a new-api with this binary, of LiteLLM's proxy where there is none."""
    told: list[str] = []
    now = round(time.time() * 1000)
    for run in NEWAPI_RUNS if binary else (LITELLM_RUN,):
        async with (
            serve(freeze=False, start=now) as ark,
            _newapi(binary, folder, ark) if binary else _litellm(folder, ark) as (base, key),
        ):
            new = await asyncio.to_thread(run.told, base, key, ark, reports / run.dialect)
            told += [f"{run.dialect}: {line}" for line in new]
    return told


def found(report: str, fewest: int) -> list[str]:
    """The rows of a report that are new or stale, and a word where there is too little to tell."""
    rows = json.loads(report)["rows"]
    told = [
        f"{row['result']} {row['id']}: {row['message']}"
        for row in rows
        if row["result"] in FINDINGS
    ]
    kept = sum(row["result"] == "pass" for row in rows)
    if kept < fewest:
        told.append(f"only {kept} rows are kept, of {fewest} at least: the run saw too little")
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
    parser.add_argument("--new-api", type=Path, metavar="BINARY")
    given = parser.parse_args(arguments)
    binary = given.new_api and given.new_api.resolve()
    gateway = "new-api" if binary else "LiteLLM's proxy"
    with contextlib.ExitStack() as stack:
        own = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        folder, reports = given.folder or own, given.report_dir or own / "report"
        folder.mkdir(parents=True, exist_ok=True)
        try:
            told = asyncio.run(judged(binary, folder.resolve(), reports))
        except installing.Missing as missing:
            sys.stdout.write(f"{gateway}  left out: {missing}\n")
            return int(bool(binary))  # who names a binary wants it judged
        except newapi.Refused as refused:
            sys.stdout.write(f"{gateway}  cannot be set up: {refused}\n")
            return 1
    for line in told:
        sys.stdout.write(f"{line}\n")
    verdict = f"FAILED: {len(told)} findings are new or stale" if told else "good: all is known"
    sys.stdout.write(f"{gateway}  {verdict}\n")
    return int(bool(told))


if __name__ == "__main__":
    sys.exit(main())
