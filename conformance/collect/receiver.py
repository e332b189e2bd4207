"""The suite's own receiver of callbacks, on the run's loop."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any

from aiohttp import web

from conformance.untrusted import bounded

KEPT, SHOWN = bounded.BYTES, 64 * 1024
PATIENCE_S = 10.0
# What a receiver answers, by the end of its address: the words of `callback.receiver`.
BEHAVIOURS = {"fail": 500, "gone": 404, "quiet": 204}
# What strangers send to an open port is none of the user's business: aiohttp would print it.
SILENT = logging.Logger("conformance.collect.receiver", logging.CRITICAL + 1)


class Receiver(AbstractAsyncContextManager["Receiver"]):
    """Takes callbacks, hands them on, and answers as it is told to or as its path says."""

    def __init__(
        self, host: str, port: int, heard: Callable[[Mapping[str, Any]], int | None]
    ) -> None:
        self._host, self._port, self._heard = host, port, heard
        app = web.Application(client_max_size=KEPT)
        app.router.add_route("*", "/{path:.*}", self._take)
        self._runner = web.AppRunner(app, access_log=None, logger=SILENT, shutdown_timeout=0.1)
        self.url = ""

    async def __aenter__(self) -> "Receiver":
        await self._runner.setup()
        await web.TCPSite(self._runner, self._host, self._port).start()
        host, port = self._runner.addresses[0][:2]
        self.url = f"http://{host}:{port}/done"
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()

    async def _take(self, request: web.Request) -> web.Response:
        try:
            async with asyncio.timeout(PATIENCE_S):
                raw = await request.read()
        except TimeoutError:
            return web.Response(status=408)
        try:
            body = bounded.parse(raw)
        except ValueError:
            body = raw[:SHOWN].decode("utf-8", "replace")
        status = self._heard(
            {
                "method": request.method,
                "path": request.path,
                "headers": {name.lower(): value for name, value in request.headers.items()},
                "body": body,
            }
        )
        usual = BEHAVIOURS.get(request.path.rpartition("/")[2], 200)
        return web.Response(status=status or usual)
