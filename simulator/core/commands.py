"""What may be asked of an account: each command decides on the state as it finds it.

A command is a value, and ``decide`` is pure: it gives the events that should happen and what to
tell whoever asked, or refuses. It may be asked again on a newer state when somebody was faster.
"""

from collections.abc import Callable
from decimal import Decimal
from typing import Protocol, TypeVar

import msgspec

from simulator.core.account import State
from simulator.core.callbacks import Attempt, Told
from simulator.core.clock import Clock, Shift, Shifts
from simulator.core.events import (
    CallbackSettled,
    CallbackTried,
    ClipFetched,
    ClockSet,
    Event,
    ItemKept,
    Numbered,
    PlanAdded,
    PlanReturned,
    PlansDropped,
    PlanTaken,
    TaskCancelled,
    TaskRemoved,
    TaskTold,
)
from simulator.core.item import Item
from simulator.core.plan import Standing
from simulator.core.problems import Kind, refuse
from simulator.core.task import LIVE, Phase, Task

Result_co = TypeVar("Result_co", covariant=True)
Decision = tuple[tuple[Event, ...], Result_co]


class Command(Protocol[Result_co]):
    """Something to decide, with a result for whoever asked."""

    def decide(self, state: State) -> Decision[Result_co]:
        """What should happen, and what to answer; a ``Refusal`` where it must not be."""
        ...


class Cancel(msgspec.Struct, frozen=True):
    """Take back a task that waits; a refusal names the phase that stands against it."""

    id: str
    now: int

    def decide(self, state: State) -> Decision[Task]:
        event = TaskCancelled(self.id, state.reached(self.now))
        if self.id not in state.tasks:  # the account was forgotten meanwhile
            raise refuse(Kind.UNKNOWN_TASK, "id", "no such task", got=self.id)
        phase = state.tasks[self.id].phase(event.at)
        if phase is not Phase.QUEUED:
            raise refuse(Kind.STATE, "id", f"the task is {phase}", got=phase)
        return (event,), event.changed(state)


class Learn(msgspec.Struct, frozen=True):
    """Take down what a task that is made elsewhere was said to be; nothing follows an end."""

    id: str
    phase: Phase
    now: int
    settled: Decimal | None = None

    def decide(self, state: State) -> Decision[None]:
        task, now = state.tasks.get(self.id), state.reached(self.now)
        if task is None or task.phase(now) not in LIVE:
            return (), None
        return (TaskTold(self.id, self.phase, now, self.settled),), None


class Remove(msgspec.Struct, frozen=True):
    """Delete the record of a task, once."""

    id: str
    now: int

    def decide(self, state: State) -> Decision[None]:
        task = state.tasks.get(self.id)
        if task is None or task.removed is not None:
            return (), None
        return (TaskRemoved(self.id, state.reached(self.now)),), None


class NoteFetched(msgspec.Struct, frozen=True):
    """Note that the clip of a task was downloaded."""

    id: str

    def decide(self, state: State) -> Decision[None]:
        news = self.id in state.tasks and self.id not in state.fetched
        return ((ClipFetched(self.id),) if news else ()), None


class Add(msgspec.Struct, frozen=True):
    """Keep a new fact beside the tasks; where one of its id is there already, give that one."""

    item: Item

    def decide(self, state: State) -> Decision[Item]:
        known = state.items.get(self.item.id)
        return ((ItemKept(self.item),), self.item) if known is None else ((), known)


class Claim(msgspec.Struct, frozen=True):
    """Keep a fact that only one may bring: whoever comes later is given the one that stands.

    ``stands`` says whether one that is there already still counts.
    """

    item: Item
    stands: Callable[[Item], bool]

    def decide(self, state: State) -> Decision[Item | None]:
        known = state.items.get(self.item.id)
        if known is not None and self.stands(known):
            return (), known
        return (ItemKept(self.item),), None


