"""The sums of an account's wallet, without going through every task that it ever made."""

import heapq
from collections.abc import Iterable, Mapping
from decimal import Decimal

import msgspec

from simulator.core.ledger import entries, moments, sums
from simulator.core.task import Task

NONE = Decimal(0)


class Books(msgspec.Struct):
    """What is closed for good, and when the money of the other tasks moves.

    ``closed`` are sums by unit, ``due`` is a heap of moments (simulated milliseconds) and the ids
    of their tasks, and ``running`` are the tasks whose last moment has not come. They are closed
    when an event says what time it is, never because somebody reads them.
    """

    closed: dict[str, Decimal] = msgspec.field(default_factory=dict)
    due: list[tuple[int, str]] = msgspec.field(default_factory=list)
    running: dict[str, None] = msgspec.field(default_factory=dict)

    def enter(self, task: Task) -> None:
        """Reserve the money of a new task."""
        unit = task.charge.unit
        self.closed[unit] = self.closed.get(unit, NONE) - task.charge.reserved
        self.running[task.id] = None
        for at in dict.fromkeys(moments(task)):
            heapq.heappush(self.due, (at, task.id))

    def turn(self, old: Task, new: Task) -> None:
        """A task has come to another end than the one that it was accepted with."""
        for at in set(moments(new)) - set(moments(old)):
            heapq.heappush(self.due, (at, new.id))

    def close(self, tasks: Mapping[str, Task], now: int) -> None:
        """Book what has happened by now."""
        while self.due and self.due[0][0] <= now:
            at, task_id = heapq.heappop(self.due)
            task = tasks[task_id]
            _move(self.closed, _moved(task, at))
            if at >= max(moments(task), default=at):
                self.running.pop(task_id, None)

    def spent(self, tasks: Mapping[str, Task], now: int) -> dict[str, Decimal]:
        """What the wallet has gained by now, for each unit: below zero what was spent."""
        found = dict(self.closed)
        for at, task_id in self.due:
            if at <= now:
                _move(found, _moved(tasks[task_id], at))
        return found

    def live(self, tasks: Mapping[str, Task]) -> Iterable[Task]:
        """The tasks that have not come to an end, and some that just have."""
        return (tasks[task_id] for task_id in self.running)


def _moved(task: Task, at: int) -> dict[str, Decimal]:
    """What a task's entries of one moment come to: nothing at the end it had before another."""
    made = (entry for entry in entries(task, at) if entry.at == at and entry.kind != "reserved")
    return sums(made)


def _move(total: dict[str, Decimal], amounts: Mapping[str, Decimal]) -> None:
    for unit, amount in amounts.items():
        total[unit] = total.get(unit, NONE) + amount
