"""The commands behind the command line."""

import argparse
import asyncio
import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from conformance.catalogue import documents
from conformance.cli import repeat
from conformance.collect import folder, loops, opening, preparing, running, transcript
from conformance.collect.options import Options, UsageError, endpoint, may_pay
from conformance.judge import bought, causes, deviations, reached, recorded, shortfall, verdicts
from conformance.plan import mediafiles, prices, stage
from conformance.report import catalogue, files, planned, proposal, terminal
from conformance.report.model import Report
from conformance.untrusted import clean

if TYPE_CHECKING:
    from conformance.collect.preparing import Prepared
    from conformance.collect.transcript import Transcript


def run(given: argparse.Namespace) -> int:
    """Send, judge, report."""
    options = endpoint(given)
    folder.made(options.report_dir)
    known(options.deviations, options.dialect)
    console = terminal.console()
    transcript = loops.run(_run(options, console))
    if transcript is None:
        return 2
    report = reported(transcript, options.report_dir, options.deviations, options.strict)
    terminal.show(report, console)
    _traces(report, given.debug)
    console.print(f"reports in {options.report_dir}", highlight=False, markup=False, soft_wrap=True)
    return report.verdict.exit


async def _run(options: Options, console: Any) -> "Transcript | None":
    async with running.session(options) as client:
        prepared = await preparing.prepare(options, client)
        running.keys(options, prepared)
        _write_plan(options, prepared)
        _tell_trust(options, prepared)
        if not _agreed(options, prepared, console):
            return None
        tally = terminal.Tally(prepared.plan, prepared.costs)
        with terminal.Progress(console, tally, len(prepared.plan.probes)) as progress:
            try:
                return await running.collect(options, prepared, client, progress.seen)
            except asyncio.CancelledError:
                path = options.report_dir / folder.RUN
                text = f"interrupted: judged as far as it went; go on with --resume {path}"
                console.print(text, highlight=False, markup=False, soft_wrap=True)
                return transcript.load(path)


def _tell_trust(options: Options, prepared: "Prepared") -> None:
    """Of the media of other hosts a simulator knows something only where it fetches them."""
    if prepared.trusting and options.media_url and "/_sim/media" not in options.media_url:
        sys.stderr.write(
            "seedance-conformance: this simulator takes links on trust, so the limits of media "
            f"at {clean.line(options.media_url)} cannot hold: start it with --references fetch, "
            "or leave --media-url out, for it has samples of its own\n"
        )


def _write_plan(options: Options, prepared: "Prepared") -> None:
    rows = stage.described(prepared.plan, prepared.costs)
    text = json.dumps({"rows": rows}, indent=1) + "\n"
    (options.report_dir / "plan.json").write_text(text, "utf-8")


def _agreed(options: Options, prepared: "Prepared", console: Any) -> bool:
    """Away from loopback nothing that may cost is sent without a yes."""
    if options.yes or not may_pay(options):
        return True
    planned.show(prepared, options, console)
    if sys.stdin.isatty():
        return console.input("Send this? [y/N] ").strip().lower() in ("y", "yes")
    sys.stderr.write("seedance-conformance: this may cost money: read the plan, then say --yes\n")
    return False


def plan(given: argparse.Namespace) -> int:
    """Print requests and worst cost per rule; send nothing."""
    options = endpoint(given)

    async def prepared() -> "Prepared":
        async with running.session(options) as client:
            return await preparing.prepare(options, client)

    planned.show(loops.run(prepared()), options, terminal.console())
    return 0


def reported(
    transcript: "Transcript",
    folder: Path,
    known: Path | None,
    strict: bool,
    recording: Path | None = None,
) -> "Report":
    """Judge a transcript and write the reports. ``recording`` is one of somebody's client."""
    made = opening.plan_of(transcript.meta)
    if recording:
        made, transcript = recorded.of(made, transcript, recording)
    found = verdicts.results(made, transcript, transcript.meta["models"])
    if recording:
        found = recorded.told(found)
    found = reached.judged(made, transcript, found)
    ids = [row.id for row in made.world.catalogue.rows]
    excused, day = deviations.load(known, ids) if known else (), _day(transcript)
    found = deviations.applied(found, excused, day)
    listed = prices.of(str(transcript.meta["dialect"]), transcript.prices)
    reasons, found = causes.found(made, transcript, found, transcript.meta["models"])
    kinds = {each.number: each.kind for each in reasons}
    found = deviations.borne(found, excused, day, kinds)
    costs = stage.worst(made, listed, transcript.meta["models"])
    lacking = causes.brief(shortfall.seen(made, transcript), reasons)
    if recording and not lacking:
        lacking = recorded.verdict_line(found)
    ended = str((transcript.fact("stopped") or {}).get("reason", ""))
    verdict = verdicts.verdict(found, transcript.whole, strict, lacking, ended)
    if not recording and (unbought := bought.missing(made, transcript)):
        verdict = replace(verdict, gaps=(*verdict.gaps, unbought))
    report = Report(made, transcript, found, verdict, costs, reasons)
    files.write(report, folder)
    return report


