"""Commands that say what became of each client: where they install them, and the table."""

import asyncio
import contextlib
import sys
import tempfile
from argparse import ArgumentParser
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

Rows = list[tuple[str, str]]


def arguments_of(prog: str, about: str | None) -> ArgumentParser:
    """The arguments of a command: a folder that is kept, in which clients are installed."""
    parser = ArgumentParser(prog=f"python -m {prog}", description=about)
    parser.add_argument("--folder", type=Path)
    return parser


def printed(table: Callable[[Path], Coroutine[Any, Any, Rows]], kept: Path | None) -> int:
    """Print each client with its outcome; 1 where there is none, or one that FAILED."""
    with contextlib.ExitStack() as stack:
        folder = kept or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        folder.mkdir(parents=True, exist_ok=True)
        rows = asyncio.run(table(folder.resolve()))
    for name, told in rows:
        sys.stdout.write(f"{name:<24} {told}\n")
    return int(not rows or any(told.startswith("FAILED") for _, told in rows))
