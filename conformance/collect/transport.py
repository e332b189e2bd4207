"""The only way out: no call without a class and a reservation, and none faster than permitted."""

import asyncio
import os
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import IO, Any

import aiohttp

from conformance.collect import malformed
from conformance.collect.bounds import Bounds
from conformance.plan.ledger import Ledger
from conformance.untrusted import bounded

KEPT = 64 * 1024
BINARY = 512
KEPT_JSON = bounded.BYTES
PATIENCE = 60.0
RETRIES = 3


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A call as it goes over the wire.

    `blind` is the worst price of an order that says nothing: what a call costs that should cost
    nothing but is sent to where orders go, on a server that takes it for one. `shape` names a
    request that is no HTTP. `held` says of a 429 that it is kept for later, and not waited for.
    """

    probe: str
    cost: str
    usd: Decimal
    method: str
    url: str
    headers: Mapping[str, str]
    data: Any = None
    shape: str = ""
    patient: bool = True
    blind: Decimal | None = None
    redirects: bool = False
    held: Callable[[], bool] = lambda: False


@dataclass(frozen=True)
class Answer:
    """What came back; `fault` says why nothing did, `size` how much, also of what is not kept."""

    status: int | None
    headers: Mapping[str, str]
    raw: bytes
    fault: str
    ms: float
    reservation: int
    size: int = 0

    @cached_property
    def _read(self) -> tuple[bool, Any, str]:
        try:
            return True, bounded.parse(self.raw), ""
        except bounded.TooMuch as reason:
            return False, None, str(reason)
        except ValueError:
            return False, None, ""

    @property
    def parsed(self) -> tuple[bool, Any]:
        """Whether the body is JSON, and its value."""
        return self._read[:2]

    @property
    def beyond(self) -> str:
        """Why the body is not read as JSON although it may be JSON; or nothing."""
        return self._read[2]

    @property
    def text(self) -> str:
        """The beginning of the body as text."""
        try:
            return self.raw[:KEPT].decode()
        except UnicodeDecodeError:
            return self.raw[:BINARY].decode("utf-8", "replace")


class Pacer:
    """Leaves the gaps between calls that `--rps` asks for, and longer ones after a 429."""

    def __init__(self, rps: float | None, bounds: Bounds) -> None:
        self._bounds = bounds
        self._usual = self._gap = 1 / rps if rps else 0.0
        self._next = 0.0

    async def turn(self) -> None:
        """Wait until the next call may go."""
        now = time.monotonic()
        wait = self._next - now
        self._next = max(now, self._next) + self._gap
        if wait > 0:
            await asyncio.sleep(wait)

    def rest(self, seconds: float) -> None:
        """Let nothing go for so long, and everything more slowly from now on."""
        seconds = self._bounds.rest(seconds)
        self._next = max(self._next, time.monotonic() + seconds)
        if seconds > 0:
            self._gap = min(max(self._gap * 1.5, 0.05), 5.0)

    def go_on(self) -> None:
        """After a good answer, become a little faster again."""
        self._gap = max(self._gap * 0.8, self._usual) if self._gap > 0.01 else self._usual


class Transport:
    """Sends calls of one run."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        ledger: Ledger,
        rps: float | None = None,
        patience: float = PATIENCE,
        trust: ssl.SSLContext | bool = True,
        bounds: Bounds | None = None,
    ) -> None:
        self.bounds = bounds or Bounds()
        self._session, self._ledger, self._pacer = session, ledger, Pacer(rps, self.bounds)
        self._patience, self._trust = patience, trust
        self.calls = 0

    async def send(
        self,
        outgoing: Outgoing,
        outcome: Callable[[Answer], str],
        most: int = KEPT_JSON,
        into: IO[bytes] | None = None,
    ) -> Answer:
        """Reserve, send, settle. OverBudget where the ledger says no.

        A 429 slows the run down and the call is made again, for a new reservation. A body goes
        `into` a file where one is given; of what is longer than `most` bytes the rest is not read.
        """
        for attempt in range(RETRIES + 1):
            await self._pacer.turn()
            answer = await self._once(outgoing, outcome, most, into)
            if answer.status != 429:
                self._pacer.go_on()
                break
            if not outgoing.patient or outgoing.held() or attempt == RETRIES:
                break
            self._pacer.rest(retry_after(answer.headers, attempt))
        return answer

    async def _once(
        self,
        outgoing: Outgoing,
        outcome: Callable[[Answer], str],
        most: int,
        into: IO[bytes] | None,
    ) -> Answer:
        cost, usd = outgoing.cost, outgoing.usd
        if outgoing.blind is not None and self._ledger.surprised:
            cost, usd = "contingent", outgoing.blind
        number = self._ledger.reserve(outgoing.probe, cost, usd)
        self.calls += 1
        answer = await self._exchange(outgoing, number, most, into)
        if cost != "free":
            self._ledger.settle(number, outcome(answer))
        elif outgoing.blind is not None and outcome(answer) == "accepted":
            self._ledger.found(outgoing.probe, outgoing.blind)
        return answer

    async def _exchange(
        self, outgoing: Outgoing, number: int, most: int, into: IO[bytes] | None
    ) -> Answer:
        started = time.monotonic()
        if outgoing.shape:
            return await self._malformed(outgoing, number, started)
        data = outgoing.data() if callable(outgoing.data) else outgoing.data
        try:
            async with asyncio.timeout(self._patience):
                async with self._session.request(
                    outgoing.method,
                    outgoing.url,
                    headers=outgoing.headers,
                    data=data,
                    allow_redirects=outgoing.redirects,
                ) as reply:
                    raw, size = await _body(reply, most, into if reply.status == 200 else None)
                    return _answer(reply.status, reply.headers, raw, started, number, size)
        except TimeoutError:
            return _silent(f"no answer within {self._patience:g} s", started, number)
        except aiohttp.ClientPayloadError as fault:
            return _silent(f"the body cannot be read: {plain(fault)}", started, number)
        except (aiohttp.ClientError, OSError, ValueError) as fault:
            return _silent(plain(fault), started, number)

    async def _malformed(self, outgoing: Outgoing, number: int, started: float) -> Answer:
        headers = {
            name: value
            for name, value in outgoing.headers.items()
            if name.lower() not in ("host", "content-length", "transfer-encoding", "connection")
        }
        sent = malformed.request(outgoing.shape, outgoing.method, outgoing.url, headers)
        try:
            said = await malformed.talk(outgoing.url, sent, self._trust)
        except (OSError, ValueError) as fault:
            return _silent(plain(fault), started, number)
        status, found, raw = said
        return _answer(status, found, raw, started, number)


