"""Several processes on one store call the same clients back: whose turn it is, and what is new."""

import secrets
from contextlib import AbstractAsyncContextManager
from itertools import islice

from simulator.core.account import State
from simulator.core.task import Task
from simulator.store import Store
from simulator.store.leases import lease

# How soon it is looked again whether somebody else is done, and whether others have news.
AGAIN_S = 0.2
LOOK_S = 1.0


class Turns:
    """Claims of one process, so that no two of them tell the same at a time."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._owner = secrets.token_hex(8)

    def of(self, task: Task) -> AbstractAsyncContextManager[bool]:
        """Whether the callbacks of a task are this process's to make, as long as it is within."""
        return lease(self._store, f"callback {task.id}", self._owner)


class Seen:
    """How many tasks of each account were seen; a later one stands behind those before it."""

    def __init__(self) -> None:
        self._seen: dict[str, tuple[Task | None, int]] = {}

    def new(self, account: str, state: State) -> list[Task]:
        """The tasks that were not seen before: all of them if the account began anew.

        Then they may have the same ids again, so it is the first one itself that tells.
        """
        first = next(iter(state.tasks.values()), None)
        known, count = self._seen.get(account, (None, 0))
        start = count if known is first else 0
        self._seen[account] = first, len(state.tasks)
        return list(islice(state.tasks.values(), start, None))
