"""What plain aiohttp servers of the benchmarks do: say where they listen, and stay."""

import asyncio
import sys

from aiohttp import web


async def answer(app: web.Application) -> None:
    """Serve for ever, at a free port of this machine."""
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    sys.stdout.write(f"listening on http://127.0.0.1:{runner.addresses[0][1]}\n")
    sys.stdout.flush()
    await asyncio.Event().wait()
