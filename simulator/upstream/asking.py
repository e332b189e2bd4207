"""Calls to the upstream: bounded in size and time, with the headers that are for it."""

import asyncio
import math
import ssl
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import (
    ClientConnectorError,
    ClientError,
    ClientResponse,
    ClientSession,
    ClientSSLError,
    ClientTimeout,
    DummyCookieJar,
    TCPConnector,
)
from multidict import CIMultiDict
from yarl import URL

from simulator.core.addresses import Address, Policy, may_deliver, plain_host
from simulator.engine.call import Call
from simulator.engine.resolved import ResolvedCall
from simulator.http.outward import open_session
from simulator.http.reading import TooLarge, Unreadable, decoded
from simulator.upstream.passed import Passed
from simulator.upstream.passing import Got, Silent
from simulator.upstream.streaming import File

# Answers that are no files: whole, and once they are decompressed.
MOST_BYTES = 16 * 1024 * 1024
ANSWER_S = 120.0
CONNECT_S = 15.0
SILENCE_S = 60.0
PATIENCE = ClientTimeout(None, sock_connect=CONNECT_S, sock_read=SILENCE_S, ceil_threshold=math.inf)

# RFC 9110, section 7.6.1, and what is between two neighbours in practice.
HOP_BY_HOP = frozenset(
    {
        "connection",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
# Said anew for each connection, and the body goes out decompressed.
_OURS = HOP_BY_HOP | {"host", "content-length", "content-encoding", "accept-encoding", "expect"}
# The bytes of a file go out as they came.
_FILES = HOP_BY_HOP | {"content-length", "alt-svc", "set-cookie"}
_THEIRS = HOP_BY_HOP | {"content-length", "content-encoding", "alt-svc", "set-cookie"}


class Upstream:
    """The endpoint behind this server, and the store that its links lead to.

    The endpoint's address is the operator's own choice and may be anywhere. A link of its answers
    leads where links may: to its own host, to public addresses and to ``hosts``.
    """

    def __init__(self, address: str, policy: Policy) -> None:
        self.address = address
        self._origin = str(URL(address).origin())
        self.host = plain_host(URL(address).raw_host or "")
        self._policy = Policy(policy.reach, policy.hosts | {self.host})
        self._endpoint: ClientSession | None = None
        self._stores: dict[bool, ClientSession] = {}

    def target(self, call: Call) -> str:
        """The address of a call at the endpoint."""
        return self.address + call.target

    async def ask(self, resolved: ResolvedCall, body: bytes) -> Got:
        """The answer to a call; Silent where there is none within the bounds."""
        call = resolved.call
        try:
            async with self._session().request(
                call.method,
                URL(self.target(call), encoded=True),
                headers=sent(call.headers.items()),
                data=body or None,
                allow_redirects=False,
            ) as answer:
                raw = await _whole(answer)
                return Got(answer.status, answered(answer.raw_headers), raw)
        except TimeoutError:
            raise Silent(f"no answer within {ANSWER_S:g} seconds") from None
        except (ClientError, OSError, ValueError) as error:
            raise Silent(reason(error)) from None

    @asynccontextmanager
    async def file(
        self, link: Passed, method: str, headers: Mapping[str, str], call: Call | None
    ) -> AsyncIterator[File]:
        """A file of the store, or of a call to the endpoint, as it comes."""
        if call is None:
            target, session = URL(link.url, encoded=True), self._of(link.url)
            asked: Mapping[str, str] = {**headers, "Accept-Encoding": "identity"}
        else:
            target, session = URL(self.target(call), encoded=True), self._session()
            asked = sent(headers.items())
        # Only what the store does is its silence: what goes wrong with the client is its own.
        try:
            answer = await session.request(
                method, target, headers=asked, allow_redirects=False, timeout=PATIENCE
            )
        except TimeoutError:
            raise Silent(f"nothing came within {SILENCE_S:g} seconds") from None
        except (ClientError, OSError, ValueError) as error:
            raise Silent(reason(error)) from None
        async with answer:
            shown = answered(answer.raw_headers, _FILES)
            length = None if answer.headers.get("Transfer-Encoding") else _length(answer)
            yield File(answer.status, shown, _pieces(answer), length)

    async def close(self) -> None:
        """Close all connections."""
        for session in (*filter(None, [self._endpoint]), *self._stores.values()):
            await session.close()

    def _session(self) -> ClientSession:
        if self._endpoint is None:
            self._endpoint = ClientSession(
                connector=TCPConnector(limit=0, keepalive_timeout=10),
                cookie_jar=DummyCookieJar(),
                timeout=ClientTimeout(ANSWER_S, sock_connect=CONNECT_S, ceil_threshold=math.inf),
                auto_decompress=False,
                skip_auto_headers=("User-Agent", "Accept", "Content-Type"),
            )
        return self._endpoint

    def _of(self, url: str) -> ClientSession:
        """The client for a link: to the endpoint itself, or judged by its address."""
        if url.startswith(f"{self._origin}/"):
            return self._session()
        named = self._policy.names(URL(url).raw_host or "")
        if named not in self._stores:

            def why_not(address: Address) -> str:
                if may_deliver(address, self._policy, named=named):
                    return ""
                return f"links may not lead to {address}; --allow-host names a host where they may"

            self._stores[named] = open_session(why_not, PATIENCE, decompress=False)
        return self._stores[named]


async def _pieces(answer: ClientResponse) -> AsyncIterator[bytes]:
    try:
        async for piece in answer.content.iter_any():
            yield piece
    except TimeoutError:
        raise Silent(f"nothing came within {SILENCE_S:g} seconds") from None
    except (ClientError, OSError) as error:
        raise Silent(reason(error)) from None


def _length(answer: ClientResponse) -> int | None:
    text = answer.headers.get("Content-Length", "")
    return int(text) if text.isdecimal() else None


async def _whole(answer: ClientResponse) -> bytes:
    content = answer.content
    raw = await content.readany()
    if not content.at_eof():  # most answers come in one piece, and are not copied
        pieces = bytearray(raw)
        while piece := await content.readany():
            pieces += piece
            if len(pieces) > MOST_BYTES:
                raise Silent(f"the answer has more than {MOST_BYTES} bytes")
        raw = bytes(pieces)
    encoding = answer.headers.get("Content-Encoding", "").strip().lower()
    if not raw or encoding in ("", "identity"):
        return raw
    try:
        return await asyncio.to_thread(decoded, raw, encoding, MOST_BYTES)
    except TooLarge:
        raise Silent(f"the answer has more than {MOST_BYTES} bytes, decompressed") from None
    except Unreadable as error:
        raise Silent(f"the answer cannot be decompressed: {error}") from None


def sent(headers: Iterable[tuple[str, str]]) -> CIMultiDict[str]:
    """The headers of a client's call that are for the upstream."""
    passing: CIMultiDict[str] = CIMultiDict()
    named = ""
    for name, value in headers:
        if (lower := name.lower()) == "connection":
            named = f"{named},{value}"
        elif lower not in _OURS and value.isprintable():
            passing.add(name, value)
    for name in _named(named) if named else ():
        passing.popall(name, None)
    passing["Accept-Encoding"] = "identity"
    return passing


def answered(
    raw: Iterable[tuple[bytes, bytes]], dropped: frozenset[str] = _THEIRS
) -> dict[str, str]:
    """The headers of an answer that are for the client, as text whatever their bytes are."""
    shown, named = {}, ""
    for one, said in raw:
        name, value = one.decode("latin-1"), said.decode("utf-8", "replace")
        if (lower := name.lower()) == "connection":
            named = f"{named},{value}"
        elif lower not in dropped:
            shown[name] = value if value.isprintable() else _printable(value)
    own = _named(named) if named else None
    return {n: v for n, v in shown.items() if n.lower() not in own} if own else shown


def _named(connection: str) -> set[str]:
    """The headers that are said to be of one connection, beside those that always are."""
    names = (one.strip().lower() for one in connection.split(","))
    return {one for one in names if one not in ("", "close", "keep-alive")}


def _printable(value: str) -> str:
    return "".join(char for char in value if char.isprintable() or char == "\t")


def reason(error: Exception) -> str:
    """What went wrong with a connection, in a line."""
    text: Any = error
    if isinstance(error, ClientSSLError | ssl.SSLError):
        return f"its certificate or TLS does not hold: {' '.join(str(error).split())}"[:300]
    if isinstance(error, ClientConnectorError):
        text = error.os_error
    return (" ".join(str(text).split()) or type(error).__name__)[:300]