class Keep(msgspec.Struct, frozen=True):
    """Keep a fact beside the tasks, in the place of an older one of its id."""

    item: Item

    def decide(self, state: State) -> Decision[None]:
        return (ItemKept(self.item),), None


class Alter(msgspec.Struct, frozen=True):
    """Put in the place of a fact what a change makes of it; the change may refuse that.

    It is given None where there is no such fact.
    """

    id: str
    change: Callable[[Item | None], Item]

    def decide(self, state: State) -> Decision[Item]:
        item = self.change(state.items.get(self.id))
        return (ItemKept(item),), item


class NextNumber(msgspec.Struct, frozen=True):
    """Give out the next number of a kind, counted from 1 across all accounts."""

    kind: str
    account: str

    def decide(self, state: State) -> Decision[int]:
        return (Numbered(self.kind, self.account),), state.numbers.get(self.kind, 0) + 1


class AddPlan(msgspec.Struct, frozen=True):
    """A plan is to stand for orders of this account."""

    plan: Standing

    def decide(self, state: State) -> Decision[None]:
        return (PlanAdded(self.plan),), None


class TakePlan(msgspec.Struct, frozen=True):
    """Use up, once, a plan that an order found; False where somebody else has."""

    id: str

    def decide(self, state: State) -> Decision[bool]:
        plan = state.plans.get(self.id)
        if plan is None:
            return (), False
        return (() if plan.times is None else (PlanTaken(self.id),)), True


class ReturnPlan(msgspec.Struct, frozen=True):
    """Give a plan back whose order was refused after all."""

    plan: Standing

    def decide(self, state: State) -> Decision[None]:
        return (() if self.plan.times is None else (PlanReturned(self.plan),)), None


class DropPlans(msgspec.Struct, frozen=True):
    """Withdraw one plan, or all, and say how many that were."""

    id: str | None = None

    def decide(self, state: State) -> Decision[int]:
        gone = tuple(name for name in state.plans if self.id in (None, name))
        return ((PlansDropped(gone),) if gone else ()), len(gone)


class NoteAttempt(msgspec.Struct, frozen=True):
    """Keep that a client was called back, or that it was tried."""

    attempt: Attempt

    def decide(self, state: State) -> Decision[None]:
        known = self.attempt.task in state.tasks
        return ((CallbackTried(self.attempt),) if known else ()), None


class SettleCallback(msgspec.Struct, frozen=True):
    """Keep how far the callbacks of a task have come."""

    task: str
    told: Told

    def decide(self, state: State) -> Decision[None]:
        return ((CallbackSettled(self.task, self.told),) if self.task in state.tasks else ()), None


class SetClock(msgspec.Struct, frozen=True):
    """Move a clock, which is the account's own from then on.

    ``server`` is the clock of an account that has none, ``shifts`` are the moves of all that it has
    in it and one of the account's own may have missed, and ``move`` is what becomes of either at
    the moment ``real``.
    """

    server: Clock
    shifts: Shifts
    real: int
    move: Callable[[Clock], Clock]

    def decide(self, state: State) -> Decision[Clock]:
        clock, count = self.server, self.shifts.count
        if state.clock is not None:
            clock = self.shifts.after(state.shifts.count, state.clock)
            count = max(count, state.shifts.count)
        clock = self.move(clock.not_before(state.latest, self.real))
        return (ClockSet(clock, Shifts(count)),), clock


class BeginClock(msgspec.Struct, frozen=True):
    """Let a clock that nobody has set begin."""

    clock: Clock

    def decide(self, state: State) -> Decision[None]:
        return ((ClockSet(self.clock),) if state.clock is None else ()), None


class ShiftAll(msgspec.Struct, frozen=True):
    """Move the server's clock, and with it all others; ``first`` is its own until it is moved."""

    first: Clock
    shift: Shift

    def decide(self, state: State) -> Decision[Clock]:
        clock = (state.clock or self.first).not_before(state.latest, self.shift.real)
        clock = self.shift.of(clock)
        return (ClockSet(clock, state.shifts.add(self.shift)),), clock
