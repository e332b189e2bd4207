"""A task as facts, and what they mean at a time."""

from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from typing import Any

import msgspec
from msgspec.structs import replace

from simulator.core import chance
from simulator.core.clock import DAY, FOREVER
from simulator.core.media import Facts, MediaKind

# How long upstreams keep the record of a task.
RETENTION = 7 * DAY


class Phase(StrEnum):
    """Where a task is. Each dialect has its own words for these."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


LIVE = frozenset({Phase.QUEUED, Phase.RUNNING})


class Reference(msgspec.Struct, frozen=True, gc=False):
    """A piece of media that an order refers to.

    ``name`` is what to show of it (a file's name or a link's last part), ``facts`` what is known
    of it (None where it is taken on faith) and ``digest`` finds its bytes where they were given.
    """

    kind: MediaKind
    role: str
    name: str = ""
    facts: Facts | None = None
    digest: str = ""


class Order(msgspec.Struct, frozen=True, gc=False):
    """A request as the engine understands it, after every default has been filled in.

    ``mode`` is t2v, i2v, flf2v or r2v; ``frames`` is what the clip has at 24 per second and
    ``container`` the kind of its file, mp4 or mov; ``tokens`` is what it costs where the dialect
    counts in a way of its own, and ``fails`` the code and the message with which its task will
    fail, where the upstream takes such orders and finds out later what is wrong;
    ``expires_after`` is in milliseconds after acceptance; ``extra`` holds what only this dialect
    repeats in its answers.
    """

    model: str
    prompt: str
    mode: str
    resolution: str
    ratio: str
    width: int
    height: int
    seconds: int
    frames: int
    seed: int
    sound: bool = True
    watermark: bool = False
    last_frame: bool = False
    camera_fixed: bool = False
    draft: bool = False
    tier: str = "standard"
    container: str = "mp4"
    tokens: int | None = None
    fails: tuple[str, str] | None = None
    references: tuple[Reference, ...] = ()
    callback_url: str | None = None
    expires_after: int | None = None
    extra: Mapping[str, Any] = msgspec.field(default_factory=dict)

    @property
    def input_ms(self) -> int:
        """Milliseconds of reference video that are known."""
        return sum(r.facts.ms for r in self.references if r.kind == "video" and r.facts)


class Plan(msgspec.Struct, frozen=True, gc=False):
    """How a task goes: milliseconds queued and running, and how it ends.

    ``end`` is None for a task that never does. ``progress`` are points of a curve, as milliseconds
    after the start of the run and percent. ``then`` is another end, so many milliseconds after the
    first, and ``faults`` are named for this task alone.
    """

    queue: int
    run: int
    end: Phase | None = Phase.SUCCEEDED
    code: str = ""
    message: str = ""
    progress: tuple[tuple[int, int], ...] = ()
    then: "Plan | None" = None
    faults: tuple[str, ...] = ()


class Charge(msgspec.Struct, frozen=True, gc=False):
    """What a task costs in its dialect's own unit: taken at acceptance, and in the end.

    ``settles_after`` are milliseconds after the success, None where what was reserved is simply
    kept; ``refunds`` is how often a failure is refunded, ``settlements`` how often a success is
    charged.
    """

    unit: str
    reserved: Decimal
    settled: Decimal
    settles_after: int | None = 0
    refunds: int = 1
    settlements: int = 1

    @classmethod
    def flat(cls, unit: str, amount: int | Decimal) -> "Charge":
        """A charge whose final amount is known from the start."""
        if type(amount) is int:
            return _flat(unit, amount)
        whole = Decimal(amount)
        return cls(unit, whole, whole)


@lru_cache(maxsize=1024)
def _flat(unit: str, amount: int) -> Charge:
    """Most orders are of few prices, so their charges are kept once."""
    whole = Decimal(amount)
    return Charge(unit, whole, whole)


class Task(msgspec.Struct, frozen=True, gc=False):
    """An accepted order. Every time is in simulated milliseconds; reading changes nothing.

    ``base`` is the scheme and host under which the client saw the server, for the links that a
    callback carries.
    """

    id: str
    dialect: str
    account: str
    order: Order
    plan: Plan
    charge: Charge
    created: int
    starts: int
    ends: int | None
    end: Phase | None
    base: str = ""
    cancelled: int | None = None
    removed: int | None = None

    @property
    def digest(self) -> str:
        """A hash of what was ordered, without the task's own id: the same order, the same hash."""
        return chance.digest(self.dialect, repr(self.order)).hex()[:32]

    def phase(self, now: int) -> Phase:
        if self.cancelled is not None and self.cancelled <= now:
            return Phase.CANCELLED
        if self.end is not None and self.ends is not None and self.ends <= now:
            then = self.plan.then
            if then is None or now < self.ends + then.queue + then.run:
                return self.end
            return then.end or self.end
        return Phase.QUEUED if now < self.starts else Phase.RUNNING

    def ended(self) -> int | None:
        """When the task comes to its end, however it does."""
        return self.ends if self.cancelled is None else self.cancelled

    def kept(self, now: int, cancelled_for: int = RETENTION) -> bool:
        """Whether its record still exists: seven days, once cancelled as long as named."""
        if self.removed is not None and self.removed <= now:
            return False
        # A young task is kept however it ended, and most tasks that are asked for are young.
        return now < self.created + cancelled_for or now < self.kept_until(cancelled_for)

    def kept_until(self, cancelled_for: int = RETENTION) -> int:
        """When its record is gone, where nobody removes it."""
        gone, ended = self.created + RETENTION, self.ended()
        if ended is None or ended >= gone or self.phase(ended) is not Phase.CANCELLED:
            return gone
        return ended + cancelled_for

    def updated_at(self, now: int) -> int:
        """Creation until the end, then the end, as Ark reports it."""
        ended = self.ended()
        if ended is None or now < ended:
            return self.created
        if self.plan.then is None:
            return ended
        return max(at for _, at in self.turns() if at <= now)

    def turns(self) -> tuple[tuple[Phase, int], ...]:
        """The ends to which the task comes, and when."""
        if self.cancelled is not None:
            return ((Phase.CANCELLED, self.cancelled),)
        if self.end is None or self.ends is None:
            return ()
        then = self.plan.then
        if then is None or then.end is None:
            return ((self.end, self.ends),)
        return ((self.end, self.ends), (then.end, self.ends + then.queue + then.run))

    def made(self) -> int:
        """When there was a clip first; for a task that never made one, when it ended."""
        if self.plan.then is None:
            return self.ended() or self.created
        turns = self.turns()
        ended = turns[0][1] if turns else self.created
        return next((at for phase, at in turns if phase is Phase.SUCCEEDED), ended)

    def progress(self, now: int) -> int:
        """Percent of the run, 0 to 99 while it lasts and 100 after."""
        if self.phase(now) not in LIVE:
            return 100
        if now < self.starts:
            return 0
        done = now - self.starts
        if self.plan.progress:
            return max((p for at, p in self.plan.progress if at <= done), default=0)
        return min(99, done * 100 // max(1, self.plan.run))

    def steady_until(self, now: int) -> int:
        """The next moment at which phase, progress or time of the last update may be others.

        That is as far as this value goes: a task that is cancelled or removed is another one.
        """
        marks = [self.starts, *(at for _, at in self.turns())]
        if self.starts <= now:
            marks += [self.starts + at for at, _ in self.plan.progress]
            run = max(1, self.plan.run)
            percent = (now - self.starts) * 100 // run
            if percent < 99:
                marks.append(self.starts - (-(percent + 1) * run // 100))
        return min((at for at in marks if at > now), default=FOREVER)


def accept(
    task_id: str,
    dialect: str,
    account: str,
    order: Order,
    plan: Plan,
    charge: Charge,
    now: int,
    free_at: int = 0,
    base: str = "",
) -> Task:
    """Settle a task's fate: it starts when it has waited and a slot is free, and may expire."""
    starts = max(now + plan.queue, free_at)
    ends, end = (None, None) if plan.end is None else (starts + plan.run, plan.end)
    if order.expires_after is not None:
        limit = now + order.expires_after
        if ends is None or ends > limit:
            ends, end, plan = limit, Phase.EXPIRED, replace(plan, then=None)
    return Task(task_id, dialect, account, order, plan, charge, now, starts, ends, end, base)
