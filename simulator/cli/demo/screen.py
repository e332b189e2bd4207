"""What the demo shows: live bars on a terminal, plain lines elsewhere, and a table at the end."""

import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.console import Console, JustifyMethod
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from simulator.cli.demo.examples import Example
from simulator.cli.demo.job import Made
from simulator.cli.terminal import terminal
from simulator.core.reader import Reading
from simulator.core.task import Phase

PIPED_WIDTH = 120
# For a dialect that tells no progress, its phases stand for some.
PERCENT: Mapping[Phase | None, int] = {Phase.QUEUED: 10, Phase.RUNNING: 50}
LONGEST = 500


def own_name() -> str:
    """This command as whoever runs it can type it again: with its folder, where no path has it."""
    typed, found = Path(sys.argv[0]), shutil.which("seedance-sim")
    if typed.stem != "seedance-sim" or (found is not None and Path(found).samefile(typed)):
        return "seedance-sim"
    return str(typed)


class Screen:
    """Plain lines: one for each example that ends."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.failed = 0

    def say(self, line: str) -> None:
        self.console.print(Text(line), soft_wrap=True)

    def give_up(self, why: str) -> int:
        """Tell that there is nothing to show, and give the exit status."""
        self.console.print(Text(f"The demo cannot run: {why}", style="bold red"), soft_wrap=True)
        return 1

    def begin(self, count: int) -> None:
        self.say(f"Running {count} examples ...")

    def start(self, example: Example) -> None: ...

    def step(self, example: Example, answer: Reading) -> None: ...

    def finish(self, made: Made) -> None:
        self.say(f"{_name(made.example)}: {made.file}")

    def fail(self, example: Example, why: str) -> None:
        self.failed += 1
        line = f"{_name(example)} failed: {' '.join(why.split())[:LONGEST]}"
        self.console.print(Text(line, style="bold red"), soft_wrap=True)

    def end(self, made: list[Made], folder: Path) -> int:
        """Print the table, and give the exit status."""
        if made:
            self.console.print(_table(made))
        if self.failed:
            self.say(f"{self.failed} of {self.failed + len(made)} examples failed.")
            return 1
        self.say(f"The clips are in {folder}. For a server of your own: {own_name()} serve")
        return 0


class Live(Screen):
    """The same, above a bar for each example under way and one for all together."""

    def __init__(self, console: Console, progress: Progress) -> None:
        super().__init__(console)
        self._progress = progress
        self._bars: dict[str, TaskID] = {}
        self._all: TaskID | None = None

    def begin(self, count: int) -> None:
        self._all = self._progress.add_task("all", total=count, word="")

    def start(self, example: Example) -> None:
        self._bars[_name(example)] = self._progress.add_task(_name(example), total=100, word="")

    def step(self, example: Example, answer: Reading) -> None:
        percent = answer.progress
        if percent is None:
            percent = 100 if answer.over else PERCENT.get(answer.phase, 0)
        self._progress.update(self._bars[_name(example)], completed=percent, word=answer.word)

    def finish(self, made: Made) -> None:
        self._close(made.example)
        super().finish(made)

    def fail(self, example: Example, why: str) -> None:
        self._close(example)
        super().fail(example, why)

    def end(self, made: list[Made], folder: Path) -> int:
        self._progress.stop()
        return super().end(made, folder)

    def _close(self, example: Example) -> None:
        self._progress.remove_task(self._bars.pop(_name(example)))
        if self._all is not None:
            self._progress.advance(self._all)


@contextmanager
def screen() -> Iterator[Screen]:
    """The right one for where the output goes."""
    console = terminal(PIPED_WIDTH)
    if not console.is_terminal:
        yield Screen(console)
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[word]}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, transient=True) as progress:
        yield Live(console, progress)


def _name(example: Example) -> str:
    return f"{example.dialect} {example.mode}"


def _table(made: list[Made]) -> Table:
    table = Table(box=SIMPLE_HEAD, padding=(0, 1))
    for title in ("dialect", "mode", "size", "seconds", "cost", "file"):
        justify: JustifyMethod = "right" if title in ("seconds", "cost") else "left"
        table.add_column(title, justify=justify, overflow="fold")  # a name that is cut is none
    for one in made:
        size = f"{one.width}x{one.height}"
        seconds = f"{one.seconds:.2f}"
        cells = (one.example.dialect, one.example.mode, size, seconds, one.cost, one.file.name)
        table.add_row(*map(Text, cells))
    return table
