"""Bodies of requests as they come in: bounded in size and time, and decompressed only when read.

aiohttp decompresses while it receives, whoever asks for it; some hundred bytes of brotli then keep
every client waiting, without a key. Here that is done for bodies that somebody wants, in a thread.
"""

import asyncio
import zlib
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

from aiohttp import web

from simulator.http.protocol import Connection

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

BODY_S = 300.0
# So that few bodies are as large as they may become at a time.
AT_ONCE = 2


class TooLarge(Exception):
    """A body with more bytes than it may have."""


class Unreadable(Exception):
    """A body that does not come in whole, or cannot be decompressed; the text says why."""


async def read(request: web.BaseRequest, limit: int) -> bytes:
    """The body, decompressed; TooLarge before more than ``limit`` bytes of it are held."""
    if (request.content_length or 0) > limit:
        raise TooLarge
    try:
        if request.content.is_eof():  # it is here already, as most orders are
            raw = _whole(request.content.read_nowait(), limit, ended=True)
        else:
            async with asyncio.timeout(BODY_S):
                raw = await _received(request, limit)
    except TimeoutError:
        raise Unreadable(f"it did not come in within {BODY_S:g} seconds") from None
    except (web.RequestPayloadError, web.PayloadAccessError, ValueError) as error:
        request.content.feed_eof()  # or aiohttp reads on, and stumbles again
        raise Unreadable(str(error)) from None
    encoding = request.headers.get("Content-Encoding", "").strip().lower()
    if encoding in ("", "identity") or not raw or not isinstance(request.protocol, Connection):
        return raw
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(_threads(), decoded, raw, encoding, limit)


async def _received(request: web.BaseRequest, limit: int) -> bytes:
    body = bytearray()
    while chunk := await request.content.readany():
        body += chunk
        if len(body) > limit:
            raise TooLarge
    return bytes(body)


@cache
def _threads() -> "ThreadPoolExecutor":
    from concurrent.futures import ThreadPoolExecutor  # of few requests

    return ThreadPoolExecutor(AT_ONCE, thread_name_prefix="bodies")


def decoded(raw: bytes, encoding: str, limit: int) -> bytes:
    """The bytes behind a content coding, of which at most ``limit`` are made."""
    decode = _CODINGS.get(encoding)
    if decode is None:
        known = ", ".join(sorted(_CODINGS))
        raise Unreadable(f"the Content-Encoding must be one of {known}, not {encoding[:40]!r}")
    try:
        return decode(raw, limit)
    except (TooLarge, Unreadable):
        raise
    except Exception as error:  # each library has an error of its own
        raise Unreadable(f"the body is not {encoding}: {error}"[:200]) from None


def _inflated(raw: bytes, limit: int, bits: int) -> bytes:
    """What zlib reads, of one member or of several in a row."""
    made = bytearray()
    while raw:
        stream = zlib.decompressobj(bits)
        made += stream.decompress(raw, limit + 1 - len(made))
        if len(made) > limit:
            raise TooLarge
        if not stream.eof:
            raise Unreadable("the compressed body breaks off")
        raw = stream.unused_data if bits > zlib.MAX_WBITS else b""
    return bytes(made)


def _gzip(raw: bytes, limit: int) -> bytes:
    return _inflated(raw, limit, zlib.MAX_WBITS | 16)


def _deflate(raw: bytes, limit: int) -> bytes:
    """With the header of zlib or, as some clients have it, without."""
    wrapped = raw[0] & 0xF == zlib.DEFLATED
    return _inflated(raw, limit, zlib.MAX_WBITS if wrapped else -zlib.MAX_WBITS)


def _brotli(raw: bytes, limit: int) -> bytes:
    import brotli  # of few requests

    stream, made = brotli.Decompressor(), bytearray()
    made += stream.process(raw, output_buffer_limit=limit + 1)
    while len(made) <= limit and not stream.is_finished() and not stream.can_accept_more_data():
        made += stream.process(b"", output_buffer_limit=limit + 1 - len(made))
    return _whole(bytes(made), limit, stream.is_finished())


def _zstd(raw: bytes, limit: int) -> bytes:
    try:
        from compression import zstd  # type: ignore[import-not-found,unused-ignore]
    except ImportError:  # before Python 3.14
        from backports import zstd

    stream = zstd.ZstdDecompressor()
    return _whole(stream.decompress(raw, limit + 1), limit, stream.eof)


def _whole(made: bytes, limit: int, ended: bool) -> bytes:
    if len(made) > limit:
        raise TooLarge
    if not ended:
        raise Unreadable("the compressed body breaks off")
    return made


_CODINGS: dict[str, Callable[[bytes, int], bytes]] = {
    "br": _brotli,
    "deflate": _deflate,
    "gzip": _gzip,
    "x-gzip": _gzip,
    "zstd": _zstd,
}
