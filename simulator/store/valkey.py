"""The store of many machines: a stream for each account in Valkey (or Redis), for any number of us.

All keys of an account are under one hash tag, so that a cluster spreads the accounts over its nodes
and no order needs two of them:

- ``…{a=KEY}:v`` the version: the last entry and its mark,
- ``…{a=KEY}:log`` the stream, an entry for each append with its events,
- ``…{a=KEY}:snap`` the state as it once was, which takes the place of the entries before,

and beside them which account has which id (hashes ``…{o=N}``), an index of the accounts, and blobs
that expire. Whoever appends says on which version the events were decided; one script compares and
writes, so nobody comes between, and nothing is acknowledged before it answered.

Every server keeps the states that it has put together and asks, once for each request, which
versions they have by now; the questions of requests that come at the same time are one. Only what
came after is read. What a request was told it may rely on for a moment (``FRESH_S``): what it
decides on a state that is older than the log is refused by the append.
"""

import asyncio
import os
import zlib
from collections.abc import Sequence
from contextvars import ContextVar

import msgspec

from simulator.core.account import SERVER, State
from simulator.core.clock import SharedReal
from simulator.core.events import Event, is_news, new_ids
from simulator.store import Records, Taken, journal
from simulator.store.together import Together
from simulator.store.valkey_log import NEW, Known, Logs, Version
from simulator.store.valkey_records import ValkeyRecords
from simulator.store.valkey_scripts import APPEND, BLOB, CLAIM, NEWS, NOTE, REST
from simulator.store.valkey_server import Server

BLOB_BYTES = 256 * 1024 * 1024
BLOB_S = 24 * 3600
# So long a request may go by what it was told once.
FRESH_S = 0.25
# The hashes that say which account has an id: many small ones take a third of what a key each does.
OWNERS = 16_384

_encode = msgspec.json.Encoder().encode

# The versions of accounts, as they are in the store.
Answer = dict[str, bytes | None]
# Until when each account's state may be relied on, and whether there is one.
Told = dict[str, tuple[float, bool]]
# The request under way, and what it was told.
_TOLD: ContextVar[tuple[journal.Exchange, Told] | None] = ContextVar("told")


