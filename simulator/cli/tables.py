"""The commands ``dialects`` and ``faults``: their tables on a terminal."""

from rich.box import SIMPLE_HEAD
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


def dialects() -> None:
    """Print the dialects as a server with the default settings has them."""
    console = terminal(PIPED_WIDTH)
    found = overview(ALL, "http://127.0.0.1:8000", Config())
    table = Table(box=SIMPLE_HEAD, show_lines=False, padding=(0, 1))
    table.add_column("dialect", style="bold", no_wrap=True)
    table.add_column("base URL", style="cyan", overflow="fold", min_width=30)
    table.add_column("key", no_wrap=True)
    table.add_column("documents", ratio=1)
    table.add_column("differences", ratio=1)
    for one in found["dialects"]:
        documents = "\n".join(one["documents"])
        cells = (one["name"], one["base_url"], found["key"]["use"], documents, one["differences"])
        table.add_row(*map(Text, cells))
    console.print(table)


def faults() -> None:
    """Print the faults that can be asked for."""
    console = terminal(PIPED_WIDTH)
    table = Table(box=SIMPLE_HEAD, show_lines=False, padding=(0, 1))
    table.add_column("fault", style="bold", no_wrap=True)
    table.add_column("calls", style="cyan", overflow="fold", min_width=8)
    table.add_column("what it does", ratio=5)
    table.add_column("where it was seen", ratio=4)
    for fault in CATALOGUE.values():
        calls = "all but callback" if fault.calls == CALLS[:-1] else ", ".join(fault.calls)
        table.add_row(*map(Text, (fault.name, calls, fault.does, fault.seen)))
    console.print(table)
