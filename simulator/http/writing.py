"""Replies as they go out on a connection."""

from email.utils import formatdate
from functools import lru_cache
from typing import Any

from aiohttp import HttpVersion11, hdrs, web
from aiohttp.abc import AbstractStreamWriter
from aiohttp.streams import EMPTY_PAYLOAD

from simulator.engine.call import Reply
from simulator.engine.cross_origin import OPEN, CrossOrigin

_ORDINARY = frozenset({"GET", "POST", "PUT", "DELETE"})


class Whole(web.Response):
    """A response of which nothing is left to find out, and that goes out in one piece.

    aiohttp's own is made to be changed until it is sent; asking it what it has become costs more
    than the rest of a poll. This one has plain attributes in the place of its properties, and gives
    a server what that asks for: ``prepare``, ``write_eof`` and ``keep_alive``.
    """

    status = 200
    reason = ""
    headers: Any = {}  # noqa: RUF012 - each has its own, and the journal keeps it
    body: Any = None
    content_length: Any = None
    keep_alive = True
    prepared = False

    def __init__(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.status = status
        self.reason = _reason(status)
        self.headers = headers
        self.body = body
        self.content_length = len(body)

    async def prepare(self, request: web.BaseRequest) -> AbstractStreamWriter:
        """Send all of it."""
        headers = self.headers
        headers["Content-Length"] = _text(self.content_length)
        writer = request.writer
        await writer.write_headers(f"HTTP/1.1 {self.status} {self.reason}", headers)
        await writer.write_eof(self.body)
        return writer

    async def write_eof(self, data: bytes = b"") -> None:
        """Nothing is left to send."""


def write(
    request: web.BaseRequest, reply: Reply, plain: bool, across: CrossOrigin = OPEN
) -> web.Response:
    """A reply as the response to a request; ``plain`` is one that no fault has changed."""
    body = reply.data()
    headers = {**reply.headers, "Content-Type": reply.content_type}
    if body is None:
        del headers["Content-Type"]
    if hdrs.ORIGIN in request.headers:
        headers |= across.answer
    content = request.content
    unread = content is not EMPTY_PAYLOAD and (
        not content.is_eof() or content.exception() is not None
    )
    if plain and body and not unread and _usual(request, reply.status):
        return Whole(reply.status, headers, body)
    response = web.Response(status=reply.status, body=body, headers=headers)
    if unread:
        response.force_close()
    return response


def _usual(request: web.BaseRequest, status: int) -> bool:
    """Whether the answer has a body and leaves the connection open, with no application around."""
    return (
        status >= 200
        and status not in (204, 304)
        and type(request) is web.BaseRequest
        and request.keep_alive
        and request.version == HttpVersion11
        and request.method in _ORDINARY
    )


@lru_cache(maxsize=1024)
def _text(number: int) -> str:
    """A length, of which the journal then keeps one copy."""
    return str(number)


@lru_cache(maxsize=64)
def _reason(status: int) -> str:
    return web.Response(status=status).reason


@lru_cache(maxsize=16)
def date(second: int) -> str:
    """A ``Date`` header for a simulated second."""
    return formatdate(second, usegmt=True)
