"""Callbacks of the upstream, received on the client's behalf and passed on to it.

An order's own address goes to the upstream as one of this server, with a token that nobody can
guess. Whose it is and where it leads is a fact of the account, so it holds as long as the account
does. The upstream is answered as the client answers, so that it repeats what the client refuses.
"""

import asyncio
import json
import secrets
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Protocol

from aiohttp import web

from simulator.callbacks.sender import Letter, Sender
from simulator.core.acceptance import Submission
from simulator.core.item import Item
from simulator.core.task import Task
from simulator.engine import Engine
from simulator.engine.call import Reply
from simulator.engine.dialect import Dialect
from simulator.engine.resolved import ResolvedCall
from simulator.faults import middleware
from simulator.faults.fault import Tell
from simulator.faults.registry import Registry
from simulator.http import reading
from simulator.http.logs import tell
from simulator.store import Broken, journal
from simulator.upstream import passed, shadow
from simulator.upstream.asking import sent as headers_of
from simulator.upstream.readdressing import PLACE, client_address, exchanged, tokens_in

MOST_BYTES = 1024 * 1024
# Where the dialect says nothing of it, in real seconds.
PATIENCE_S = 10.0
AT_ONCE = 64
MOST_ORDERS = 10_000
_KIND = "callback address"


@dataclass(frozen=True, slots=True)
class Heard:
    """A callback of the upstream, and what the client said to it.

    ``url`` is the client's own address; ``status`` is None where ``error`` says why.
    """

    account: str
    task: str
    url: str
    at: int
    headers: Mapping[str, str]
    body: bytes
    status: int | None
    error: str


class Watch(Protocol):
    """Who keeps what was heard."""

    def __call__(self, heard: Heard) -> None: ...


