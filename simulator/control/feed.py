"""The journal as it grows: server-sent events, one for each exchange that is completed."""

import asyncio
from collections import OrderedDict, deque
from collections.abc import Callable
from contextlib import suppress

import msgspec
from aiohttp import web

from simulator.store.journal import Exchange, Journal

MOST_READERS = 32
MOST_WAITING = 1000
# What waits for one reader may also hold on to so many bytes that the journal has dropped.
MOST_BYTES = 8 * 1024 * 1024
# So many are put into words at a time, between which everybody else is served.
AT_A_TIME = 20
STALLED_S = 60.0
HEARTBEAT_S = 15.0
# A reader that has gone is noticed within this, so that its place is free for another.
LOOK_S = 0.5
_encode = msgspec.json.Encoder(decimal_format="number").encode

Fits = Callable[[Exchange], bool]


def wants_feed(request: web.BaseRequest) -> bool:
    """Whether a call asks for the journal as a stream."""
    asked = request.headers.get("Accept", "").lower()
    return request.method == "GET" and "text/event-stream" in asked


class Telling:
    """Exchanges in words, which are made once for all who read along."""

    def __init__(self) -> None:
        self._known: OrderedDict[int, bytes] = OrderedDict()

    def event(self, one: Exchange) -> bytes:
        known = self._known.get(one.number)
        if known is None:
            from simulator.store.redaction import shown  # loaded with the first reader

            known = b"id: %d\nevent: call\ndata: %s\n\n" % (one.number, _encode(shown(one)))
            self._known[one.number] = known
            if len(self._known) > MOST_WAITING // 4:
                self._known.popitem(last=False)
        return known


class Feed:
    """One reader's events: what it has not yet been given, as many as are kept for it."""

    def __init__(self, fits: Fits, telling: Telling) -> None:
        self.news = asyncio.Event()
        self.closed = False
        self._waiting: deque[Exchange] = deque()
        self._bytes = 0
        self._missed = 0
        self._fits = fits
        self._telling = telling

    def catch_up(self, journal: Journal, since: int) -> None:
        """Begin with what came after an exchange that the reader already has."""
        for one in journal.exchanges():
            if one.number > since and one.ended is not None:
                self.add(one)

    def add(self, exchange: Exchange) -> None:
        if not self._fits(exchange):
            return
        if len(self._waiting) < MOST_WAITING and self._bytes < MOST_BYTES:
            self._waiting.append(exchange)
            self._bytes += exchange.bytes
        else:
            self._missed += 1
        self.news.set()

    def close(self) -> None:
        self.closed = True
        self.news.set()

    def take(self) -> bytes:
        """Some of what waits, oldest first, as events."""
        lines: list[bytes] = []
        while self._waiting and len(lines) < AT_A_TIME:
            one = self._waiting.popleft()
            self._bytes -= one.bytes
            lines.append(self._telling.event(one))
        if not self._waiting:
            if self._missed:
                lines.append(b": %d exchanges were left out\n\n" % self._missed)
            self._missed = 0
            self.news.clear()
        return b"".join(lines)


async def stream(
    request: web.BaseRequest, journal: Journal, told: Feed, feeds: set[Feed]
) -> web.StreamResponse:
    """Give a reader its events until it goes, takes none any more, or the server ends."""
    response = web.StreamResponse(headers={"Cache-Control": "no-store"})
    response.content_type = "text/event-stream"
    feeds.add(told)
    journal.on_end.append(told.add)
    try:
        await response.prepare(request)
        await response.write(b": the journal\n\n")
        while not told.closed:
            text = await _next(told, request, journal)
            async with asyncio.timeout(STALLED_S):
                await response.write(text)
            await asyncio.sleep(0)  # a write does not yield while there is room
    except (ConnectionError, TimeoutError):
        response.force_close()
    finally:
        journal.on_end.remove(told.add)
        feeds.discard(told)
    return response


async def _next(told: Feed, request: web.BaseRequest, journal: Journal) -> bytes:
    """What is to be written next; a ConnectionError once nobody reads any more."""
    for _ in range(round(HEARTBEAT_S / LOOK_S)):
        with suppress(TimeoutError):
            async with asyncio.timeout(LOOK_S):
                await told.news.wait()
                return told.take() or b":\n\n"
        if request.transport is None or request.transport.is_closing():
            raise ConnectionResetError("the reader has gone")
        await journal.catch_up()
    return b": still here\n\n"
