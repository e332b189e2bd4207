"""Where accounts are kept: a log of events for each, and files by what is in them.

The protocol is small so that a database can speak it: nothing is changed but by ``append``, which
takes all of its events or none, and only on the version that they were decided on. What was
appended is acknowledged to nobody before, and is there for everybody after.
"""

from collections.abc import Sequence
from typing import Protocol, TypeVar

from simulator.core.account import State
from simulator.core.commands import Command
from simulator.core.events import Event

__all__ = ["Broken", "Store", "Taken", "change"]

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

    def close(self) -> None:
        """Let go of files and connections; what was appended stays where it is."""
        ...

    @property
    def lasting(self) -> bool:
        """Whether it goes on after the process, so that a server may find what another left."""
        ...


async def change(store: Store, account: str, command: Command[Result]) -> Result:
    """Let a command decide about an account until what it decides is kept, and give its result."""
    for _ in range(MOST_TRIES):
        version, state = await store.load(account)
        events, result = command.decide(state)
        if not events or await store.append(account, version, events):
            return result
    raise RuntimeError("the account is changed faster than a command can be decided")
