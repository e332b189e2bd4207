"""The journal as it grows: server-sent events, one for each exchange that is completed."""

import asyncio
from collections.abc import Callable

import msgspec
from aiohttp import web

from simulator.journal import Exchange, Journal

MOST_WAITING = 1000
HEARTBEAT_S = 15.0
_encode = msgspec.json.Encoder(decimal_format="number").encode

Fits = Callable[[Exchange], bool]


def wants_feed(request: web.BaseRequest) -> bool:
    asked = request.headers.get("Accept", "").lower()
    return request.method == "GET" and "text/event-stream" in asked


class Feed:
    """One reader's events: what it has not yet been given, as many as are kept for it."""

    def __init__(self, fits: Fits) -> None:
        self.news = asyncio.Event()
        self.closed = False
        self._waiting: list[Exchange] = []
        self._missed = 0
        self._fits = fits

    def catch_up(self, journal: Journal, since: int) -> None:
        """Begin with what came after an exchange that the reader already has."""
        for one in journal.exchanges():
            if one.number > since and one.ended is not None:
                self.add(one)

    def add(self, exchange: Exchange) -> None:
        if not self._fits(exchange):
            return
        if len(self._waiting) < MOST_WAITING:
            self._waiting.append(exchange)
        else:
            self._missed += 1
        self.news.set()

    def close(self) -> None:
        self.closed = True
        self.news.set()

    def take(self) -> bytes:
        """Everything that waits, as events."""
        lines = [b"id: %d\nevent: call\ndata: %s\n\n" % _pair(one) for one in self._waiting]
        if self._missed:
            lines.append(b": %d exchanges were left out\n\n" % self._missed)
        self._waiting, self._missed = [], 0
        self.news.clear()
        return b"".join(lines)


def _pair(one: Exchange) -> tuple[int, bytes]:
    from simulator.redaction import shown  # loaded with the first reader

    return one.number, _encode(shown(one))


async def stream(
    request: web.BaseRequest, journal: Journal, told: Feed, feeds: set[Feed]
) -> web.StreamResponse:
    """Give a reader its events until it goes or the server ends."""
    response = web.StreamResponse(headers={"Cache-Control": "no-store"})
    response.content_type = "text/event-stream"
    feeds.add(told)
    journal.on_end.append(told.add)
    try:
        await response.prepare(request)
        await response.write(b": the journal\n\n")
        while not told.closed:
            await response.write(await _next(told))
    except ConnectionError:
        pass
    finally:
        journal.on_end.remove(told.add)
        feeds.discard(told)
    return response


async def _next(told: Feed) -> bytes:
    try:
        async with asyncio.timeout(HEARTBEAT_S):
            await told.news.wait()
    except TimeoutError:
        return b": still here\n\n"
    return told.take() or b":\n\n"
