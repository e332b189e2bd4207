"""Requests that are no HTTP, byte by byte, over a connection of their own."""

import asyncio
import contextlib
import ssl
from collections.abc import Iterator, Mapping
from email.parser import BytesHeaderParser
from urllib.parse import urlsplit

LIMIT_S = 10.0
MOST = 64 * 1024

Said = tuple[int, Mapping[str, str], bytes]


class NoAnswer(OSError):
    """A server that closes the connection, or lets it hang, without a status."""


def request(shape: str, method: str, url: str, headers: Mapping[str, str]) -> bytes:
    """The bytes of a call without an order in it, wrong in one way.

    `no-host`: without Host; `two-lengths`: with two lengths that differ; `bad-chunk`: a chunk whose
    size is no number; `space-before-colon`: a blank where RFC 9112 (5.1) forbids one.
    """
    parts = urlsplit(url)
    lines = [f"{method} {parts.path or '/'} HTTP/1.1"]
    lines += [f"Host: {parts.netloc}"] if shape != "no-host" else []
    lines += [f"{name}: {value}" for name, value in headers.items()]
    lines += ["Content-Type: application/json", "Connection: close", *_wrong(shape)]
    body = "zz\r\n{}\r\n0\r\n\r\n" if shape == "bad-chunk" else "{}"
    return ("\r\n".join(lines) + "\r\n\r\n" + body).encode("latin-1")


def _wrong(shape: str) -> Iterator[str]:
    if shape == "bad-chunk":
        yield "Transfer-Encoding: chunked"
        return
    yield "Content-Length: 2"
    if shape == "two-lengths":
        yield "Content-Length: 3"
    if shape == "space-before-colon":
        yield "X-Odd : 1"


async def talk(url: str, sent: bytes, trust: ssl.SSLContext | bool) -> Said:
    """What a server says to these bytes: status, headers, body. NoAnswer where it says nothing."""
    parts = urlsplit(url)
    secure = parts.scheme == "https"
    port = parts.port or (443 if secure else 80)
    try:
        async with asyncio.timeout(LIMIT_S):
            return answer(await _exchanged(str(parts.hostname), port, sent, secure and trust))
    except TimeoutError as fault:
        raise NoAnswer(f"no answer within {LIMIT_S:g} s") from fault


async def _exchanged(host: str, port: int, sent: bytes, trust: ssl.SSLContext | bool) -> bytes:
    reader, writer = await asyncio.open_connection(host, port, ssl=trust or None)
    try:
        writer.write(sent)
        await writer.drain()
        raw = bytearray()
        while len(raw) < MOST and (piece := await reader.read(MOST)):
            raw += piece
        return bytes(raw)
    except ConnectionError:
        return b""
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


def answer(raw: bytes) -> Said:
    """Status, headers and body of an answer as it came."""
    head, _, body = raw.partition(b"\r\n\r\n")
    line, _, fields = head.partition(b"\r\n")
    words = line.split(maxsplit=2)
    if len(words) < 2 or not words[0].startswith(b"HTTP/") or not words[1].isdigit():
        raise NoAnswer("the connection was closed without an answer" if not raw else "no HTTP")
    return int(words[1]), dict(BytesHeaderParser().parsebytes(fields + b"\r\n\r\n").items()), body
