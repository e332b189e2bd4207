"""What a run may take, however an endpoint behaves: time, waiting, memory. Each is named when hit.

A limit ends the collecting, not the run: what was seen until then is judged, and the report says
which limit it was. Otherwise an endpoint could keep its judge busy for ever, or end it.
"""

import asyncio
import time
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any

from conformance.untrusted import bounded

MB = 1024 * 1024
CLIP, STILL = 128 * MB, 32 * MB
FETCHES = 2  # at a time, so that no more than two files stand on a disk that may be memory
KEPT_BYTES, KEPT_VALUES = 48 * MB, 1_000_000
CALLBACKS = 5_000
LEAST_S, CALL_S = 120.0, 2.0


@dataclass
class Bounds:
    """The bounds of one run, and how much of them is used. `wait` and `whole` are seconds."""

    wait: float = 900.0
    whole: float = 3600.0
    bytes: int = KEPT_BYTES
    values: int = KEPT_VALUES
    callbacks: int = CALLBACKS
    reason: str = ""
    waited: float = 0.0
    _rests: float = 0.0
    _until: float | None = None
    _work: "asyncio.Task[Any] | None" = field(default=None, repr=False)

    def until(self) -> float:
        """When waiting for tasks has to end, on the monotonic clock: the same moment for all."""
        if self._until is None:
            self._until = time.monotonic() + max(self.wait - self.waited, 0)
        return self._until

    def rest(self, seconds: float) -> float:
        """How much of a rest that an endpoint asks for is permitted; rests at once count once."""
        now = time.monotonic()
        more = max(now + seconds - max(self._rests, now), 0.0)
        left = max(self.wait - self.waited, 0.0)
        if more > left:
            self.hit(
                f"the endpoint asked for more waiting (HTTP 429) than --max-wait {_s(self.wait)}"
            )
            return 0.0
        self.waited += more
        self._rests = max(self._rests, now + seconds)
        return seconds

    def keep(self, size: int, value: Any = None) -> None:
        """Count what is kept of an answer."""
        self.bytes -= size
        self.values -= bounded.weigh(value)
        if self.bytes < 0 or self.values < 0:
            what = f"{KEPT_BYTES // MB} MB" if self.bytes < 0 else f"{KEPT_VALUES} values of JSON"
            self.hit(f"the endpoint has said more than the {what} that a run keeps")

    def called(self) -> None:
        """Count a callback."""
        self.callbacks -= 1
        if self.callbacks < 0:
            self.hit(f"more than {CALLBACKS} callbacks came")

    def hit(self, reason: str) -> None:
        """End the collecting."""
        self.reason = self.reason or reason
        if self._work is not None:
            self._work.cancel()

    async def hold(self, work: Coroutine[Any, Any, None]) -> str:
        """Do the work within the bounds; the reason where one of them ended it, else nothing."""
        self._work = asyncio.ensure_future(work)
        try:
            done, _ = await asyncio.wait([self._work], timeout=self.whole)
            if not done:
                self.hit(f"it took longer than {_s(self.whole)}, the longest that a run may take")
            await self._work
        except asyncio.CancelledError:
            if not self.reason:
                self._work.cancel()
                await asyncio.wait([self._work])
                raise
        return self.reason


def of(wait: float, calls: int, rps: float | None) -> Bounds:
    """The bounds of a run with so many calls planned."""
    gaps = calls / rps if rps else 0.0
    return Bounds(wait, wait + max(LEAST_S, CALL_S * calls) + gaps)


def _s(seconds: float) -> str:
    return f"{seconds:g} s"
