"""Time that can run fast, stand still and jump ahead, in integer milliseconds."""

import math
import re
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone

import msgspec

SECOND = 1000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
# A moment that never comes.
FOREVER = 2**62
BEIJING = timezone(timedelta(hours=8))

_UNITS = {"ms": 1, "s": SECOND, "m": MINUTE, "h": HOUR, "d": DAY}
_DURATION = re.compile(r"(\d{1,15})(?:\.(\d{1,9}))?(ms|s|m|h|d)", re.ASCII)
LONGEST = 10 * 366 * DAY


def wall() -> int:
    """The machine's own time of day in milliseconds since 1970."""
    return time.time_ns() // 1_000_000


# Taken once, so that the workers of a server agree, whatever the machine is set to meanwhile.
_AHEAD_NS = time.time_ns() - time.monotonic_ns()


class Real:
    """Real milliseconds since 1970, which never go backwards although the machine may be set."""

    def __call__(self) -> int:
        return (time.monotonic_ns() + _AHEAD_NS) // 1_000_000


class SharedReal:
    """Real milliseconds since 1970 as somebody else counts them, whom several machines ask.

    An answer is as old as its way here, so the time told from it is never ahead of who was asked.
    Of two machines that ask, one after the other, the second is therefore told no earlier time
    than the first had, whatever their own clocks show. It never goes backwards.
    """

    def __init__(self, mono: Callable[[], int] = time.monotonic_ns) -> None:
        self._mono = mono
        self._ahead = _AHEAD_NS
        self._last = 0

    def told(self, micros: int) -> None:
        """Go by what was just answered, in microseconds since 1970."""
        self._ahead = micros * 1000 - self._mono()

    def __call__(self) -> int:
        self._last = max(self._last, (self._mono() + self._ahead) // 1_000_000)
        return self._last


class Clock(msgspec.Struct, frozen=True):
    """A clock as facts: it showed ``base`` at the real moment ``since``, and runs at ``rate``.

    All in milliseconds since 1970. ``real`` is the real time at which somebody looks, so that
    everybody who knows the facts reads the same. A clock never goes backwards.

    Each move goes on from ``since`` where somebody else has moved the clock later than the real
    moment that is given: counted from that moment, the time between would pass twice.
    """

    base: int
    since: int
    rate: float = 1.0
    frozen: bool = False

    def now(self, real: int) -> int:
        if self.frozen:
            return self.base
        passed = max(0, real - self.since)
        return self.base + (passed if self.rate == 1.0 else int(passed * self.rate))

    def advanced(self, ms: int, real: int) -> "Clock":
        """The clock after a jump of ``ms`` milliseconds."""
        if ms < 0:
            raise ValueError("a clock does not go backwards")
        return Clock(self.now(real) + ms, max(real, self.since), self.rate, self.frozen)

    def run_at(self, rate: float, real: int) -> "Clock":
        """A clock of which from now on ``rate`` simulated seconds pass in a real one."""
        return Clock(self.now(real), max(real, self.since), rate, self.frozen)

    def freeze(self, frozen: bool, real: int) -> "Clock":
        """The clock, standing still or going on."""
        return Clock(self.now(real), max(real, self.since), self.rate, frozen)

    def not_before(self, least: int, real: int) -> "Clock":
        """The clock, or one that stands at ``least`` until this one has come so far."""
        if self.now(real) >= least:
            return self
        if self.frozen or self.rate <= 0:
            return Clock(least, real, self.rate, self.frozen)
        left = math.ceil((least - self.base) / self.rate)
        return Clock(least, self.since + left, self.rate)

    def real_until(self, at: int, real: int) -> float | None:
        """Real seconds until the clock shows ``at``; None if it never will by itself."""
        left = at - self.now(real)
        if left <= 0:
            return 0.0
        if self.frozen or self.rate <= 0:
            return None
        return (left / self.rate + max(0, self.since - real)) / SECOND


class Shift(msgspec.Struct, frozen=True):
    """A move of every clock, asked for at the real moment ``real``: ``ahead`` ms, and then how on.

    ``rate`` and ``frozen`` are None where that stays as it is.
    """

    real: int
    ahead: int = 0
    rate: float | None = None
    frozen: bool | None = None

    def of(self, clock: Clock) -> Clock:
        """A clock after this move: it jumps, then runs at the rate, then stands or goes on."""
        clock = clock.advanced(self.ahead, self.real)
        if self.rate is not None:
            clock = clock.run_at(self.rate, self.real)
        return clock if self.frozen is None else clock.freeze(self.frozen, self.real)


# So many moves of all are kept for clocks that have not heard of them. Each move tells all of them,
# so there are more only where as many are under way at once.
SHIFTS_KEPT = 16


class Shifts(msgspec.Struct, frozen=True):
    """The moves of every clock: how many there were, and the last of them.

    Beside an account's own clock, ``count`` says how many of them it has taken in. An account gets
    a clock of its own by its first own move, while another process may be moving all: whichever of
    both comes first, nothing is missed and nothing counts twice.
    """

    count: int = 0
    last: tuple[Shift, ...] = ()

    def add(self, shift: Shift) -> "Shifts":
        """These and one more."""
        return Shifts(self.count + 1, (*self.last, shift)[-SHIFTS_KEPT:])

    def after(self, count: int, clock: Clock) -> Clock:
        """A clock that has taken in so many, after the others."""
        missed = max(0, self.count - count)
        for shift in self.last[-missed:] if missed else ():
            clock = shift.of(clock)
        return clock


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


def stamp(ms: int) -> str:
    """The same in UTC and whole seconds, as most JSON has it: ``2026-06-06T08:00:57Z``."""
    return f"{moment(ms):%Y-%m-%dT%H:%M:%SZ}"
