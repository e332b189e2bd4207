"""Faults that stand, as facts: for which calls they are, and what has become of them so far.

What a fault does is not known here: it has a name in the catalogue (``faults.catalogue``), or says
itself what it answers. A fault that is for one key is in that account's state, one for all keys in
the server's, and one that an order's prompt names follows from its task. What they have done, a
``Tally``, stands beside them, so that every process with the same events counts alike.
"""

from typing import Any

import msgspec

# What faults are called that have no name in the catalogue.
CUSTOM = "custom"
# So many tasks or accounts are told apart in the counts of one fault.
COUNTED = 65_536


class When(msgspec.Struct, frozen=True):
    """Which of the calls of a task (or, for those of none, of an account) it is.

    With ``terminal`` only calls after the end of the task count.
    """

    terminal: bool = False
    first: int | None = None
    nth: int | None = None

    def holds(self, number: int) -> bool:
        """Whether a fault is for the call of this number."""
        if self.nth is not None:
            return number == self.nth
        return self.first is None or number <= self.first


class Target(msgspec.Struct, frozen=True):
    """Which calls a fault is for; None matches all."""

    dialect: str | None = None
    key: str | None = None
    call: str | None = None


class Own(msgspec.Struct, frozen=True):
    """A fault of somebody's own: an answer, or without a status changes of the dialect's own.

    ``body`` is JSON or text, UNSET where it stays as it is; ``delay`` is in real seconds.
    """

    status: int | None = None
    headers: dict[str, str] = {}
    body: Any = msgspec.UNSET
    delay: float = 0.0


class StandingFault(msgspec.Struct, frozen=True):
    """A fault that waits for its calls, ``times`` of them or for ever (None).

    ``fault`` is its name in the catalogue, where it has no ``own`` answer. Faults are numbered in
    the order of their coming, across all accounts. A ``permanent`` one is of the server's command
    line and cannot be withdrawn.
    """

    id: str
    number: int
    fault: str
    target: Target
    times: int | None
    when: When
    share: float = 1.0
    own: Own | None = None
    permanent: bool = False


class Tally(msgspec.Struct):
    """What a fault has done: how often it was taken for a call, and fired, and was drawn.

    ``counts`` are the calls that it was asked about, for each kind and task or account.
    """

    taken: int = 0
    fired: int = 0
    draws: int = 0
    counts: dict[str, int] = {}

    def left(self, fault: StandingFault) -> int | None:
        """How often the fault can still happen; None is for ever."""
        return None if fault.times is None else max(0, fault.times - self.taken)

    def count(self, call: str) -> int:
        """The number of this call among its like, with this one; the last seen stay known."""
        number = self.counts.pop(call, 0) + 1
        self.counts[call] = number
        if len(self.counts) > COUNTED:
            del self.counts[next(iter(self.counts))]
        return number
