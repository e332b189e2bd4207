"""Runs official clients against the dialects they belong to, each as its users install it.

    python -m tests.clients [--only NAME]... [--folder FOLDER]

What a client needs is installed into FOLDER, and used again from there; without it into a temporary
one. A client whose tools this machine lacks is left out, and the table says so.
"""

import asyncio
import sys
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from PIL import Image

from tests.clients.installing import Missing
from tests.clients.litellm_proxy import compare
from tests.clients.programs import CLIENTS, Client, Failed, run
from tests.clients.tables import Rows, arguments_of, printed
from tests.serving import serve

PROXY = "LiteLLM's proxy"


async def outcome(client: Client, base: str, folder: Path, key: str = "") -> str:
    """What became of a client, in a few words; with a key of its own where none is given."""
    begun = time.monotonic()
    try:
        await run(client, base, folder, key)
    except Missing as missing:
        return f"left out: {missing}"
    except Failed as failed:
        return f"FAILED: {failed}"
    return f"good, in {time.monotonic() - begun:.0f} s"


async def proxied(folder: Path) -> str:
    """Whether LiteLLM's proxy in front of ark answers as the dialect, but for what is known."""
    try:
        alike, odd = await compare(folder)
    except Missing as missing:
        return f"left out: {missing}"
    return f"good: {alike} answers alike" if not odd else "FAILED:\n" + "\n".join(odd)


async def table(only: Sequence[str], folder: Path) -> Rows:
    """Every client with its outcome."""
    Image.new("RGB", (640, 360), "teal").save(folder / "picture.png")
    wanted = [client for client in CLIENTS if not only or client.name in only]
    # Most of an installation is waiting for a registry, so two go on side by side.
    turns = asyncio.Semaphore(2)

    async def row(client: Client) -> tuple[str, str]:
        async with turns:
            return client.name, await outcome(client, server.base, folder)

    async with serve(freeze=False, rate=4) as server:
        rows = await asyncio.gather(*map(row, wanted))
    if not only or PROXY in only:
        return [*rows, (PROXY, await proxied(folder))]
    return rows


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the clients, print what became of them, and say whether all are well."""
    parser = arguments_of("tests.clients", __doc__)
    parser.add_argument("--only", action="append", default=[])
    given = parser.parse_args(arguments)
    return printed(partial(table, given.only), given.folder)


if __name__ == "__main__":
    sys.exit(main())
