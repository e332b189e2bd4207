"""Posting to addresses that have been judged, and to no other."""

import asyncio
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from functools import partial

import msgspec
from aiohttp import ClientError, ClientResponse, ClientSession
from yarl import URL

from simulator import __version__
from simulator.core.addresses import Address, Policy, hint_for, may_deliver, parse
from simulator.engine import Engine
from simulator.http.outward import open_session
from simulator.store import journal

BODY_READ = 4096
HEADERS = {"Content-Type": "application/json", "User-Agent": f"seedance-sim/{__version__}"}


class Letter(msgspec.Struct, frozen=True):
    """What a client is told, and of which task; ``at`` is when that falls due, in ms."""

    dialect: str
    account: str
    task: str
    at: int
    url: str
    body: bytes
    headers: Mapping[str, str]


class Sender:
    """A client without redirects, cookies and proxies."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._sessions: dict[bool, ClientSession] = {}

    async def send(
        self, letter: Letter, limit: float, engine: Engine
    ) -> tuple[int | None, str | None]:
        """Post a letter, and keep that in the journal as an exchange of its own."""
        book = engine.journal
        headers = tuple((name.encode(), value.encode()) for name, value in letter.headers.items())
        exchange = book.begin("POST", letter.url, headers, letter.at)
        exchange.kind, exchange.dialect = "callback", letter.dialect
        exchange.account, exchange.task = letter.account, letter.task
        exchange.body, exchange.body_size = letter.body, len(letter.body)
        journal.enter(exchange)
        try:
            status, error = await self.post(letter.url, letter.body, limit, letter.headers)
            exchange.status, exchange.lost = status, error or ""
            return status, error
        finally:
            book.end(exchange, engine.clocks.seen)
            await book.written()

    async def post(
        self, url: str, body: bytes, limit: float, headers: Mapping[str, str] = HEADERS
    ) -> tuple[int | None, str | None]:
        """The status of the answer, or what went wrong instead within so many seconds."""
        target = parse(url)
        if target is None:
            return None, "the link is not a valid URL"
        status = None
        try:
            async with asyncio.timeout(limit), self._posting(target, body, headers) as answer:
                status = answer.status
                if answer.content_length is not None and answer.content_length <= BODY_READ:
                    await answer.content.read(BODY_READ)
        except TimeoutError:
            error = f"no answer within {limit:g} seconds"
        except (ClientError, OSError, ValueError) as fault:
            error = str(fault)[:500] or type(fault).__name__
        # The status has decided, whatever became of the body.
        return (None, error) if status is None else (status, None)

    def _posting(
        self, target: URL, body: bytes, headers: Mapping[str, str]
    ) -> AbstractAsyncContextManager[ClientResponse]:
        session = self._session_for(target.raw_host or "")
        return session.post(target, data=body, headers=headers, allow_redirects=False)

    async def close(self) -> None:
        for session in self._sessions.values():
            await session.close()

    def _session_for(self, host: str) -> ClientSession:
        """One session for the hosts that are named, and one for all others."""
        named = self._policy.names(host)
        if named not in self._sessions:
            self._sessions[named] = open_session(partial(self._why_not, named))
        return self._sessions[named]

    def _why_not(self, named: bool, address: Address) -> str:
        if may_deliver(address, self._policy, named=named):
            return ""
        hint = hint_for(address, "HOST")
        return f"callbacks may not go to {address}" + (hint and f"; {hint}")
