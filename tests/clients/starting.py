"""Servers of others as they start on loopback: a port for each, and when it answers."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import ClientError, ClientSession

from tests.clients.installing import Missing

AGAIN_S = 0.25


def free_port() -> int:
    """A port of loopback that nobody has."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


@asynccontextmanager
async def answering(
    process: asyncio.subprocess.Process, url: str, limit: float, name: str
) -> AsyncIterator[None]:
    """While a server answers at a URL; it is ended afterwards.

    Missing where it ends by itself, or does not answer within so many seconds.
    """
    try:
        await _answered(process, url, limit, name)
        yield
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def _answered(process: asyncio.subprocess.Process, url: str, limit: float, name: str) -> None:
    async with ClientSession() as session:
        for _ in range(round(limit / AGAIN_S)):
            if process.returncode is not None:
                break
            with contextlib.suppress(ClientError):
                async with session.get(url) as answer:
                    if answer.status == 200:
                        return
            await asyncio.sleep(AGAIN_S)
    raise Missing(f"{name} does not start")