async def _body(
    reply: aiohttp.ClientResponse, most: int, into: IO[bytes] | None
) -> tuple[bytes, int]:
    """What is kept of a body in memory, and how much of it was read."""
    raw, size = bytearray(), 0
    async for piece in reply.content.iter_chunked(64 * 1024):
        size += len(piece)
        if into is None:
            raw += piece
        else:
            into.write(piece)
        if size > most:
            break
    return bytes(raw), size


def _answer(
    status: int,
    headers: Mapping[str, str],
    raw: bytes,
    started: float,
    number: int,
    size: int | None = None,
) -> Answer:
    read = len(raw) if size is None else size
    return Answer(status, dict(headers), raw, "", _ms(started), number, read)


def _silent(fault: str, started: float, number: int) -> Answer:
    return Answer(None, {}, b"", fault, _ms(started), number)


def _ms(started: float) -> float:
    return round((time.monotonic() - started) * 1000, 1)


def plain(fault: Exception) -> str:
    """What went wrong with a connection, in a line."""
    if isinstance(fault, aiohttp.ClientConnectorError):
        cause = fault.os_error
        if isinstance(fault, aiohttp.ClientSSLError):
            return f"TLS fails: {' '.join(str(cause).split())}"[:200]
        number = cause.errno or 0
        return os.strerror(number) if number > 0 else str(cause.strerror or cause)[:200]
    text = " ".join(str(fault).split()) or type(fault).__name__
    return text[:200]


def retry_after(headers: Mapping[str, str], attempt: int) -> float:
    """How long to rest after a 429: what it asks for, within reason, else ever longer."""
    named = {name.lower(): value for name, value in headers.items()}
    try:
        return min(max(float(named["retry-after"]), 0.0), 60.0)
    except (KeyError, ValueError):
        return float(min(0.5 * 2**attempt, 10.0))
