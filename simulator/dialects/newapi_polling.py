"""What a gateway of the code base knows of a task, which it asks about every fifteen seconds.

Wire facts: service/task_polling.go of QuantumNous/new-api at bde9b2f4 (2026-07-11) and what builds
of it answered on 2026-11-28. The row of a task is what the last round has found; a task that has
not come to an end in 1440 minutes is given up (``TASK_TIMEOUT_MINUTES``, at its default).
"""

from dataclasses import dataclass

from msgspec.structs import replace

from simulator.core.clock import MINUTE, SECOND
from simulator.core.task import Phase, Task, accept

ROUND = 15 * SECOND
TIMEOUT_MINUTES = 1440
TIMED_OUT = f"任务超时（{TIMEOUT_MINUTES}分钟）"
_ENDS = frozenset({Phase.SUCCEEDED, Phase.FAILED})
# What the adaptor makes of the upstream's words. It does not know ``expired`` and ``cancelled``,
# and what it does not know is in progress.
_WORDS: dict[Phase, tuple[str, int]] = {
    Phase.QUEUED: ("QUEUED", 10),
    Phase.RUNNING: ("IN_PROGRESS", 50),
    Phase.SUCCEEDED: ("SUCCESS", 100),
    Phase.FAILED: ("FAILURE", 100),
    Phase.EXPIRED: ("IN_PROGRESS", 30),
    Phase.CANCELLED: ("IN_PROGRESS", 30),
}


@dataclass(frozen=True, slots=True)
class Row:
    """A task as the gateway has it.

    ``asked`` is when the upstream was asked for what is told of it, None where it was not yet;
    ``updated``, ``started`` and ``finished`` are when the row was last written, first in progress
    and done, the last two 0 until then. All in milliseconds.
    """

    status: str
    percent: int
    asked: int | None
    updated: int
    started: int = 0
    finished: int = 0
    timed_out: bool = False


def upstream(task: Task) -> Task:
    """The task as the upstream has it: with the fate that it was accepted for."""
    return accept(
        task.id,
        task.dialect,
        task.account,
        task.order,
        task.plan,
        task.charge,
        task.created,
        task.starts,
        task.base,
    )


def fated(task: Task, every: int) -> Task:
    """The task with the end that the gateway sees: the upstream's, or none in time.

    ``every`` is the length of a round. Money moves when the gateway hears of the end.
    """
    given_up = _round_at(task.created + TIMEOUT_MINUTES * MINUTE, every)
    end = next((turn for turn in task.turns() if turn[0] in _ENDS), None)
    heard = given_up if end is None else _round_at(end[1], every)
    if end is None or heard >= given_up:
        return replace(task, end=Phase.FAILED, ends=given_up, plan=replace(task.plan, then=None))
    phase, at = end
    charge, plan = task.charge, task.plan
    if phase is not task.end:  # a second end, after one that the gateway has no word for
        plan = replace(plan, end=phase, run=at - task.starts, then=None)
    if charge.settles_after is not None:
        charge = replace(charge, settles_after=charge.settles_after + heard - at)
    return replace(task, end=phase, ends=at, plan=plan, charge=charge)


def row(task: Task, now: int, every: int) -> Row:
    """What the gateway knows of a task at a time."""
    first = (task.created // every + 1) * every if every else task.created
    if now < first:
        return Row("NOT_START", 0, None, task.created)
    truth = upstream(task)
    last = now - (now % every if every else 0)
    over = task.ends is not None and last >= _round_at(task.ends, every)
    timed_out = over and truth.phase(_round_at(task.ends or 0, every)) is not task.end
    if timed_out:
        last = _round_at(task.ends or 0, every)
    turns = [at for _, at in truth.turns()]
    left_queue = max(first, _round_at(min([truth.starts, *turns]), every))
    changes = (first, left_queue, *(_round_at(at, every) for at in turns), last if timed_out else 0)
    updated = max(at for at in changes if at <= last)
    running = left_queue <= last and truth.phase(left_queue) not in _ENDS
    return Row(
        *(_WORDS[Phase.FAILED] if timed_out else _WORDS[truth.phase(last)]),
        asked=last,
        updated=updated,
        started=left_queue if running else 0,
        finished=updated if over else 0,
        timed_out=timed_out,
    )


def _round_at(at: int, every: int) -> int:
    """The first round that is not before a time; where there are none, it is known at once."""
    return -(-at // every) * every if every else at
