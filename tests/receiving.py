"""A receiver of callbacks: a small server that notes what arrives and answers as it is told."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True)
class Received:
    path: str
    headers: dict[str, str]
    body: Any
    at: float = field(default_factory=time.monotonic)


@dataclass
class Receiver:
    """What arrived, oldest first; ``answers`` are used up one by one, then all are 200."""

    url: str = ""
    got: list[Received] = field(default_factory=list)
    answers: list[int | Answer] = field(default_factory=list)
    news: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.got.append(Received(request.path, headers, await request.json()))
        async with self.news:
            self.news.notify_all()
        answer = self.answers.pop(0) if self.answers else 200
        if isinstance(answer, int):
            return web.Response(status=answer, headers={"Location": f"{self.url}/elsewhere"})
        return await answer(request)

    async def count(self, number: int) -> None:
        """Wait until so many have arrived."""
        async with asyncio.timeout(20), self.news:
            await self.news.wait_for(lambda: len(self.got) >= number)

    @property
    def words(self) -> list[str]:
        """The statuses, wherever the envelope has them."""
        return [one.body.get("data", one.body)["status"] for one in self.got]


@asynccontextmanager
async def receiver() -> AsyncIterator[Receiver]:
    """A running receiver."""
    told = Receiver()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", told.handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, backlog=512).start()
    told.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield told
    finally:
        await runner.cleanup()
