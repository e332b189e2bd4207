"""What happens to an account: facts that are kept in the log, and what each does to the state.

An event is data: it has been decided, so applying it looks at nothing but the state and itself.
"""

from collections.abc import Sequence
from decimal import Decimal

import msgspec
from msgspec.structs import replace

from simulator.core.account import SERVER, State
from simulator.core.callbacks import Attempt, Told
from simulator.core.clock import Clock, Shifts
from simulator.core.fault_events import FaultPlaced, FaultsDropped, FaultsMet, FaultsSettled
from simulator.core.item import Item
from simulator.core.plan import Standing
from simulator.core.task import Phase, Task

ATTEMPTS_KEPT = 4096


class TaskAccepted(msgspec.Struct, frozen=True, tag=True):
    """An order became a task; ``drawn`` is the number of its source of draws."""

    task: Task
    drawn: int

    def apply(self, state: State) -> None:
        state.books.close(state.tasks, self.task.created)
        state.latest = max(state.latest, self.task.created)
        state.tasks[self.task.id] = self.task
        state.books.enter(self.task)
        state.drawn = max(state.drawn, self.drawn)
        if self.task.plan.faults:
            state.named.add(self.task.id)


class TaskCancelled(msgspec.Struct, frozen=True, tag=True):
    """A task that waited was taken back."""

    id: str
    at: int

    def changed(self, state: State) -> Task:
        """The task as it is then."""
        return replace(state.tasks[self.id], cancelled=self.at)

    def apply(self, state: State) -> None:
        old, new = state.tasks[self.id], self.changed(state)
        state.latest = max(state.latest, self.at)
        state.tasks[self.id] = new
        state.books.turn(old, new)


class TaskTold(msgspec.Struct, frozen=True, tag=True):
    """Who makes a task elsewhere said what it is now; ``settled`` is what it then has cost."""

    id: str
    phase: Phase
    at: int
    settled: Decimal | None = None

    def changed(self, state: State) -> Task:
        """The task as it is then."""
        old = state.tasks[self.id]
        if self.phase is Phase.QUEUED:
            return old
        starts = min(old.starts, self.at)
        if self.phase is Phase.RUNNING:
            return replace(old, starts=starts)
        settled = old.charge.settled if self.settled is None else self.settled
        charge = replace(old.charge, settled=settled)
        return replace(old, starts=starts, ends=self.at, end=self.phase, charge=charge)

    def apply(self, state: State) -> None:
        old, new = state.tasks[self.id], self.changed(state)
        state.latest = max(state.latest, self.at)
        state.tasks[self.id] = new
        state.books.turn(old, new)


class TaskRemoved(msgspec.Struct, frozen=True, tag=True):
    """The record of a task that has ended was deleted. What it cost stays."""

    id: str
    at: int

    def apply(self, state: State) -> None:
        state.latest = max(state.latest, self.at)
        state.tasks[self.id] = replace(state.tasks[self.id], removed=self.at)


class ClipFetched(msgspec.Struct, frozen=True, tag=True):
    """The clip of a task was downloaded."""

    id: str

    def apply(self, state: State) -> None:
        state.fetched.add(self.id)


class ItemKept(msgspec.Struct, frozen=True, tag=True):
    """A fact beside the tasks is new, or has changed."""

    item: Item

    def apply(self, state: State) -> None:
        state.latest = max(state.latest, self.item.created)
        state.items[self.item.id] = self.item


class Numbered(msgspec.Struct, frozen=True, tag=True):
    """The next number of a kind was given out, to something of an account."""

    kind: str
    account: str

    def apply(self, state: State) -> None:
        state.numbers[self.kind] = state.numbers.get(self.kind, 0) + 1
        state.planned.add(self.account)


class PlanAdded(msgspec.Struct, frozen=True, tag=True):
    """The control plane asked for the fate of orders to come."""

    plan: Standing

    def apply(self, state: State) -> None:
        state.plans[self.plan.id] = self.plan


class PlanTaken(msgspec.Struct, frozen=True, tag=True):
    """A plan decided one order."""

    id: str

    def apply(self, state: State) -> None:
        plan = state.plans[self.id]
        if plan.times == 1:
            del state.plans[self.id]
        elif plan.times is not None:
            state.plans[self.id] = replace(plan, times=plan.times - 1)


class PlanReturned(msgspec.Struct, frozen=True, tag=True):
    """The order that a plan was taken for was refused after all."""

    plan: Standing

    def apply(self, state: State) -> None:
        if self.plan.times is None:
            return
        left = state.plans.get(self.plan.id)
        times = 1 if left is None or left.times is None else left.times + 1
        state.plans[self.plan.id] = replace(self.plan, times=times)


class PlansDropped(msgspec.Struct, frozen=True, tag=True):
    """Plans were withdrawn."""

    ids: tuple[str, ...]

    def apply(self, state: State) -> None:
        for plan_id in self.ids:
            state.plans.pop(plan_id, None)


class CallbackTried(msgspec.Struct, frozen=True, tag=True):
    """A client was called back. When attempts are many, the oldest task's are forgotten."""

    attempt: Attempt

    def apply(self, state: State) -> None:
        state.latest = max(state.latest, self.attempt.at)
        known = state.attempts
        known[self.attempt.task] = (*known.get(self.attempt.task, ()), self.attempt)
        state.attempted += 1
        while state.attempted > ATTEMPTS_KEPT and len(known) > 1:
            state.attempted -= len(known.pop(next(iter(known))))


class CallbackSettled(msgspec.Struct, frozen=True, tag=True):
    """It is known what comes after a try to call back, or in its place."""

    task: str
    told: Told

    def apply(self, state: State) -> None:
        state.told[self.task] = self.told


class ClockSet(msgspec.Struct, frozen=True, tag=True):
    """The clock was moved, and goes by these facts from here on."""

    clock: Clock
    shifts: Shifts = Shifts()

    def apply(self, state: State) -> None:
        state.clock, state.shifts = self.clock, self.shifts


Event = (
    TaskAccepted
    | TaskCancelled
    | TaskTold
    | TaskRemoved
    | ClipFetched
    | ItemKept
    | Numbered
    | PlanAdded
    | PlanTaken
    | PlanReturned
    | PlansDropped
    | FaultPlaced
    | FaultsDropped
    | FaultsMet
    | FaultsSettled
    | CallbackTried
    | CallbackSettled
    | ClockSet
)

encode = msgspec.json.Encoder().encode
decode = msgspec.json.Decoder(Event).decode


def new_ids(events: Sequence[Event]) -> list[str]:
    """The ids under which the account can be found by these events, which nobody else may have."""
    found = []
    for event in events:
        if isinstance(event, TaskAccepted):
            found.append(event.task.id)
        elif isinstance(event, ItemKept):
            found.append(event.item.id)
    return found


def is_news(account: str, events: Sequence[Event]) -> bool:
    """Whether every process has to look at the account after these events, and from then on.

    So it is with the clock of all, and with whoever is to be called back: of a new task, or of one
    that turns out otherwise elsewhere. The other accounts, which may be many, are read by those
    alone who are asked for them.
    """
    return account == SERVER or any(
        isinstance(event, TaskTold)
        or (isinstance(event, TaskAccepted) and event.task.order.callback_url is not None)
        for event in events
    )
