"""The logs of accounts in Valkey as one process knows them: read on from where it was, and short.

A log is a stream with an entry for each append. Its entries go in time: a snapshot of the state
takes their place once they are as many as the state has parts, so that what is kept, and what a
server reads that comes new, stay within twice the state, however long the account lives.
"""

import asyncio
import zlib
from collections import OrderedDict
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import NamedTuple

import msgspec

from simulator.core.account import State
from simulator.core.events import Event
from simulator.store import Broken
from simulator.store.valkey_scripts import SNAPSHOT
from simulator.store.valkey_server import Server

# So many states are kept here; the others are read again when they are asked for.
MOST_KNOWN = 20_000
# A snapshot is taken after so many entries, or as many as the state has parts; and so many entries
# stay behind it, for servers that have fallen back a little.
SNAPSHOT_AFTER = 1000
STAY = 100
PAGE = 1000
# How often an account is read that is forgotten and begins anew meanwhile.
MOST_TRIES = 20

_encode = msgspec.json.Encoder().encode
_events = msgspec.json.Decoder(list[Event]).decode
_state = msgspec.json.Decoder(State).decode


class Version(NamedTuple):
    """The last entry of a log: since when there is the log, the entry's number and its mark."""

    born: int
    number: int
    mark: str

    @classmethod
    def of(cls, told: bytes) -> "Version":
        born, number, mark = told.decode().split("-")
        return cls(int(born), int(number), mark)

    @property
    def entry(self) -> str:
        """The id of the entry in the stream."""
        return f"{self.born}-{self.number}"

    def after(self, other: "Version") -> bool:
        """Whether it is of a later entry, or of a later log."""
        return (self.born, self.number) > (other.born, other.number)

    def leads_to(self, other: "Version") -> bool:
        """Whether the other is this one, or can be had from it by more entries."""
        return self == other or (self.born == other.born and self.number < other.number)

    def __str__(self) -> str:
        return f"{self.born}-{self.number}-{self.mark}" if self.number else ""

    def __int__(self) -> int:
        return (self.born << 40 | self.number) << 32 | int(self.mark, 16)


NEW = Version(0, 0, "0")


@dataclass(slots=True)
class Known:
    """What this process has put together of an account, and up to where there is a snapshot.

    ``told`` is the version in the words of the last answer that it was found to be the newest by.
    """

    version: Version
    state: State = field(default_factory=State)
    told: bytes | None = None
    serial: int = 0
    snapped: int = 0
    busy: bool = False

    def is_long(self) -> bool:
        """Whether the log behind the snapshot is as long as the state is large."""
        state = self.state
        parts = len(state.tasks) + len(state.items) + len(state.fetched) + len(state.told)
        return self.version.number - self.snapped >= max(SNAPSHOT_AFTER, parts)

    def take(self, version: Version, events: Iterable[Event]) -> bool:
        """Apply an entry if it is the next one; False where it does not go on from here.

        Then some between are missing, or in the place of the last one that is known here the log
        has another: this one the server has lost.
        """
        mine = self.version
        if version.born != mine.born or version.number > mine.number + 1:
            return False
        if version.number <= mine.number:
            return version.number < mine.number or version == mine
        for event in events:
            event.apply(self.state)
        self.version, self.serial, self.told = version, int(version), None
        return True


