"""The command ``dialects``: the table of dialects on a terminal."""

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from simulator.config import Config
from simulator.dialects import ALL
from simulator.index import overview

# Where no terminal says how wide it is, the lines are long enough for every address.
PIPED_WIDTH = 160


def dialects() -> None:
    """Print the dialects as a server with the default settings has them."""
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=PIPED_WIDTH)
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
