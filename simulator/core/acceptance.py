"""How an order becomes a task: what comes in, what it comes to, and the command that decides it."""

from collections.abc import Callable, Collection, Mapping
from typing import Any

import msgspec
from msgspec.structs import replace

from simulator.core.account import State
from simulator.core.commands import Decision
from simulator.core.config import Key
from simulator.core.events import Event, TaskAccepted
from simulator.core.plan import Standing
from simulator.core.problems import Refusal
from simulator.core.task import Charge, Order, Plan, Task, accept

MOST_IDS = 1000


class Submission(msgspec.Struct, frozen=True):
    """An order on its way in: who gives it, when, what it costs, how its id is made.

    ``name`` makes the n-th candidate of an id. ``failures`` are the codes and messages of tasks
    that fail, the usual one first, and ``refusals`` those of orders that a review refuses. ``fate``
    is what a gateway makes of what the upstream has in store for the task.
    """

    dialect: str
    account: Key
    order: Order
    charge: Charge
    name: Callable[[int], str]
    failures: Mapping[str, str]
    refusals: Mapping[str, str]
    base: str
    fate: Callable[[Task], Task] | None = None

    @property
    def failure(self) -> tuple[str, str]:
        """The usual code and message of a task that fails."""
        return next(iter(self.failures.items()))


class Fate(msgspec.Struct, frozen=True):
    """What an order comes to: on which terms, by which plan, or why it is refused.

    ``events`` are what is used up for it, ``standing`` is the plan of the control plane that it
    found, ``met`` what else has to be told how it went. ``task`` is there once it is accepted.
    """

    given: Submission
    plan: Plan
    events: tuple[Event, ...] = ()
    notes: tuple[str, ...] = ()
    refusal: Refusal | None = None
    standing: Standing | None = None
    met: Any = None
    task: Task | None = None


class Accept(msgspec.Struct, frozen=True):
    """Make an order a task, if the account's limits allow it, under an id that nobody has.

    ``fate`` decides, on the same state, what the order comes to: so a plan is used up, faults are
    settled and the task is accepted all at once, or nothing of it is. ``taken`` are ids that other
    accounts turned out to have, and ``skipped`` says how many candidates are passed over.
    """

    given: Submission
    fate: Callable[[State], Fate]
    now: int
    drawn: int = 0
    taken: Collection[str] = ()
    skipped: Callable[[], int] = int

    def decide(self, state: State) -> Decision[Fate]:
        """Decide on the limits, then on the fate; what was asked to be refused is used up too."""
        now = state.reached(self.now)
        state.admit(self.given.account, self.given.charge, now)
        fate = self.fate(state)
        if fate.refusal is not None:
            return fate.events, fate
        given = fate.given
        task = accept(
            self._id(state),
            given.dialect,
            given.account.key,
            given.order,
            fate.plan,
            given.charge,
            now,
            state.free_slot(given.account.slots, now),
            given.base,
        )
        task = task if given.fate is None else given.fate(task)
        return (*fate.events, TaskAccepted(task, self.drawn)), replace(fate, task=task)

    def _id(self, state: State) -> str:
        first = self.skipped()
        for attempt in range(first, first + MOST_IDS):
            task_id = self.given.name(attempt)
            if task_id not in state.tasks and task_id not in self.taken:
                return task_id
        raise RuntimeError("no free task id")