@dataclass(slots=True)
class Relay:
    """Stands between the upstream and the receivers of one dialect's clients."""

    engine: Engine
    dialect: Dialect
    faults: Registry
    sender: Sender
    base: str
    keep_links: bool = False
    watches: list[Watch] = field(default_factory=list)
    _awaited: dict[str, str] = field(default_factory=dict)
    _orders: dict[str, Submission] = field(default_factory=dict)
    _news: asyncio.Condition = field(default_factory=asyncio.Condition)
    _slots: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))

    async def readdressed(
        self, resolved: ResolvedCall, body: bytes, order: Submission | None
    ) -> tuple[bytes, str]:
        """An order that has the upstream call this server; as it is where nobody is called."""
        call = resolved.call
        kind = call.headers.get("Content-Type", "")
        url, account = client_address(body, kind), call.account.key
        if not url or not account:
            return body, ""
        token = secrets.token_hex(16)
        facts = {"url": url}
        made = Item(f"{PLACE}/{token}", self.dialect.name, account, _KIND, call.now, facts)
        await self.engine.keep(made)
        self._awaited[token] = account
        if order is not None:
            self._orders[token] = order
            while len(self._orders) > MOST_ORDERS:
                del self._orders[next(iter(self._orders))]
        return exchanged(body, kind, f"{self.base}/{PLACE}/{token}"), token

    async def settled(self, token: str) -> None:
        """Nobody waits any more for what an order's client is told first."""
        self._awaited.pop(token, None)
        async with self._news:
            self._news.notify_all()

    async def restored(self, raw: bytes) -> bytes:
        """An answer of the upstream, in which the client finds its own address again."""
        for token in tokens_in(raw, self.base):
            item = None
            with suppress(Broken):  # what is paid for is told of all the same
                item = await self.engine.item(f"{PLACE}/{token}")
            if item is not None:
                own = json.dumps(item.facts["url"], ensure_ascii=False)[1:-1]
                raw = raw.replace(f"{self.base}/{PLACE}/{token}".encode(), own.encode())
        return raw

    async def first(self, account: str, wait: float) -> None:
        """Wait until each of an account's orders was told of, for at most so many real seconds."""
        for token in [token for token, owner in self._awaited.items() if owner == account]:
            if await self.engine.item(f"{PLACE}/{token}") is None:  # the account was forgotten
                await self.settled(token)
        with suppress(TimeoutError):
            async with asyncio.timeout(wait), self._news:
                await self._news.wait_for(lambda: account not in self._awaited.values())

    async def serve(self, request: web.BaseRequest, path: str) -> web.Response:
        """Take a callback of the upstream, and answer it as the client does."""
        item = await self.engine.item(path.strip("/"))
        if item is None or item.kind != _KIND:
            return _said(404, "nobody waits for this callback")
        if request.method != "POST":
            return _said(405, "callbacks are POST", {"Allow": "POST"})
        exchange = journal.current()
        exchange.dialect, exchange.account = item.dialect, item.account
        try:
            raw = await reading.read(request, MOST_BYTES)
        except reading.TooLarge:
            return _said(413, f"callbacks have at most {MOST_BYTES} bytes")
        except reading.Unreadable as error:
            return _said(400, str(error))
        exchange.body, exchange.body_size = raw, len(raw)
        exchange.at = await self.engine.clocks.now(item.account)
        async with self._slots:
            return await self._passed(item, raw, headers_of(request.headers.items()))

    async def close(self) -> None:
        """Close the connections to receivers."""
        await self.sender.close()

    async def _passed(self, item: Item, raw: bytes, headers: Mapping[str, str]) -> web.Response:
        exchange, account = journal.current(), item.account
        now, value = exchange.at, _json(raw)
        reader = self.dialect.reader
        name = reader.meant(reader.shown_id(value))
        token = item.id.removeprefix(f"{PLACE}/")
        await self._taken_up(token, name, now)
        await shadow.learned(account, reader, value, self.engine, now)
        task = (await self.engine.state(account)).tasks.get(name)
        exchange.task = name
        body, manner = await self._struck(task, now, self._relinked(raw, value))
        status: int | None = 200
        error = "a fault kept it back" if manner.silent else ""
        url = str(item.facts["url"])
        letter = Letter(self.dialect.name, account, name, now, url, body, headers)
        for _ in range(0 if manner.silent else manner.copies):
            status, error = await self._sent(letter)
        await self.settled(token)
        heard = Heard(account, name, url, now, dict(headers), raw, status, error)
        for watch in self.watches:
            watch(heard)
        if manner.deaf:
            return _said(500, "a fault lost the client's answer")
        return _said(502, error) if status is None else web.Response(status=status)

    async def _taken_up(self, token: str, name: str, now: int) -> None:
        """A callback may come before its order's answer, or after that was lost: it is the proof
        that the order was taken.
        """
        order = self._orders.pop(token, None)
        if order is not None and name:
            await shadow.accepted(order, name, self.engine, now)

    def _relinked(self, raw: bytes, value: Any) -> bytes:
        """The body with links that lead through this server."""
        if self.keep_links:
            return raw
        links = passed.told(self.dialect.reader, value)
        secret = self.engine.secret
        new = {one.url: passed.written(secret, self.base, one) for one in links}
        return passed.exchanged(raw, new)

    async def _struck(self, task: Task | None, now: int, raw: bytes) -> tuple[bytes, Tell]:
        """What is told instead, and how, by the faults that this callback meets."""
        if task is None or not await self.faults.near(task.account):
            return raw, Tell()
        strike = await middleware.of_callback(self.faults, task, now)
        value = _json(raw)
        reply = Reply(200, raw if value is None else value)
        changed, manner = strike.change(reply), strike.tell()
        await strike.close()
        return raw if changed is reply else changed.data() or b"", manner

    async def _sent(self, letter: Letter) -> tuple[int | None, str]:
        """Tell the client; the exchange under way is then the upstream's again."""
        arrived, callbacks = journal.current(), self.dialect.callbacks
        patience = PATIENCE_S if callbacks is None else callbacks.timeout
        try:
            status, error = await self.sender.send(letter, patience, self.engine)
        finally:
            journal.enter(arrived)
        tell("a callback was passed on", task=letter.task, answer=error or status)
        return status, error or ""


@dataclass(frozen=True, slots=True)
class Direct:
    """No public address: the upstream calls clients itself, and the log says so."""

    async def readdressed(
        self, resolved: ResolvedCall, body: bytes, order: Submission | None
    ) -> tuple[bytes, str]:
        """The order as it is."""
        if client_address(body, resolved.call.headers.get("Content-Type", "")):
            why = "the upstream calls the client itself; --public-url lets callbacks come here"
            tell("callbacks are not seen", reason=why)
            journal.remark(why)
        return body, ""

    async def settled(self, token: str) -> None:
        """Nobody waits."""

    async def restored(self, raw: bytes) -> bytes:
        """The answer as it is."""
        return raw


def _json(raw: bytes) -> Any:
    try:
        return json.loads(raw)
    except (ValueError, RecursionError):
        return None


def _said(status: int, message: str, headers: Mapping[str, str] | None = None) -> web.Response:
    body = {"error": {"code": "callback", "message": message, "field": None}}
    return web.json_response(body, status=status, headers=headers)
