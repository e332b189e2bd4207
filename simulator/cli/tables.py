"""The commands ``dialects`` and ``faults``: their tables on a terminal."""

from collections.abc import Sequence

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from simulator.cli.terminal import terminal
from simulator.console.index import overview
from simulator.core.config import Config
from simulator.dialects import ALL
from simulator.faults.catalogue import CATALOGUE
from simulator.faults.fault import CALLS

# Where no terminal says how wide it is, the lines are long enough for every address.
PIPED_WIDTH = 160
# A narrower terminal leaves some column of a table so few letters that nobody can read it.
TABLE_WIDTH = 110


def dialects() -> None:
    """Print the dialects as a server with the default settings has them."""
    console = terminal(PIPED_WIDTH)
    found = overview(ALL, "http://127.0.0.1:8000", Config())
    table = Table(box=SIMPLE_HEAD, show_lines=False, padding=(0, 1))
    table.add_column("dialect", style="bold", no_wrap=True)
    table.add_column("base URL", style="cyan", overflow="fold", min_width=30)
    table.add_column("key", no_wrap=True)
    table.add_column("documents", ratio=1, overflow="fold")
    table.add_column("differences", ratio=1, overflow="fold")
    rows = [
        (
            one["name"],
            one["base_url"],
            found["key"]["use"],
            "\n".join(one["documents"]),
            one["differences"],
        )
        for one in found["dialects"]
    ]
    _show(console, table, rows)


def faults() -> None:
    """Print the faults that can be asked for."""
    console = terminal(PIPED_WIDTH)
    table = Table(box=SIMPLE_HEAD, show_lines=False, padding=(0, 1))
    table.add_column("fault", style="bold", no_wrap=True)
    table.add_column("calls", style="cyan", overflow="fold", min_width=8)
    table.add_column("what it does", ratio=5, overflow="fold")
    table.add_column("where it was seen", ratio=4, overflow="fold")
    rows = []
    for fault in CATALOGUE.values():
        calls = "all but callback" if fault.calls == CALLS[:-1] else ", ".join(fault.calls)
        rows.append((fault.name, calls, fault.does, fault.seen))
    _show(console, table, rows)


def _show(console: Console, table: Table, rows: Sequence[tuple[str, ...]]) -> None:
    """A table where there is room for one, else a paragraph for each row."""
    if console.width < TABLE_WIDTH:
        for row in rows:
            _paragraph(console, table, row)
        return
    for row in rows:
        table.add_row(*map(Text, row))
    console.print(table)


def _paragraph(console: Console, table: Table, row: tuple[str, ...]) -> None:
    console.print(Text(row[0], style="bold"))
    for column, cell in zip(table.columns[1:], row[1:], strict=True):
        line = Text.assemble((f"{column.header}: ", "dim"), cell.replace("\n", "; "))
        console.print(Padding(line, (0, 0, 0, 2)))
