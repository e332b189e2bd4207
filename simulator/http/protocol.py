"""Connections, where aiohttp's own are too trusting: slow heads, bytes that are no HTTP, mishaps.

A head must be complete in time. What is no HTTP gets an answer that repeats nothing of it, since
what stands in a malformed header is often a key; and clients that go away are no news.
"""

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web
from aiohttp.http_exceptions import (
    BadHttpMethod,
    HttpProcessingError,
    InvalidHeader,
    InvalidURLError,
    LineTooLong,
)
from aiohttp.streams import EMPTY_PAYLOAD
from aiohttp.web_protocol import RequestHandler, _ErrInfo

log = logging.getLogger("seedance")
NAME = "seedance-sim"
HEAD_S = 30.0
# Also the limit of a head that was begun while an earlier request was still being answered.
IDLE_S = 120.0
# As much of a head is remembered as tells whom it was meant for.
KNOWN_HEAD = 4096
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9 ,.'`_/-]{0,80}")

Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]
# The answer to bytes that are no request: what came first of them, a status, and what is wrong.
Refuse = Callable[[bytes, int, str], web.Response]


class TooSlow(HttpProcessingError):
    """A head that did not come in in time."""

    code = 408


class Listener(web.Server):
    """A server of such connections."""

    def __init__(self, handler: Handler, refuse: Refuse) -> None:
        super().__init__(handler, access_log=None, auto_decompress=False)
        self.refuse = refuse
        self.head_s, self.idle_s = HEAD_S, IDLE_S

    def __call__(self) -> RequestHandler:
        return Connection(self, loop=self._loop, keepalive_timeout=self.idle_s, **self._kwargs)


class Connection(RequestHandler):
    """One client's connection."""

    __slots__ = ("_head", "_limit", "_listener")

    def __init__(self, listener: Listener, **settings: Any) -> None:
        super().__init__(listener, **settings)
        self._listener = listener
        self._head = b""
        self._limit: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._limit = self._loop.call_later(self._listener.head_s, self._too_slow)
        super().connection_made(transport)

    def connection_lost(self, exc: BaseException | None) -> None:
        self._in_time()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        known = self._request_count
        if self._limit is None:
            self._head = data
        elif len(self._head) < KNOWN_HEAD:
            self._head += data[:KNOWN_HEAD]
        super().data_received(data)
        if self._request_count != known:
            self._in_time()
        elif self._limit is None and self._waiter is not None and data.strip():
            self._limit = self._loop.call_later(self._listener.head_s, self._too_slow)

    def resume_reading(self, *settings: Any, **more: Any) -> None:
        """Go on reading, if that was ever stopped: with each body aiohttp looks for more anyway."""
        if self._reading_paused:
            super().resume_reading(*settings, **more)

    def _in_time(self) -> None:
        if self._limit is not None:
            self._limit.cancel()
            self._limit = None

    def _too_slow(self) -> None:
        """Answer a head that was begun, and end a connection on which nothing was said."""
        self._limit, waiter = None, self._waiter
        if waiter is None or waiter.done():
            return
        if not self._head:
            self.force_close()
            return
        error = TooSlow(message="the head of the request did not come in in time")
        self._messages.append((_ErrInfo(408, error, error.message), EMPTY_PAYLOAD))
        waiter.set_result(None)

    def log_exception(self, *given: Any, **facts: Any) -> None:
        """Keep quiet about clients that go away or send broken bodies: they have their answer."""
        error = facts.get("exc_info")
        if not isinstance(error, HttpProcessingError | web.RequestPayloadError | ConnectionError):
            super().log_exception(*given, **facts)

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """The answer to what is no request, or to a request that met a fault of the simulator."""
        if isinstance(exc, ConnectionError):
            raise exc
        if isinstance(exc, HttpProcessingError):
            response = self._listener.refuse(self._head[:KNOWN_HEAD], status, reason(exc))
        else:
            log.error("a fault of the simulator", exc_info=exc)
            if request.writer.output_size > 0:
                raise ConnectionError("the answer has begun")
            response = fault()
        response.headers.setdefault("Server", NAME)
        response.force_close()
        return response


def fault() -> web.Response:
    """In words of no dialect, so that nobody takes it for a simulated answer."""
    text = "a fault of the simulator itself, which its log describes; nothing is simulated here"
    return web.json_response({"error": {"code": "simulator_fault", "message": text}}, status=500)


def reason(error: HttpProcessingError) -> str:
    """What is wrong with a request, without a byte of it."""
    match error:
        case TooSlow():
            return error.message
        case LineTooLong():
            return "a line of the request's head is too long"
        case InvalidHeader():
            return "a header is malformed"
        case InvalidURLError():
            return "the target is no URL"
        case BadHttpMethod() if "HTTPS" in error.message:
            return "this port speaks plain HTTP, and not HTTPS"
    # The parser gives its own reason, a blank line, and then what it has read.
    words, found, _ = error.message.partition(":\n\n")
    known = f" ({words.lower()})" if found and _PLAIN.fullmatch(words) else ""
    return f"the request is not well-formed HTTP/1.1{known}"
