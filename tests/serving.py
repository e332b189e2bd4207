"""Runs a whole server in the test's own loop, on a free port, for clients to talk to."""

import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from aiohttp import ClientSession, web

from simulator.core.config import Config
from simulator.server.app import create_app
from tests.driving import KEY, START


@dataclass
class Server:
    """A running server and a session that carries the test key."""

    base: str
    app: web.Application
    client: ClientSession
    anonymous: ClientSession

    async def advance(self, span: str, key: str = KEY) -> Any:
        """Move the account's clock through the control plane."""
        call = self.anonymous.post(f"{self.base}/_sim/clock", json={"advance": span, "key": key})
        async with call as answer:
            assert answer.status == 200, await answer.text()
            return await answer.json()


@asynccontextmanager
async def listening(
    app: web.Application, shutdown: float = 1, at: socket.socket | None = None, **options: Any
) -> AsyncIterator[str]:
    """An application on a free port of this host, or at a socket, as its address."""
    runner = web.AppRunner(app, shutdown_timeout=shutdown, **options)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0) if at is None else web.SockSite(runner, at)
    await site.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


@asynccontextmanager
async def serve(**settings: Any) -> AsyncIterator[Server]:
    """A server that is frozen at START with seed 1, unless the settings say otherwise."""
    async with serve_at(None, settings) as server:
        yield server


@asynccontextmanager
async def serve_at(at: socket.socket | None, settings: Mapping[str, Any]) -> AsyncIterator[Server]:
    """The same at a socket, so that its address is known before it."""
    given: dict[str, Any] = {"seed": 1, "start": START, "freeze": True, **settings}
    app = create_app(Config(**given))
    headers = {"Authorization": f"Bearer {KEY}"}
    async with (
        listening(app, at=at) as base,
        ClientSession(headers=headers) as client,
        ClientSession() as anonymous,
    ):
        yield Server(base, app, client, anonymous)
