"""What is to be told to the client of one account, in the order in which it falls due.

Nothing of it is a fact: it follows from the tasks of the account and from what it was told.
"""

import asyncio
import heapq

import msgspec

from simulator.core.callbacks import Attempt, Told, Upcoming
from simulator.core.task import Task


class Pending(msgspec.Struct, eq=False):
    """The callbacks of one task, told one after the other.

    ``entry`` marks the one place of the heap that holds.
    """

    task: Task
    told: Told
    next: Upcoming | None = None
    entry: int = 0

    @property
    def due(self) -> int:
        """When the next try is due, in simulated milliseconds."""
        return 0 if self.next is None else self.next.due


class Outbox(msgspec.Struct, eq=False):
    """The callbacks of one account, on its clock."""

    account: str
    pendings: dict[str, Pending] = msgspec.field(default_factory=dict)
    heap: list[tuple[int, int, Pending]] = msgspec.field(default_factory=list)
    busy: dict[Pending, asyncio.Task[None]] = msgspec.field(default_factory=dict)
    entries: int = 0
    timer: asyncio.TimerHandle | None = None
    changed: asyncio.Event = msgspec.field(default_factory=asyncio.Event)
    watchers: list[list[Attempt]] = msgspec.field(default_factory=list)

    def push(self, pending: Pending) -> None:
        """Let a task wait for what is due next."""
        self.entries += 1
        pending.entry = self.entries
        heapq.heappush(self.heap, (pending.due, pending.entry, pending))

    def pop(self) -> None:
        heapq.heappop(self.heap)[2].entry = 0

    def drop(self, pending: Pending) -> None:
        pending.entry = 0
        self.pendings.pop(pending.task.id, None)

    def first(self) -> Pending | None:
        """The task that is due first, of those that wait."""
        while self.heap and self.heap[0][1] != self.heap[0][2].entry:
            heapq.heappop(self.heap)
        return self.heap[0][2] if self.heap else None

    def owes(self, until: int) -> bool:
        """Whether something that fell due by then is not done."""
        first = self.first()
        waits = first is not None and first.due <= until
        return waits or any(pending.due <= until for pending in self.busy)

    def record(self, attempt: Attempt) -> None:
        """Let those who wait for attempts know of one."""
        for watcher in self.watchers:
            watcher.append(attempt)

    def close(self) -> None:
        if self.timer is not None:
            self.timer.cancel()
        for waiting in self.busy.values():
            waiting.cancel()
        self.busy.clear()
        self.pendings.clear()
        self.heap.clear()
        self.changed.set()
