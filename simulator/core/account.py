"""An account as an aggregate: one value that holds all of an API key, changed only by events.

The API key is the account, and everything that can be lost in a race belongs to exactly one
account: its clock, its tasks and what they cost, its slots and queue and rate, its one-shot plans
and its faults, its assets and uploads. So all of that is one value, ``State``, and there are two
ways to touch it:

- A command (``core.commands``) *decides*: it reads the state at a time and answers with the events
  that should happen and what to tell the caller, or refuses. It changes nothing, so it can be
  asked again.
- An event (``core.events``) *applies*: it is a fact, and putting it into the state is the only way
  in which a state changes. Applying cannot fail and asks nothing of the world, so the same events
  give the same state, wherever they are read.

Between the two stands the store, a log for each account: ``append`` takes events only if nobody
was faster since the state was loaded, else the command is decided again on the newer state. There
are no locks, and no two orders can take the last slot, whichever store it is and however long it
takes. What belongs to no key (the server's clock, plans and faults for every key) is one more
account, the one without a name.

A state is kept, not copied: a store may put new events into the very value that somebody else
still reads. Reading it is fine at any time, because what is decided on an older state than the
log has is not taken.
"""

from collections.abc import Mapping
from decimal import Decimal

import msgspec

from simulator.core.callbacks import Attempt, Told
from simulator.core.clock import FOREVER, MINUTE, Clock, Shifts
from simulator.core.config import Key
from simulator.core.faults import StandingFault, Tally
from simulator.core.item import Item
from simulator.core.plan import Standing
from simulator.core.problems import Kind, refuse
from simulator.core.task import LIVE, Charge, Order, Phase, Task
from simulator.core.wallet import Books

# The account of what belongs to no key.
SERVER = ""
# What "plenty" is where a wallet has to show a number, in the dialect's own unit.
FULL_WALLET = Decimal(1_000_000_000)


class State(msgspec.Struct):
    """All that is known of an account.

    ``clock`` is None while the account goes by the server's. ``shifts`` are the moves of all clocks
    (the server's) or how many of them the account's own has taken in. ``latest`` is the time of its
    latest event, before which it never is again (clocks of machines differ). ``attempts`` are the
    last tries to call back, by task, and ``attempted`` is their number, ``drawn`` is how often a
    source of draws was given out for an order, ``numbers`` counts what is numbered across all
    accounts and ``planned`` are the accounts that have had a plan or a fault of their own (both the
    server's alone). ``tallies`` are what faults have done, by their ids, ``named`` are the tasks
    whose own order asked for some.
    """

    clock: Clock | None = None
    shifts: Shifts = msgspec.field(default_factory=Shifts)
    latest: int = 0
    tasks: dict[str, Task] = msgspec.field(default_factory=dict)
    books: Books = msgspec.field(default_factory=Books)
    fetched: set[str] = msgspec.field(default_factory=set)
    items: dict[str, Item] = msgspec.field(default_factory=dict)
    plans: dict[str, Standing] = msgspec.field(default_factory=dict)
    told: dict[str, Told] = msgspec.field(default_factory=dict)
    attempts: dict[str, tuple[Attempt, ...]] = msgspec.field(default_factory=dict)
    attempted: int = 0
    drawn: int = 0
    numbers: dict[str, int] = msgspec.field(default_factory=dict)
    planned: set[str] = msgspec.field(default_factory=set)
    faults: dict[str, StandingFault] = msgspec.field(default_factory=dict)
    tallies: dict[str, Tally] = msgspec.field(default_factory=dict)
    named: set[str] = msgspec.field(default_factory=set)

    def reached(self, now: int) -> int:
        """The time of a change that was asked for at ``now``, but is decided on this state.

        A change may have to wait for its turn. If meanwhile the clock was moved, and clients were
        told what came of that, it must not happen before: a task whose end was told would be
        cancelled as one that still waits.
        """
        return max(now, self.latest, 0 if self.clock is None else self.clock.base)

    def spent(self, now: int) -> Mapping[str, Decimal]:
        """What the account's entries come to at a time, for each unit, as its wallet sees it."""
        return self.books.spent(self.tasks, now)

    def balance(self, wallet: Decimal | None, unit: str, now: int) -> Decimal:
        """What is left of a wallet, in one unit."""
        full = FULL_WALLET if wallet is None else wallet
        return full + self.spent(now).get(unit, Decimal(0))

    def admit(self, key: Key, charge: Charge, now: int) -> None:
        """Refuse an order that the key's limits do not allow."""
        if key.rpm is not None and self._recent(key.rpm, now) >= key.rpm:
            raise refuse(Kind.LIMITED, detail="too many requests", limit=key.rpm)
        if key.queue is not None and self._waiting(key.slots, now) >= key.queue:
            raise refuse(Kind.QUEUE_FULL, detail="too many waiting", limit=key.queue)
        if key.wallet is not None:
            left = self.balance(key.wallet, charge.unit, now)
            if left < charge.reserved or left <= 0:
                raise refuse(Kind.BROKE, detail="not enough", limit=left, got=charge.reserved)

    def free_slot(self, slots: int | None, now: int) -> int:
        """The first moment at which fewer tasks run than there are slots."""
        if slots is None:
            return 0
        live = [task for task in self._running() if task.phase(now) in LIVE]
        if len(live) < slots:
            return 0
        ends = sorted(FOREVER if task.ends is None else task.ends for task in live)
        return ends[len(live) - slots]

    def plan_for(self, dialect: str, key: str, order: Order) -> Standing | None:
        """The oldest of these plans that fits an order."""
        if not self.plans:
            return None
        fitting = (plan for plan in self.plans.values() if plan.match.fits(dialect, key, order))
        return min(fitting, key=lambda plan: plan.number, default=None)

    def _recent(self, most: int, now: int) -> int:
        """How many orders of the last minute there are, up to ``most``."""
        found = 0
        for task in reversed(self.tasks.values()):
            if task.created <= now - MINUTE or found >= most:
                break
            found += 1
        return found

    def _waiting(self, slots: int | None, now: int) -> int:
        """How many wait for a slot, below zero while some are free; without slots, the queued."""
        running = self._running()
        if slots is None:
            return sum(task.phase(now) is Phase.QUEUED for task in running)
        return sum(task.phase(now) in LIVE for task in running) - slots

    def _running(self) -> list[Task]:
        return list(self.books.live(self.tasks))
