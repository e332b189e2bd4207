"""Money as entries: reserved at acceptance, then settled or refunded, each exactly once."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Literal

import msgspec

from simulator.core.task import Phase, Task


class Entry(msgspec.Struct, frozen=True, gc=False):
    """A movement of a wallet. ``amount`` is what the wallet gains, in ``unit``; ``at`` is when."""

    task: str
    unit: str
    kind: Literal["reserved", "settled", "refunded"]
    amount: Decimal
    at: int


def entries(task: Task, now: int) -> tuple[Entry, ...]:
    """The entries of a task up to ``now``, oldest first.

    A settlement moves the difference between what was reserved and the final charge, so the sum
    of a task's entries is minus what it has cost so far.
    """
    charge = task.charge
    made = [Entry(task.id, charge.unit, "reserved", -charge.reserved, task.created)]
    paid = charge.reserved
    for phase, at in task.turns():
        if phase is Phase.SUCCEEDED:
            if charge.settles_after is None:
                continue
            due = at + charge.settles_after
            made.append(Entry(task.id, charge.unit, "settled", paid - charge.settled, due))
            again = Entry(task.id, charge.unit, "settled", -charge.settled, due)
            made += [again] * (charge.settlements - 1)
            paid = charge.settled
        else:
            back = Entry(task.id, charge.unit, "refunded", paid, at)
            made += [back] * charge.refunds
            paid = Decimal(0) if charge.refunds else paid
    return tuple(entry for entry in made if entry.at <= now or entry.kind == "reserved")


def moments(task: Task) -> list[int]:
    """When money moves after the acceptance, or a task that keeps what it reserved is over."""
    after = task.charge.settles_after or 0
    return [at + (after if phase is Phase.SUCCEEDED else 0) for phase, at in task.turns()]


def sums(items: Iterable[Entry]) -> dict[str, Decimal]:
    """What the wallet gained by these entries, for each unit."""
    total: dict[str, Decimal] = {}
    for entry in items:
        total[entry.unit] = total.get(entry.unit, Decimal(0)) + entry.amount
    return total
