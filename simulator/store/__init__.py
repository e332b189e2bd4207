"""Where accounts are kept: a log of events for each, and files by what is in them.

The protocol is small so that a database can speak it: nothing is changed but by ``append``, which
takes all of its events or none, and only on the version that they were decided on. What was
appended is acknowledged to nobody before, and is there for everybody after.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, Protocol, TypeVar
from weakref import WeakKeyDictionary, WeakValueDictionary

from simulator.core.account import State
from simulator.core.commands import Command
from simulator.core.events import Event

__all__ = ["Broken", "Entry", "Past", "Records", "Store", "Taken", "change"]

# How often a command is decided anew because somebody was faster. Somebody succeeds each time.
MOST_TRIES = 10_000

Result = TypeVar("Result")


class Taken(Exception):
    """An id that events would bring belongs to another account already."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


class Broken(Exception):
    """The store cannot be reached, or has no room; nothing was kept. The text says why."""


class Entry(NamedTuple):
    """An exchange as it is written down.

    ``size`` is what it takes of the bytes that a journal may have, ``labels`` are the names under
    which it is counted, for ever.
    """

    account: str
    size: int
    body: bytes
    labels: tuple[str, ...] = ()


class Past(NamedTuple):
    """A part of what is written down, by ascending numbers.

    ``era`` is another one whenever something else than the oldest was taken out, ``first`` is the
    least number that is still there, and ``dropped`` how many of the oldest had to make room.
    """

    era: int
    first: int
    dropped: int
    entries: Sequence[tuple[int, bytes]]


class Records(Protocol):
    """The journal of a store that goes on after its processes, the same for all of them."""

    async def record(self, entries: Sequence[Entry], most: int) -> None:
        """Write exchanges down, all or none, each under the next number, and count their labels.

        The oldest make room where all together take more than so many bytes.
        """
        ...

    async def recorded(self, after: int, limit: int) -> Past:
        """What has a larger number, the first of it up to a limit."""
        ...

    async def erase(self, account: str | None = None) -> int:
        """Take out what is of one account, or everything, and say how many exchanges that was."""
        ...

    async def counted(self) -> Mapping[str, int]:
        """How many exchanges had each label, since the store is there."""
        ...


class Store(Protocol):
    """The accounts of a simulator, each as the number and the sum of its events."""

    async def load(self, account: str) -> tuple[int, State]:
        """The version of an account and its state, new and empty where nothing is known."""
        ...

    async def append(self, account: str, version: int, events: Sequence[Event]) -> bool:
        """Add events to the log of an account, in order; False where somebody was faster.

        Raises ``Taken`` where one of them brings an id that another account has.
        """
        ...

    async def find(self, name: str) -> str | None:
        """The account that has the task or the item of this id."""
        ...

    async def accounts(self) -> list[str]:
        """Every account of which there are events, in the order of their first."""
        ...

    async def news(self, mark: int) -> tuple[int, list[str]]:
        """The accounts that have changed since a mark, 0 at first, and the mark from here on.

        Only those count of which there has been news (``core.events.is_news``), from then on; there
        may be some among them that have not changed.
        """
        ...

    async def rest(self, account: str, version: int) -> None:
        """Count an account among the news no more, until there is news of it again.

        Nothing happens where it has changed since this version.
        """
        ...

    async def forget(self, account: str | None = None) -> None:
        """Drop everything of one account, or everything."""
        ...

    async def put_blob(self, digest: str, data: bytes) -> None:
        """Keep some bytes for a while: the store is bounded and forgets the oldest."""
        ...

    async def blob(self, digest: str) -> bytes | None: ...

    def fact(self, name: str, value: str) -> str:
        """A fact of the whole store, such as its seed, as it was stated first."""
        ...

    async def claim(self, name: str, owner: str, ms: int) -> bool:
        """Hold a name for so many real milliseconds from now; False while somebody else does.

        Whoever holds it may claim it again, and gives it up with a claim of no time at all.
        """
        ...

    async def ping(self) -> None:
        """Raise Broken where the store cannot be reached, or written to."""
        ...

    @property
    def records(self) -> Records | None:
        """Where exchanges are written down, if the store is a lasting one."""
        ...

    async def close(self) -> None:
        """Let go of files and connections; what was appended stays where it is."""
        ...

    @property
    def real(self) -> Callable[[], int]:
        """Real milliseconds since 1970, the same for all who use the store."""
        ...

    @property
    def lasting(self) -> bool:
        """Whether it goes on after the process, so that a server may find what another left."""
        ...

    @property
    def interrupted(self) -> bool:
        """Whether it was away, so that the last of what clients were told may be gone with it."""
        ...


async def change(store: Store, account: str, command: Command[Result]) -> Result:
    """Let a command decide about an account until what it decides is kept, and give its result.

    Whoever has lost once waits for those before it: else all who want the same account would try
    at once, again and again, for each one that succeeds.
    """
    version, state = await store.load(account)
    events, result = command.decide(state)
    if not events or await store.append(account, version, events):
        return result
    async with _turn(store, account):
        for _ in range(MOST_TRIES):
            version, state = await store.load(account)
            events, result = command.decide(state)
            if not events or await store.append(account, version, events):
                return result
    raise RuntimeError("the account is changed faster than a command can be decided")


_turns: WeakKeyDictionary[Store, WeakValueDictionary[str, asyncio.Lock]] = WeakKeyDictionary()


def _turn(store: Store, account: str) -> asyncio.Lock:
    """The queue of those in this process who lost a race for an account."""
    of_store = _turns.setdefault(store, WeakValueDictionary())
    lock = of_store.get(account)
    if lock is None:
        of_store[account] = lock = asyncio.Lock()
    return lock