class ValkeyStore:
    """The accounts in a server. BadSetting says, at the start, why it cannot be used."""

    def __init__(self, url: str, prefix: str = "sdsim:") -> None:
        self._server = Server(url, prefix)
        self._prefix = prefix
        self._logs = Logs(self._server)
        self._records = ValkeyRecords(self._server)
        self._appending: dict[str, asyncio.Future[None]] = {}
        self._asked: set[str] = set()
        self._versions = Together(self._ask_all)

    @property
    def real(self) -> SharedReal:
        """The server's clock, as it was with the last question: that of all who use the store."""
        return self._server.real

    @property
    def ahead_ms(self) -> int:
        """By how much this machine's clock is ahead of the store's, at the start."""
        return self._server.ahead_ms

    async def load(self, account: str) -> tuple[int, State]:
        told, now, logs = _told(), asyncio.get_running_loop().time(), self._logs.known
        until, there = told.get(account, (0.0, False))
        if until < now or (there and account not in logs):
            fresh = told.get(SERVER, (0.0, False))[0] >= now
            versions = await self._ask({account} if fresh else {account, SERVER})
            for name, version in versions.items():
                if not self._logs.is_newest(name, version):
                    await self._logs.catch_up(name, version)
                told[name] = now + FRESH_S, version is not None
        known = logs.get(account)
        return (0, State()) if known is None else (known.serial, known.state)

    async def append(self, account: str, version: int, events: Sequence[Event]) -> bool:
        while (other := self._appending.get(account)) is not None:
            await asyncio.shield(other)  # it will have been faster, which nobody need be asked
        known = self._logs.known.get(account)
        before = NEW if known is None else known.version
        if version != (0 if known is None else known.serial):
            return False
        self._appending[account] = done = asyncio.get_running_loop().create_future()
        try:
            return await self._append(account, known, before, events)
        finally:
            del self._appending[account]
            done.set_result(None)

    async def _append(
        self, account: str, known: Known | None, before: Version, events: Sequence[Event]
    ) -> bool:
        names, mark = new_ids(events), os.urandom(4).hex()
        keys = await self._claimed(account, names)
        news = int(is_news(account, events))
        values = [str(before), before.number + 1, _encode(events), mark, account, news, *names]
        found = await self._server.run(APPEND, [*self._server.keys(account)[:2], *keys], values)
        if found is None:
            _told().pop(account, None)
            return False
        if found.startswith(b"taken:"):
            raise Taken(found.removeprefix(b"taken:").decode())
        if self._server.cluster:
            await self._server.run(NOTE, self._index, [account, news])
        version = Version.of(b"%s-%s" % (found, mark.encode()))
        self._logs.appended(account, known, version, events)
        return True

    async def find(self, name: str) -> str | None:
        found = await self._server.call("HGET", self._owners(name), name)
        return None if found is None else found.decode()

    async def accounts(self) -> list[str]:
        found = await self._server.call("ZRANGE", self._index[0], 0, -1)
        return [name.decode() for name in found]

    async def news(self, mark: int) -> tuple[int, list[str]]:
        """What has changed since a moment of the server's clock, and this moment."""
        now, names = await self._server.run(NEWS, self._index[1:], [mark])
        return int(now), [name.decode() for name in names]

    async def rest(self, account: str, version: int) -> None:
        """Only as long as nothing is appended: in a cluster the index is at another node."""
        news = self._index[1]
        since = await self._server.call("ZSCORE", news, account)
        told = await self._server.call("GET", self._server.keys(account)[0])
        if since is not None and told is not None and int(Version.of(told)) == version:
            await self._server.run(REST, [news], [account, since])

    async def forget(self, account: str | None = None) -> None:
        if account is None:
            await self._server.drop_all("{a=", "{o=", "{blobs}", "{index}")
            await self._server.begin_anew()
            self._logs.known.clear()
            return
        _, state = await self.load(account)
        names = [*state.tasks, *state.items]
        await self._server.call("DEL", *self._server.keys(account))
        await self._server.calls(
            [("ZREM", self._index[0], account)]
            + [("HDEL", self._owners(name), name) for name in names]
        )
        self._logs.known.pop(account, None)

    async def put_blob(self, digest: str, data: bytes) -> None:
        at = f"{self._prefix}{{blobs}}"
        keys = [f"{at}used", f"{at}size", f"{at}:{digest}"]
        await self._server.run(BLOB, keys, [digest, data, BLOB_S, BLOB_BYTES, f"{at}:"])

    async def blob(self, digest: str) -> bytes | None:
        found: bytes | None = await self._server.call("GET", f"{self._prefix}{{blobs}}:{digest}")
        return found

    def fact(self, name: str, value: str) -> str:
        """A fact of the store as it was first stated, by this process or by another."""
        return self._server.fact(name, value)

    async def claim(self, name: str, owner: str, ms: int) -> bool:
        """Hold a name for a while, by the server's clock."""
        key = f"{self._prefix}lease:{name}"
        return bool(await self._server.run(CLAIM, [key], [owner, ms]))

    async def ping(self) -> None:
        """Write something, which a server without room or a replica of another refuses."""
        await self._server.call("SET", f"{self._prefix}ping", "1", "PX", 1000)

    @property
    def records(self) -> Records:
        """The journal in the same server."""
        return self._records

    @property
    def lasting(self) -> bool:
        """The server goes on after the process."""
        return True

    @property
    def interrupted(self) -> bool:
        """The server was started again, or another took over, since there is the store."""
        return self._server.interrupted

    async def close(self) -> None:
        """Let go of the connections, once the snapshots under way are there."""
        await self._logs.close()
        await self._server.close()

    # ---- what is asked together

    async def _ask(self, names: set[str]) -> Answer:
        """The versions of accounts as of now; those that are wanted meanwhile go with the next."""
        self._asked |= names
        found = await self._versions.done()
        return {name: found[name] for name in names}

    async def _ask_all(self) -> Answer:
        """Ask for all that is wanted, in one go."""
        names, self._asked = list(self._asked), set()
        versions = await self._server.values([self._server.keys(name)[0] for name in names])
        return dict(zip(names, versions, strict=True))

    # ---- keys

    def _owners(self, name: str) -> str:
        return f"{self._prefix}{{o={zlib.crc32(name.encode()) % OWNERS}}}"

    @property
    def _index(self) -> tuple[str, str]:
        """When each account began, and when those of news last changed, both in microseconds."""
        return f"{self._prefix}{{index}}born", f"{self._prefix}{{index}}news"

    async def _claimed(self, account: str, names: Sequence[str]) -> list[str]:
        """The further keys of an append; in a cluster they are at other nodes, and written before.

        An id whose append then failed stays claimed for the account, which does no harm.
        """
        if not self._server.cluster:
            return [*self._index, *map(self._owners, names)]
        for name in names:
            key = self._owners(name)
            told = await self._server.calls([("HSETNX", key, name, account), ("HGET", key, name)])
            if told[1] != account.encode():
                raise Taken(name)
        return []


def _told() -> Told:
    """What the request under way was told; outside of one nothing is relied on."""
    exchange = journal.current()
    told = _TOLD.get(None)
    if told is None or told[0] is not exchange:
        told = exchange, {}
        _TOLD.set(told)
    return told[1]
