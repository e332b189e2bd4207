"""A small gateway of any dialect that takes, refuses, stalls or breaks as it is told."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from conformance.catalogue.documents import catalogue
from tests.serving import listening

KEY = "sk-tests"
Decide = Callable[[dict[str, Any]], str]


@dataclass
class Gateway:
    """Counts what it would bill for; `decide` says what becomes of an order."""

    decide: Decide = lambda order: "accept" if good(order) else "refuse"
    raw: bytes | None = None
    raw_type: str = "application/json"
    status: int = 200
    billed: int = 0
    calls: int = 0
    tasks: dict[str, str] = field(default_factory=dict)
    base: str = ""
    dialect: str = "apiyi"
    orders: list[dict[str, Any]] = field(default_factory=list)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.calls += 1
        if self.raw is not None:
            return web.Response(body=self.raw, status=self.status, content_type=self.raw_type)
        if request.headers.get("Authorization") != f"Bearer {KEY}":
            return refusal(401, "AuthenticationError")
        calls = catalogue(self.dialect).dialect
        if request.path == calls.create.path and request.method == "POST":
            return await self._create(request)
        if request.path.startswith(calls.query.path.removesuffix("{id}")):
            return self._query(request.path.rpartition("/")[2])
        return refusal(404, "NotFound")

    async def _create(self, request: web.Request) -> web.StreamResponse:
        order = await self._read(request)
        if order is None:
            return refusal(400, "InvalidParameter")
        self.orders.append(order)
        match self.decide(order):
            case "accept":
                return web.json_response({"id": self._bill()})
            case "accept and blame":
                body = {"id": self._bill(), "error": {"code": "Strange", "message": "refused"}}
                return web.json_response(body, status=400)
            case "accept and time out":
                self._bill()
                return refusal(408, "Timeout")
            case "accept and say nothing":
                self._bill()
                return web.json_response({})
            case "accept and send away":
                self._bill()
                return web.Response(status=307, headers={"Location": request.path})
            case "accept and break":
                self._bill()
                return web.Response(status=500, text="oh")
            case "accept and drop":
                self._bill()
                assert request.transport is not None
                request.transport.close()
                return web.Response()
            case "busy":
                return web.json_response(
                    {"error": {"code": "RateLimit", "message": "slow down"}},
                    status=429,
                    headers={"Retry-After": "0"},
                )
            case _:
                return refusal(400, "InvalidParameter")

    async def _read(self, request: web.Request) -> dict[str, Any] | None:
        try:
            if request.content_type.startswith("multipart/"):
                return dict(await request.post())
            order = json.loads(await request.text())
        except ValueError:
            return None
        return order if isinstance(order, dict) else {}

    def _bill(self) -> str:
        self.billed += 1
        id = f"cgt-20260101000000-{self.billed:05d}"
        self.tasks[id] = "succeeded"
        return id

    def _query(self, id: str) -> web.Response:
        if id not in self.tasks:
            return refusal(404, "ResourceNotFound")
        return web.json_response({"id": id, "model": "m", "status": self.tasks[id]})


def good(order: dict[str, Any]) -> bool:
    """Whether a very lenient gateway takes an order."""
    asked = order.get("content") or order.get("prompt")
    return isinstance(order.get("model"), str) and bool(asked)


def refusal(status: int, code: str) -> web.Response:
    error = {"code": code, "message": f"refused: {code}", "param": "", "type": "BadRequest"}
    return web.json_response({"error": error}, status=status)


@asynccontextmanager
async def serving(gateway: Gateway) -> AsyncIterator[Gateway]:
    """The gateway on a free port."""
    app = web.Application(client_max_size=2**28)
    app.router.add_route("*", "/{path:.*}", gateway.handle)
    async with listening(app, 0.1, access_log=None) as gateway.base:
        yield gateway


@asynccontextmanager
async def bare(answer: bytes | None) -> AsyncIterator[str]:
    """A socket that says these bytes to anybody, or closes at once, whatever is asked."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if answer is not None:
            await reader.read(1)
            writer.write(answer)
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.close()
        await server.wait_closed()
