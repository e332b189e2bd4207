"""What a person sees while it runs, and the table at the end.

Nothing is printed as markup: what an endpoint says stands in the same lines as our own words.
"""

import sys
import time
from collections.abc import Mapping
from decimal import Decimal
from types import TracebackType
from typing import Any, NoReturn

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar
from rich.table import Table
from rich.text import Text

from conformance.catalogue import reader
from conformance.collect.transcript import Exchange
from conformance.judge.causes import Cause
from conformance.judge.verdicts import RESULTS
from conformance.plan.ledger import ZERO
from conformance.plan.stage import Plan
from conformance.report import legend
from conformance.report.model import BAD, Report, dollars
from conformance.report.passages import XRay
from conformance.untrusted import clean

TONES = {
    "pass": "green",
    "fail": "bold red",
    "warn": "yellow",
    "known": "magenta",
    "stale": "bold magenta",
    "untestable": "bright_black",
    "not-run": "blue",
    "error": "bold red",
    "skip": "bright_black",
}


PASSED = {"dropped": "bold red", "changed": "yellow", "arrived": "green", "added": "blue"}
SILENCE_S = 30.0


WIDE = 1000


class Terminal(Console):
    """A console of rich's that leaves a closed output to the command.

    Rich's own ends the process with status 1, which is a verdict here.
    """

    def on_broken_pipe(self) -> NoReturn:
        raise  # rich calls this where it has caught the error


def console() -> Any:
    """What everything is printed on. Off a terminal no line is broken: another program reads it."""
    return Terminal() if sys.stdout.isatty() else Terminal(width=WIDE)


class Tally:
    """What a run has bought so far and what it waits for, by the answers alone."""

    def __init__(self, plan: Plan, costs: Mapping[str, Decimal | None]) -> None:
        self._plan, self._costs = plan, costs
        self.sent: set[str] = set()
        self._made: set[str] = set()
        self._waiting: set[str] = set()

    def add(self, each: Exchange) -> None:
        """One more answer."""
        dialect = self._plan.world.dialect
        if each.probe in self._plan.probes:
            self.sent.add(each.probe)
        if each.call == "create" and reader.outcome(dialect, each.status, each.json) == "accepted":
            self._made.add(each.probe)
        if each.call == "query" and each.of in self._made and not each.tag:
            ended = reader.phase(dialect, each.json) in reader.FINAL
            (self._waiting.discard if ended else self._waiting.add)(each.of)

    def __str__(self) -> str:
        known = [self._costs.get(key, ZERO) for key in self._made]
        usd = sum((each for each in known if each is not None), ZERO)
        parts = [f"{len(self._made)} task{'' if len(self._made) == 1 else 's'} made"]
        if usd:
            parts.append(f"at worst {dollars(usd)}")
        if None in known:
            parts.append(f"{known.count(None)} without a listed price")
        if self._waiting:
            number = len(self._waiting)
            parts.append(f"waiting for {number} task{'' if number == 1 else 's'} to end")
        return ", ".join(parts)


class Progress:
    """A bar over the probes of a run; where the output is no terminal, a line now and then."""

    def __init__(self, console: Any, tally: Tally, total: int, silence: float = SILENCE_S) -> None:
        columns = (
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.fields[tally]}", markup=False),
        )
        self._bar = Bar(*columns, console=console, transient=True, disable=not console.is_terminal)
        self._task = self._bar.add_task("looking", total=total, tally="")
        self._console, self._silence, self._answers, self._tally = console, silence, 0, tally
        self._started = self._told = time.monotonic()

    def __enter__(self) -> "Progress":
        self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bar.stop()

    def seen(self, exchange: Exchange) -> None:
        """One more exchange."""
        self._tally.add(exchange)
        self._bar.update(
            self._task,
            completed=len(self._tally.sent),
            description=f"{exchange.call:9}"[:9],
            tally=str(self._tally) if self._console.is_terminal else "",
        )
        self._answers += 1
        now = time.monotonic()
        if not self._console.is_terminal and now - self._told >= self._silence:
            self._told = now
            took = round(now - self._started)
            self._console.print(
                f"{self._answers} answers after {took} s, {self._tally}", highlight=False
            )


def show(report: Report, console: Any) -> None:
    """The table by area, what is not kept, and the verdict."""
    where = f"{report.title} at {clean.line(str(report.meta['base_url']))}"
    console.print(Text(f"{where}, {report.made}"), soft_wrap=True)
    for cause in report.causes:
        _cause(report, cause, console)
    table = Table()
    table.add_column("area")
    names = [name for name in RESULTS if report.verdict.counts[name]]
    for name in names:
        table.add_column(name, justify="right", style=TONES[name])
    for area, found in report.areas().items():
        numbers = [sum(each.result == name for each in found) for name in names]
        table.add_row(area, *(str(number) if number else "·" for number in numbers))
    console.print(table)
    if report.xray:
        _xray(report.xray, console)
    for each in report.results:
        if each.result in BAD:
            tone = TONES[each.result]
            head = (f"{each.result:5}", tone), f" {each.id}: {each.row.requirement}"
            console.print(Text.assemble(*head), soft_wrap=True)
            said = f"      {clean.line(each.message, 400)}"
            console.print(Text(said, style="bright_black"), soft_wrap=True)
    tone = "green" if report.verdict.exit == 0 else "yellow" if report.verdict.exit == 4 else "red"
    if media := legend.media(each.message for each in report.results if each.result in BAD):
        console.print(Text(media, style="bright_black"), soft_wrap=True)
    spent = clean.line(report.spent)
    console.print(Text(f"{len(report.transcript.exchanges)} requests, {spent}"), soft_wrap=True)
    for gap in report.verdict.gaps:
        console.print(Text(f"      {clean.line(gap)}", style="bright_black"), soft_wrap=True)
    console.print(Text.assemble((report.verdict.word, f"bold {tone}"), report.verdict.scope))


def _xray(found: XRay, console: Any) -> None:
    """What the gateway makes of an order: a line for each field, what is amiss first."""
    console.print(Text(found.summary), soft_wrap=True)
    for each in found.troubles():
        console.print(Text(f"      {clean.line(each, 400)}", style="bright_black"), soft_wrap=True)
    table = Table()
    for name in ("field", "sent", "outcome", "arrived as", "row", "modes"):
        table.add_column(name, overflow="fold")
    for line in found.table():
        row = f"{line.row.id} ({line.row.level})" if line.row else ""
        arrived = f"{line.arrived}; {line.note}" if line.note else line.arrived
        outcome = Text(line.outcome, style=PASSED[line.outcome])
        before, after = (line.field, line.sent), (arrived, row, found.modes(line))
        table.add_row(*map(Text, before), outcome, *map(Text, after))
    if table.row_count:
        console.print(table)
    for line in found.added():
        told = f"added by the gateway: {line.field} = {line.arrived} ({found.modes(line)})"
        console.print(Text(told, style=PASSED[line.outcome]), soft_wrap=True)


def _cause(report: Report, cause: Cause, console: Any) -> None:
    """A cause before everything else: what is so, what to change, by which call, and its rows."""
    rows = f"{len(cause.rows)} row{'' if len(cause.rows) == 1 else 's'}"
    head = (f"cause {cause.number} ({cause.result}, {rows})", f"bold {TONES[cause.result]}")
    console.print(Text.assemble(head, f" {cause.message}"), soft_wrap=True)
    said = [f"change: {cause.change}"]
    said += [f"seen: {clean.line(each.short, 300)}" for each in report.shown(cause)]
    for line in said:
        console.print(Text(f"      {line}", style="bright_black"), soft_wrap=True)
