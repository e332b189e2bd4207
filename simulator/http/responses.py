"""Brings answers to their callers in the ways that faults ask for."""

import asyncio
import socket
import struct
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress
from itertools import pairwise

from aiohttp import web
from msgspec.structs import replace
from multidict import CIMultiDict

from simulator.engine.call import BODY_LIMIT, Reply
from simulator.engine.delivery import LONGEST_WAIT, Delivery
from simulator.faults.active import Strike
from simulator.store import journal

if sys.platform == "linux":
    import fcntl
    import termios

# Lingering for no time at all: the connection is reset, not closed in order. (`struct linger` of
# Windows is two `u_short`.)
AT_ONCE = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)
LOOK_AGAIN = 0.002  # seconds

Tell = Callable[[str], Awaitable[object]]


class Dribble(web.Response):
    """A response whose body goes out in pieces, with a pause after each."""

    pieces = 1
    pause = 0.0

    async def write_eof(self, data: bytes = b"") -> None:
        body = self.body if isinstance(self.body, bytes) else b""
        for piece in cut(body, self.pieces):
            await self.write(piece)
            await asyncio.sleep(self.pause)
        await web.StreamResponse.write_eof(self, data)


def cut(body: bytes, pieces: int) -> list[bytes]:
    """The body in so many pieces of about one length, or in single bytes where it is shorter."""
    marks = sorted({len(body) * at // pieces for at in range(pieces + 1)})
    return [body[start:end] for start, end in pairwise(marks)]


def response_of(reply: Reply) -> web.Response:
    """A reply as it is written."""
    body = reply.data()
    headers = CIMultiDict(reply.headers)
    if body is not None:
        headers["Content-Type"] = reply.content_type
    return web.Response(status=reply.status, body=body, headers=headers)


async def carry(
    request: web.BaseRequest, response: web.Response, delivery: Delivery, tell: Tell
) -> web.Response:
    """Bring an answer to its caller; what is returned is for the shell to go on with."""
    if delivery.callbacks_first:
        await tell(delivery.callbacks_first)
    if delivery.wait:
        await asyncio.sleep(min(delivery.wait, LONGEST_WAIT))
    if delivery.pieces > 1:
        return _dribble(response, delivery)
    transport = request.transport
    if transport is None or (delivery.copies == 1 and not delivery.end):
        return response
    head, body = _raw(response, delivery.length)
    for _ in range(1, delivery.copies):
        transport.write(head + body)
    if not delivery.end:
        return response
    await _read_on(request)
    with suppress(TimeoutError, ConnectionError):
        async with asyncio.timeout(LONGEST_WAIT):
            await _flush(request, transport, beginning(head, body, delivery))
    exchange = journal.current()
    exchange.ended_here = True
    # Whoever has all that was promised cannot know that more was meant.
    if delivery.head < 1 or delivery.body < delivery.length:
        exchange.lost = "a fault ended the connection"
    _end(transport, delivery)
    return response


def beginning(head: bytes, body: bytes, delivery: Delivery) -> bytes:
    """What is sent of an answer that is cut: nothing of the body before the whole head."""
    if delivery.head < 1:
        return head[: int(len(head) * delivery.head)]
    return head + body[: int(len(body) * delivery.body)]


async def _read_on(request: web.BaseRequest) -> None:
    """Take in what is left of the request: closing over unread bytes resets the connection."""
    left = BODY_LIMIT
    with suppress(TimeoutError, web.RequestPayloadError, web.PayloadAccessError, ValueError):
        async with asyncio.timeout(LONGEST_WAIT):
            while left > 0 and (chunk := await request.content.readany()):
                left -= len(chunk)


async def _flush(request: web.BaseRequest, transport: asyncio.Transport, data: bytes) -> None:
    """Let the caller have these bytes: a reset drops whatever is still on its way."""
    transport.set_write_buffer_limits(high=0)
    transport.write(data)
    await request.writer.drain()
    while unsent(transport):  # noqa: ASYNC110 - the system does not tell when it has sent all
        await asyncio.sleep(LOOK_AGAIN)


def unsent(transport: asyncio.Transport) -> int:
    """How many bytes the other side has not acknowledged, as far as the system tells."""
    own = transport.get_extra_info("socket")
    if sys.platform != "linux" or own is None or own.fileno() < 0:
        return 0
    (left,) = struct.unpack("i", fcntl.ioctl(own.fileno(), termios.TIOCOUTQ, bytes(4)))
    return int(left)


def _end(transport: asyncio.Transport, delivery: Delivery) -> None:
    """Close the connection in order, or so that the caller finds it reset."""
    if delivery.end == "close":
        transport.close()
        return
    own = transport.get_extra_info("socket")
    if own is not None:
        own.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE)
    transport.abort()


async def early_file(request: web.BaseRequest, reply: Reply, tell: Tell) -> web.Response:
    """What a fault answers in the place of a file."""
    response = response_of(reply)
    if reply.delivery is None:
        return response
    return await carry(request, response, reply.delivery, tell)


async def bring_file(
    request: web.BaseRequest, response: web.Response, strike: Strike, tell: Tell
) -> web.Response:
    """A file's answer after the faults that it meets."""
    body = response.body if isinstance(response.body, bytes) else b""
    given = Reply(response.status, body, dict(response.headers), response.content_type)
    reply = strike.change(given)
    await strike.close()
    if replace(reply, delivery=None) != given:
        response = response_of(reply)
    if reply.delivery is None:
        return response
    return await carry(request, response, reply.delivery, tell)


def _dribble(response: web.Response, delivery: Delivery) -> web.Response:
    made = Dribble(status=response.status, body=response.body, headers=response.headers)
    made.pieces = delivery.pieces
    made.pause = min(delivery.pause, LONGEST_WAIT / delivery.pieces)
    return made


def _raw(response: web.Response, share: float) -> tuple[bytes, bytes]:
    """Head and body as they stand on the wire."""
    body = response.body if isinstance(response.body, bytes) else b""
    lines = [f"HTTP/1.1 {response.status} {response.reason}"]
    lines += [
        f"{name}: {value}"
        for name, value in response.headers.items()
        if name.lower() not in ("content-length", "transfer-encoding", "connection")
    ]
    lines += [f"Content-Length: {int(len(body) * share)}", "", ""]
    return "\r\n".join(lines).encode(), body
