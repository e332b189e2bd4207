"""What is to be told to the client of one account, and what was."""

import asyncio
import heapq
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any

from simulator.task import Phase, Task

ATTEMPTS_KEPT = 4096


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try to tell a client: ``at`` on the account's clock, ``ms`` of real time it took."""

    account: str
    task: str
    phase: Phase
    number: int
    at: int
    ms: int
    status: int | None = None
    error: str | None = None

    @property
    def delivered(self) -> bool:
        return self.status is not None and 200 <= self.status < 300

    def shown(self) -> dict[str, Any]:
        """As the control plane gives it."""
        result = {"error": self.error} if self.status is None else {"status": self.status}
        head = {"at_ms": self.at, "phase": self.phase, "attempt": self.number}
        return {**head, **result, "ms": self.ms}


@dataclass(eq=False, slots=True)
class Line:
    """The callbacks of one task, told one after the other.

    ``due`` is when the next is to be tried; ``entry`` marks the one place of the heap that holds.
    """

    task: Task
    told: set[Phase] = field(default_factory=set)
    next: tuple[Phase, int] | None = None
    number: int = 1
    due: int = 0
    free: int = 0
    entry: int = 0


@dataclass(eq=False, slots=True)
class Desk:
    """The callbacks of one account, on its clock."""

    account: str
    lines: dict[str, Line] = field(default_factory=dict)
    heap: list[tuple[int, int, Line]] = field(default_factory=list)
    busy: dict[Line, asyncio.Task[None]] = field(default_factory=dict)
    entries: int = 0
    timer: asyncio.TimerHandle | None = None
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    kept: OrderedDict[str, list[Attempt]] = field(default_factory=OrderedDict)
    count: int = 0
    watchers: list[list[Attempt]] = field(default_factory=list)

    def push(self, line: Line) -> None:
        """Let a line wait for what is due next."""
        self.entries += 1
        line.entry = self.entries
        heapq.heappush(self.heap, (line.due, line.entry, line))

    def pop(self) -> None:
        heapq.heappop(self.heap)[2].entry = 0

    def drop(self, line: Line) -> None:
        line.entry = 0
        self.lines.pop(line.task.id, None)

    def first(self) -> Line | None:
        """The line that is due first, of those that wait."""
        while self.heap and self.heap[0][1] != self.heap[0][2].entry:
            heapq.heappop(self.heap)
        return self.heap[0][2] if self.heap else None

    def owes(self, until: int) -> bool:
        """Whether something that fell due by then is not done."""
        first = self.first()
        waits = first is not None and first.due <= until
        return waits or any(line.due <= until for line in self.busy)

    def record(self, attempt: Attempt) -> None:
        """Note an attempt; the oldest task's are forgotten when there are too many."""
        self.kept.setdefault(attempt.task, []).append(attempt)
        self.count += 1
        while self.count > ATTEMPTS_KEPT and len(self.kept) > 1:
            self.count -= len(self.kept.popitem(last=False)[1])
        for watcher in self.watchers:
            watcher.append(attempt)

    def close(self) -> None:
        if self.timer is not None:
            self.timer.cancel()
        for waiting in self.busy.values():
            waiting.cancel()
        self.busy.clear()
        self.lines.clear()
        self.heap.clear()
        self.changed.set()
