"""What a person sees while it runs, and the table at the end.

Nothing is printed as markup: what an endpoint says stands in the same lines as our own words.
"""

import time
from types import TracebackType
from typing import Any

from conformance import clean
from conformance.report.model import BAD, Report
from conformance.transcript import Exchange
from conformance.verdicts import RESULTS

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


SILENCE_S = 30.0


class Progress:
    """A bar over the probes of a run; where the output is no terminal, a line now and then."""

    def __init__(self, console: Any, total: int, silence: float = SILENCE_S) -> None:
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
        from rich.progress import Progress as Bar

        columns = (
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
        )
        self._bar = Bar(*columns, console=console, transient=True, disable=not console.is_terminal)
        self._task = self._bar.add_task("looking", total=total)
        self._seen: set[str] = set()
        self._console, self._silence, self._answers = console, silence, 0
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
        if exchange.probe not in self._seen:
            self._seen.add(exchange.probe)
            self._bar.advance(self._task)
        self._bar.update(self._task, description=f"{exchange.call:9}"[:9])
        self._answers += 1
        now = time.monotonic()
        if not self._console.is_terminal and now - self._told >= self._silence:
            self._told = now
            took = round(now - self._started)
            self._console.print(f"{self._answers} answers after {took} s", highlight=False)


def show(report: Report, console: Any) -> None:
    """The table by area, what is not kept, and the verdict."""
    from rich.table import Table
    from rich.text import Text

    console.print(Text(f"{report.title} at {clean.line(str(report.meta['base_url']))}"))
    table = Table()
    table.add_column("area")
    names = [name for name in RESULTS if report.verdict.counts[name]]
    for name in names:
        table.add_column(name, justify="right", style=TONES[name])
    for area, found in report.areas().items():
        numbers = [sum(each.result == name for each in found) for name in names]
        table.add_row(area, *(str(number) if number else "·" for number in numbers))
    console.print(table)
    for each in report.results:
        if each.result in BAD:
            tone = TONES[each.result]
            head = (f"{each.result:5}", tone), f" {each.id}: {each.row.requirement}"
            console.print(Text.assemble(*head))
            console.print(Text(f"      {clean.line(each.message, 400)}", style="bright_black"))
    tone = "green" if report.verdict.exit == 0 else "yellow" if report.verdict.exit == 4 else "red"
    spent = clean.line(report.spent)
    console.print(Text(f"{len(report.transcript.exchanges)} requests, {spent}"), soft_wrap=True)
    for gap in report.verdict.gaps:
        console.print(Text(f"      {clean.line(gap)}", style="bright_black"), soft_wrap=True)
    console.print(Text.assemble((report.verdict.word, f"bold {tone}"), report.verdict.scope))
