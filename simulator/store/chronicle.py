"""The journal in a store that outlives its processes: one for all of them, as long as the store.

An exchange is written down when it ends, before its caller has the answer; those that end in the
same turn of the loop are one write. Nothing is read but for the control plane, which reads what
came since it last did, so that it sees everything that anybody has answered before.
"""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from simulator.core.clock import wall
from simulator.store import Broken, Entry, Records
from simulator.store.journal import JOURNAL_BYTES, Exchange, Journal, labels
from simulator.store.together import Together

PAGE = 500


def _plain(value: Any) -> Any:
    """Headers, which are a mapping of another kind."""
    return dict(value.items())


_encode = msgspec.msgpack.Encoder(enc_hook=_plain).encode
_decode = msgspec.msgpack.Decoder(Exchange).decode


class Chronicle(Journal):
    """The last exchanges of all servers of a store, numbered in the order in which they ended.

    Those under way are not among them. What cannot be written down counts as dropped.
    """

    lasting = True

    def __init__(
        self,
        records: Records,
        most_bytes: int = JOURNAL_BYTES,
        real: Callable[[], int] = wall,
    ) -> None:
        super().__init__(most_bytes, real)
        self._records = records
        self._waiting: list[Entry] = []
        self._writing = Together(self._write)
        self._reading = asyncio.Lock()
        self._seen: dict[int, Exchange] = {}
        self._era = self._read_to = self._told = self._lost = 0

    async def written(self) -> None:
        """Wait until what has ended here is in the store."""
        if self._waiting:
            await self._writing.done()

    async def counted(self) -> Mapping[str, int]:
        await self.written()
        return await self._records.counted()

    async def catch_up(self) -> None:
        """Read what was written since, by this process or by another."""
        await self.written()
        async with self._reading:
            more = True
            while more:
                more = await self._read()

    def exchanges(self, account: str | None = None) -> list[Exchange]:
        """All of them, or those of one account, in the order in which they ended."""
        return [one for one in self._seen.values() if account in (None, one.account)]

    def accounts(self) -> set[str]:
        return {one.account for one in self._seen.values() if one.account}

    async def empty(self, account: str | None = None) -> int:
        """Take out everything, or one account's part, and say how many exchanges that was."""
        await self.written()
        return await self._records.erase(account)

    def _keep(self, exchange: Exchange) -> None:
        del self._all[exchange.number]
        entry = Entry(exchange.account, exchange.bytes, _encode(exchange), labels(exchange))
        self._waiting.append(entry)

    async def _write(self) -> None:
        """Write what waits, in one go."""
        entries, self._waiting = self._waiting, []
        try:
            await self._records.record(entries, self.most_bytes)
        except Broken:
            self._lost += len(entries)

    async def _read(self) -> bool:
        """Read one page, and say whether there may be another."""
        past = await self._records.recorded(self._read_to, PAGE)
        if past.era != self._era:
            self._seen.clear()
            self._era, again = past.era, self._read_to
            self._read_to = 0
            if again:
                return True
        for number in [number for number in self._seen if number < past.first]:
            del self._seen[number]
        self.dropped = past.dropped + self._lost
        for number, body in past.entries:
            self._add(number, _decode(body))
        await asyncio.sleep(0)  # let everybody else be served between two pages
        return len(past.entries) == PAGE

    def _add(self, number: int, one: Exchange) -> None:
        one.number = self._read_to = number
        self._seen[number] = one
        if number > self._told:  # what is read again was told before
            self._told = number
            for listener in self.on_end:
                listener(one)
