"""What was told to a client: facts of the account, from which follows what is still to be told."""

from collections.abc import Iterable
from typing import Any

import msgspec

from simulator.core.task import Phase


class Attempt(msgspec.Struct, frozen=True):
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


class Told(msgspec.Struct, frozen=True):
    """How far the callbacks of one task have come.

    ``done`` are the phases of which nothing more is said, and ``free`` is when the last try was
    over. While ``retry`` is tried again, the next try is the ``number``-th and falls due at
    ``due``. Times are simulated milliseconds.
    """

    done: tuple[Phase, ...] = ()
    free: int = 0
    retry: Phase | None = None
    number: int = 1
    due: int = 0

    def upcoming(self, events: Iterable[tuple[Phase, int]]) -> "Upcoming | None":
        """What is to be told next of a task with these events, or None where all is told."""
        for phase, at in events:
            if phase in self.done:
                continue
            if phase is self.retry:
                return Upcoming(phase, at, self.number, self.due)
            return Upcoming(phase, at, 1, max(at, self.free))
        return None

    def settled(self, phase: Phase, free: int) -> "Told":
        """Nothing more is to be said of this phase."""
        return Told((*self.done, phase), free)

    def again(self, phase: Phase, number: int, free: int, pause: int) -> "Told":
        """The phase is to be told again after a pause."""
        return Told(self.done, free, phase, number, free + pause)


class Upcoming(msgspec.Struct, frozen=True):
    """The next try: of which phase, when that came, the how many-th it is, and when it is due."""

    phase: Phase
    at: int
    number: int
    due: int
