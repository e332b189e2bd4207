"""Stores that do what a database may: let others go first, lose races, write things down."""

import asyncio
import secrets
import shutil
import sqlite3
import tempfile
import weakref
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import ClassVar

import pytest_asyncio

from simulator.core.account import State
from simulator.core.events import Event, decode, encode
from simulator.store.memory import MemoryStore
from simulator.store.sqlite import SqliteStore
from simulator.store.valkey import ValkeyStore
from tests import valkeys


class Yielding(MemoryStore):
    """Lets others go first at every call, as often as ``turns`` says."""

    def __init__(self, turns: Callable[[], int] = lambda: 1) -> None:
        super().__init__()
        self.turns = turns

    async def load(self, account: str) -> tuple[int, State]:
        await self._wait()
        return await super().load(account)

    async def append(self, account: str, version: int, events: Sequence[Event]) -> bool:
        await self._wait()
        return await super().append(account, version, events)

    async def find(self, name: str) -> str | None:
        await self._wait()
        return await super().find(name)

    async def _wait(self) -> None:
        for _ in range(self.turns()):
            await asyncio.sleep(0)


class Losing(MemoryStore):
    """Loses every second append, as if somebody else had been faster."""

    def __init__(self) -> None:
        super().__init__()
        self.tries = 0

    async def append(self, account: str, version: int, events: Sequence[Event]) -> bool:
        self.tries += 1
        return self.tries % 2 == 0 and await super().append(account, version, events)


class Writing(MemoryStore):
    """Keeps what it was given as text as well, in the order of its coming."""

    def __init__(self) -> None:
        super().__init__()
        self.logs: dict[str, list[bytes]] = {}

    async def append(self, account: str, version: int, events: Sequence[Event]) -> bool:
        taken = await super().append(account, version, events)
        if taken:
            self.logs.setdefault(account, []).extend(encode(event) for event in events)
        return taken

    def read_again(self, account: str) -> State:
        """The state that the written events give."""
        state = State()
        for line in self.logs[account]:
            decode(line).apply(state)
        return state


class Filed(SqliteStore):
    """A file in a folder of its own, which goes when nobody holds the store any more."""

    def __init__(self) -> None:
        self.path = Path(tempfile.mkdtemp()) / "sim.db"
        super().__init__(self.path)
        self._gone = weakref.finalize(self, _gone, self.path.parent, self._database)

    async def close(self) -> None:
        """End it here and now: SQLite may only be closed in the thread that opened it.

        What is part of a circle, such as an engine with faults, ends in whichever thread collects.
        """
        self._gone()


def _gone(folder: Path, database: sqlite3.Connection) -> None:
    database.close()
    shutil.rmtree(folder, ignore_errors=True)


class Replica(ValkeyStore):
    """Keys of its own in a server that all tests have, or as another replica those of a first."""

    open: ClassVar[list["Replica"]] = []

    def __init__(self, first: "Replica | None" = None) -> None:
        prefix = f"test-{secrets.token_hex(6)}:" if first is None else first._prefix
        super().__init__(valkeys.shared().url, prefix)
        self.open.append(self)


@pytest_asyncio.fixture
async def closing_replicas() -> AsyncIterator[None]:
    """Ends the connections of a test's replicas, which belong to its loop."""
    yield
    while Replica.open:
        await Replica.open.pop().close()


class Replicas(Replica):
    """Two replicas, as it were: each call goes to the other one."""

    def __init__(self) -> None:
        super().__init__()
        self._other = Replica(self)
        self._turn = False

    async def load(self, account: str) -> tuple[int, State]:
        self._turn = not self._turn
        return await (self._other.load(account) if self._turn else super().load(account))

    async def append(self, account: str, version: int, events: Sequence[Event]) -> bool:
        self._turn = not self._turn
        if self._turn:
            await self._other.load(account)
            return await self._other.append(account, version, events)
        await super().load(account)
        return await super().append(account, version, events)


class Shared(Filed):
    """Two processes on one file, as it were: each call goes to the other one."""

    def __init__(self) -> None:
        super().__init__()
        self._other = SqliteStore(self.path)
        self._closed = weakref.finalize(self, self._other._database.close)
        self._turn = False

    async def close(self) -> None:
        """End both."""
        self._closed()
        await super().close()

    async def load(self, account: str) -> tuple[int, State]:
        self._turn = not self._turn
        return await (self._other.load(account) if self._turn else super().load(account))

    async def append(self, account: str, version: int, events: Sequence[Event]) -> bool:
        self._turn = not self._turn
        if self._turn:
            return await self._other.append(account, version, events)
        return await super().append(account, version, events)