def _traces(report: "Report", debug: bool) -> None:
    """With --debug, the way to each fault of the suite's own that the report names."""
    for each in report.results if debug else ():
        if each.trace:
            sys.stderr.write(f"{each.id}\n{each.trace}")


def known(path: Path | None, dialect: str) -> None:
    """Read a deviations file before anything is sent, so that its faults cost nothing."""
    if path:
        deviations.load(path, [row.id for row in documents.catalogue(dialect).rows])


def _tell_age(transcript: "Transcript") -> None:
    world = opening.world_of(transcript.meta)
    other = transcript.meta.get("catalogue") != opening.catalogued(world.dialect.name)
    if other and transcript.meta.get("recorded") is not True:
        sys.stderr.write("the run was made by another catalogue: rows new since then are not run\n")
    if not transcript.whole:
        sys.stderr.write("the recording was cut off: what it does not hold is not run\n")


def _day(transcript: "Transcript") -> Any:
    """The day of the run by its own record, so that judging again says the same."""
    at = transcript.exchanges[0].at if transcript.exchanges else 0
    return datetime.fromtimestamp(at / 1000, UTC).date()


def judge(given: argparse.Namespace) -> int:
    """Report again, free."""
    path = Path(given.run)
    found = transcript.load(path)
    place = Path(given.report_dir) if given.report_dir else path.parent
    folder.made(place)
    file = Path(given.deviations) if given.deviations else None
    if given.write and file is None:
        raise UsageError("--write: needs --deviations: it is a patch to that file")
    made_first = given.write and file is not None and not file.exists()  # by the patch
    excused = None if made_first else file
    recording = path if found.meta.get("recorded") is True else None
    _tell_age(found)
    report = reported(found, place, excused, given.strict, recording)
    if given.write and file is not None:
        _propose(report, file, excused, path.name, Path(given.write))
    console = terminal.console()
    terminal.show(report, console)
    _traces(report, given.debug)
    console.print(f"reports in {place}", highlight=False, markup=False, soft_wrap=True)
    return report.verdict.exit


def _propose(report: Report, file: Path, read: Path | None, run: str, patch: Path) -> None:
    ids = [row.id for row in report.plan.world.catalogue.rows]
    made = proposal.patch(file, deviations.load(read, ids) if read else (), report, run)
    if made:
        patch.write_text(made, "utf-8", newline="")
    else:
        sys.stderr.write("no deviation is new and none is gone: there is nothing to write\n")


def rows(given: argparse.Namespace) -> int:
    """The catalogue and its coverage."""
    names = [given.dialect] if given.dialect else None
    sys.stdout.write(catalogue.rows(names))
    return 0


def explain(given: argparse.Namespace) -> int:
    """All about a row."""
    sys.stdout.write(catalogue.explain(given.id))
    return 0


def media(given: argparse.Namespace) -> int:
    """Write the sample reference files."""
    folder = Path(given.dir)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        names = mediafiles.write(folder)
    except OSError as fault:
        raise UsageError(f"{folder}: {fault.strerror}") from fault
    sys.stdout.write(
        f"{len(names)} files in {folder}: serve them and give the address to --media-url\n"
    )
    return 0


def replay(given: argparse.Namespace) -> int:
    """One rule's requests repeat."""
    return repeat.replay(given)


def diff(given: argparse.Namespace) -> int:
    """The same calls to two endpoints."""
    return repeat.diff(given)


def explore(given: argparse.Namespace) -> int:
    """Random orders."""
    try:
        from conformance.explore import search  # noqa: PLC0415 (Hypothesis takes half a second)
    except ModuleNotFoundError as missing:
        if missing.name != "hypothesis":
            raise
        raise UsageError("explore needs: pip install 'seedance-sim[conformance]'") from None
    return search.explore(endpoint(given))


COMMANDS: Mapping[str, Callable[[argparse.Namespace], int]] = {
    "run": run,
    "plan": plan,
    "judge": judge,
    "rows": rows,
    "explain": explain,
    "media": media,
    "replay": replay,
    "diff": diff,
    "explore": explore,
}
