"""Time that can run fast, stand still and jump ahead, in integer milliseconds."""

import re
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone

SECOND = 1000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
BEIJING = timezone(timedelta(hours=8))

_UNITS = {"ms": 1, "s": SECOND, "m": MINUTE, "h": HOUR, "d": DAY}
_DURATION = re.compile(r"(\d{1,15})(?:\.(\d{1,9}))?(ms|s|m|h|d)", re.ASCII)
LONGEST = 10 * 366 * DAY


def _monotonic() -> int:
    return time.monotonic_ns() // 1_000_000


def wall() -> int:
    """The machine's own time of day in milliseconds since 1970."""
    return time.time_ns() // 1_000_000


class Clock:
    """A clock that gives simulated milliseconds since 1970. It never goes backwards."""

    def __init__(
        self,
        start: int | None = None,
        *,
        rate: float = 1.0,
        frozen: bool = False,
        real: Callable[[], int] = _monotonic,
    ) -> None:
        self._real = real
        self._base = wall() if start is None else start
        self._since = real()
        self._rate = rate
        self._frozen = frozen

    @property
    def rate(self) -> float:
        """Simulated milliseconds per real millisecond, while the clock is not frozen."""
        return self._rate

    @property
    def frozen(self) -> bool:
        return self._frozen

    def now(self) -> int:
        if self._frozen:
            return self._base
        return self._base + int((self._real() - self._since) * self._rate)

    def advance(self, ms: int) -> None:
        """Jump ahead by ``ms`` milliseconds."""
        if ms < 0:
            raise ValueError("a clock does not go backwards")
        self._settle()
        self._base += ms

    def run_at(self, rate: float) -> None:
        """From now on let ``rate`` simulated seconds pass in a real one."""
        self._settle()
        self._rate = rate

    def freeze(self, frozen: bool = True) -> None:
        self._settle()
        self._frozen = frozen

    def real_until(self, at: int) -> float | None:
        """Real seconds until the clock shows ``at``; None if it never will by itself."""
        left = at - self.now()
        if left <= 0:
            return 0.0
        if self._frozen or self._rate <= 0:
            return None
        return left / self._rate / SECOND

    def twin(self) -> "Clock":
        """Another clock that shows the same time and runs alike, to be moved on its own."""
        return Clock(self.now(), rate=self._rate, frozen=self._frozen, real=self._real)

    def _settle(self) -> None:
        self._base, self._since = self.now(), self._real()


def duration(value: object) -> int:
    """Milliseconds of ``"1.5s"``, ``"24h"`` or an integer of milliseconds; else a ValueError."""
    if isinstance(value, int) and not isinstance(value, bool):
        ms = value
    elif isinstance(value, str) and (found := _DURATION.fullmatch(value)):
        whole, part, unit = found.groups()
        scale = _UNITS[unit]
        ms = int(whole) * scale
        if part:
            ms += int(part) * scale // 10 ** len(part)
    else:
        raise ValueError("is not a duration such as 500ms, 30s, 5m, 24h, 7d or milliseconds")
    if not 0 <= ms <= LONGEST:
        raise ValueError("is not between 0 and ten years")
    return ms


def moment(ms: int, zone: timezone = UTC) -> datetime:
    """The time of day of a number of milliseconds since 1970."""
    return datetime.fromtimestamp(ms // SECOND, zone).replace(microsecond=ms % SECOND * 1000)