class Logs:
    """The accounts that are known here."""

    def __init__(self, server: Server) -> None:
        self.known: OrderedDict[str, Known] = OrderedDict()
        self._server = server
        self._snapping: set[asyncio.Task[None]] = set()

    async def close(self) -> None:
        """Wait for the snapshots under way."""
        await asyncio.gather(*self._snapping, return_exceptions=True)

    def appended(
        self, account: str, known: Known | None, version: Version, events: Iterable[Event]
    ) -> None:
        """Apply what was appended from here to what it was decided on."""
        if known is None:
            known = Known(NEW._replace(born=version.born))
        if known.version.number == version.number - 1:
            known.take(version, events)
        if known.version == version:
            self._keep(account, known)
        self._consider(account, known)

    def is_newest(self, account: str, told: bytes | None) -> bool:
        """Whether an account is known up to a version: with most questions nothing has changed."""
        known = self.known.get(account)
        if known is None or told is None:  # of what is known here the server may have nothing
            return known is None and told is None
        if known.told != told:
            return False
        self.known.move_to_end(account)
        return True

    async def catch_up(self, account: str, told: bytes | None) -> None:
        """Read what came up to a version, if that is not known yet."""
        known = self.known.get(account)
        if known is not None and told is not None and known.version.after(Version.of(told)):
            # Either the answer is older than an append from here, or the server has lost entries.
            told = await self._told_version(account)
        for _ in range(MOST_TRIES):
            if told is None:
                self.known.pop(account, None)
                return
            version = Version.of(told)
            if known is None or not known.version.leads_to(version):
                if self.known.get(account) is known:
                    self.known.pop(account, None)
                known = await self._begun(account, version.born)
            if known.version == version or await self._read_on(account, known, version.number):
                known.told = told if known.version == version else None
                self._keep(account, known)
                return
            known, told = None, await self._told_version(account)
        raise Broken("the store has a log with entries missing")

    async def _told_version(self, account: str) -> bytes | None:
        found: bytes | None = await self._server.call("GET", self._server.keys(account)[0])
        return found

    async def _begun(self, account: str, born: int) -> Known:
        """An account as its snapshot has it, or with nothing yet."""
        told, state = await self._server.call(
            "HMGET", self._server.keys(account)[2], "version", "state"
        )
        if told is None or (version := Version.of(told)).born != born:
            return Known(NEW._replace(born=born))
        parts = _state(zlib.decompress(state))
        return Known(version, parts, serial=int(version), snapped=version.number)

    async def _read_on(self, account: str, known: Known, number: int) -> bool:
        """Apply the entries that come next, up to a number; False where the log has others."""
        while await self._page(account, known):
            if known.version.number >= number:
                return True
        return False

    async def _page(self, account: str, known: Known) -> bool:
        """Apply some entries; False where there are none, or where they do not go on from here."""
        base, log = known.version, self._server.keys(account)[1]
        start = base.entry if base.number else "-"
        entries = await self._server.call("XRANGE", log, start, "+", "COUNT", PAGE)
        # The last one that is known has to be the very one that is in the log.
        if base.number and (not entries or _version(entries.pop(0)) != base):
            return False
        return bool(entries) and all(
            known.take(_version(entry), _events(entry[1][b"e"])) for entry in entries
        )

    def _keep(self, account: str, known: Known) -> None:
        other = self.known.get(account)
        if other is None or known.version.after(other.version):
            self.known[account] = known
        self.known.move_to_end(account)
        while len(self.known) > MOST_KNOWN:
            self.known.popitem(last=False)

    def _consider(self, account: str, known: Known) -> None:
        """Have a snapshot taken once the log behind it is as long as the state is large."""
        if known.busy or not known.is_long():
            return
        known.busy = True
        task = asyncio.create_task(self._snap(account, known))
        self._snapping.add(task)
        task.add_done_callback(self._snapping.discard)

    async def _snap(self, account: str, known: Known) -> None:
        with suppress(Broken):  # the log has everything
            told = await self._server.call("HGET", self._server.keys(account)[2], "version")
            if told is not None and (other := Version.of(told)).born == known.version.born:
                known.snapped = max(known.snapped, other.number)
            if known.is_long():  # nobody else has done it meanwhile
                await self._write(account, known)
        known.busy = False

    async def _write(self, account: str, known: Known) -> None:
        version, text = known.version, _encode(known.state)
        first = version._replace(number=max(1, version.number - STAY)).entry
        known.snapped = version.number
        data = await asyncio.to_thread(zlib.compress, text, 1)
        await self._server.run(SNAPSHOT, self._server.keys(account), [str(version), first, data])


def _version(entry: tuple[bytes, dict[bytes, bytes]]) -> Version:
    """The version that an account has with an entry of its log."""
    return Version.of(entry[0] + b"-" + entry[1][b"m"])
