"""An event loop for tests, whose time is not what the machine takes away.

Tests of limits are short: a head must come in within 50 ms. On a busy machine a process stands
still for longer than that, and then the limit ends what would have come in time. Client and server
are in one loop here, so what it has not done yet can be no client's fault: the time of this loop
goes on while it has nothing to do, and but a little with each of its rounds. It never runs ahead of
the machine's.
"""

import asyncio
import selectors
import time

# So much of a round counts, in seconds; most take less.
ROUND_S = 0.0005


class Patient(selectors.DefaultSelector):
    """Waits for sockets, and knows how long nobody had anything to do."""

    def __init__(self) -> None:
        super().__init__()
        self._past, self._since = 0.0, time.monotonic()

    def time(self) -> float:
        """Seconds that count, since some moment."""
        return self._past + min(time.monotonic() - self._since, ROUND_S)

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        self._past, began = self.time(), time.monotonic()
        found = super().select(timeout)
        self._since = time.monotonic()
        waited = self._since - began
        if timeout is not None and waited >= timeout:
            # What has come comes before what has waited until now, as if it had come half way.
            waited = max(timeout, 0) / (2 if found else 1)
        self._past += waited
        return found


class PatientLoop(asyncio.SelectorEventLoop):
    """A loop by the time of a patient selector."""

    def __init__(self) -> None:
        self._patient = Patient()
        super().__init__(self._patient)

    def time(self) -> float:
        return self._patient.time()
