"""Brings answers to their callers in the ways that faults ask for."""

import asyncio
import socket
import struct
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from itertools import islice

import msgspec
from aiohttp import web
from multidict import CIMultiDict

from simulator import journal
from simulator.faults.delivery import LONGEST_WAIT, Delivery
from simulator.faults.strike import Strike
from simulator.wire import Reply

AT_ONCE = struct.pack("ii", 1, 0)
_encode = msgspec.json.Encoder(decimal_format="number").encode

Tell = Callable[[str], Awaitable[object]]


class Dribble(web.Response):
    """A response whose body goes out in pieces, with a pause after each."""

    pieces = 1
    pause = 0.0

    async def write_eof(self, data: bytes = b"") -> None:
        body = self.body if isinstance(self.body, bytes) else b""
        size = -(-len(body) // self.pieces) or 1
        for start in range(0, len(body), size):
            await self.write(body[start : start + size])
            await asyncio.sleep(self.pause)
        await web.StreamResponse.write_eof(self, data)


def response_of(reply: Reply) -> web.Response:
    """A reply as it is written."""
    body = reply.body
    if body is not None and not isinstance(body, bytes):
        body = _encode(body)
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
    if delivery.copies > 1:
        for _ in islice(range(delivery.copies), 1, None):
            transport.write(head + body)
        return response
    transport.write(head[: int(len(head) * delivery.head)])
    transport.write(body[: int(len(body) * delivery.body)])
    journal.current().lost = "a fault ended the connection"
    if delivery.end == "close":
        transport.close()
        return response
    own = transport.get_extra_info("socket")
    if own is not None:
        own.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE)
    transport.abort()
    return response


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
    strike.close()
    if (reply.status, reply.body, reply.headers) != (given.status, given.body, given.headers):
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
    lines = [f"HTTP/1.1 {response.status} {HTTPStatus(response.status).phrase}"]
    lines += [
        f"{name}: {value}"
        for name, value in response.headers.items()
        if name.lower() not in ("content-length", "transfer-encoding", "connection")
    ]
    lines += [f"Content-Length: {int(len(body) * share)}", "", ""]
    return "\r\n".join(lines).encode(), body
