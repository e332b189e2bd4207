"""Reading and moving the clocks, and what falls due when they move."""

from collections.abc import Iterable, Iterator
from typing import Annotated, Any

import msgspec

from simulator.control.calls import Asked, Wrong, span
from simulator.control.plane import Plane
from simulator.core.account import SERVER
from simulator.core.callbacks import Attempt
from simulator.core.clock import SECOND, Shift
from simulator.core.task import Task

FASTEST = 100_000
LONGEST_WAIT = 600 * SECOND
END_OF_TIME = 221_845_392_000_000  # the year 9000, well within what a date can say

KeyName = Annotated[str, msgspec.Meta(min_length=1, max_length=512)]
Rate = Annotated[float, msgspec.Meta(ge=0, le=FASTEST)]


class Move(msgspec.Struct, forbid_unknown_fields=True):
    """The body of `POST /_sim/clock`."""

    advance: str | int | None = None
    rate: Rate | None = None
    freeze: bool | None = None
    key: KeyName | None = None
    wait: str | int | None = None


async def read(plane: Plane, asked: Asked) -> Any:
    """The time of an account, or of the server."""
    (key,) = asked.parameters("key")
    return await _shown(plane, key)


async def move(plane: Plane, asked: Asked) -> Any:
    """Move one account's clock or all; the answer comes when what fell due has happened."""
    return await carry_out(plane, asked.decode(Move))


async def carry_out(plane: Plane, order: Move) -> dict[str, Any]:
    """Move the clocks of an order, and tell what has happened by that."""
    ahead, wait = spans(order)
    engine, clocks = plane.engine, plane.engine.clocks
    chosen = [SERVER, *await clocks.own()] if order.key is None else [order.key]
    tasks = await engine.tasks(order.key)
    owners = {*chosen, *(task.account for task in tasks)}
    before = await _times(plane, owners)
    if any(now + ahead > END_OF_TIME for now in before.values()):
        raise Wrong("bad_value", "advance goes beyond the year 9000", "advance")
    tried = await _tried(plane, order.key)
    how = ahead, order.rate, order.freeze
    if order.key is None:
        await clocks.move_all(*how)
    else:
        await clocks.move(order.key, lambda clock, real: Shift(real, *how).of(clock))
    after = await _times(plane, owners)
    told, pending = await plane.deliverer.drain(order.key, wait / SECOND)
    if engine.store.lasting:  # another process may have told some of it
        told = [one for one in await plane.deliverer.attempts(order.key) if one not in tried]
    happened = [
        *_changes(plane, tasks, before, after),
        *[("callback", attempt.at, attempt.task, attempt.account) for attempt in told],
    ]
    items = _in_order(happened, before)
    return {**await _shown(plane, order.key), "happened": items, "pending": pending}


def spans(order: Move) -> tuple[int, int]:
    """How far ahead, and how long to wait for receivers at most, in milliseconds."""
    ahead = 0 if order.advance is None else span("advance", order.advance)
    wait = 5 * SECOND if order.wait is None else span("wait", order.wait)
    if wait > LONGEST_WAIT:
        raise Wrong("bad_value", "wait must be at most 10 minutes", "wait")
    return ahead, wait


async def _tried(plane: Plane, key: str | None) -> set[Attempt]:
    """The calls back that were made before, in a store that others write to as well."""
    return set(await plane.deliverer.attempts(key)) if plane.engine.store.lasting else set()


async def _times(plane: Plane, accounts: Iterable[str]) -> dict[str, int]:
    return {name: await plane.engine.clocks.now(name) for name in accounts}


async def _shown(plane: Plane, key: str | None) -> dict[str, Any]:
    clock = await plane.engine.clocks.of(SERVER if key is None else key)
    rate = int(clock.rate) if clock.rate == int(clock.rate) else clock.rate
    return {"now_ms": clock.now(plane.engine.real()), "rate": rate, "frozen": clock.frozen}


Happening = tuple[str, int, str, str]


def _changes(
    plane: Plane, tasks: Iterable[Task], before: dict[str, int], after: dict[str, int]
) -> list[Happening]:
    """What became of the tasks while their clocks moved."""
    found = []
    for task in tasks:
        start, end = before[task.account], after[task.account]
        for kind, at in fate(task, plane.dialects[task.dialect].cancelled_for):
            if start < at <= end:
                found.append((kind, at, task.id, task.account))
    return found


def fate(task: Task, cancelled_for: int) -> Iterator[tuple[str, int]]:
    """The turns that a task takes by itself, and when."""
    gone, ended = task.kept_until(cancelled_for), task.ended()
    if ended is None or task.starts <= ended:
        yield "started", task.starts
    for phase, at in task.turns():
        if at < gone and task.cancelled is None:
            yield phase.value, at
    if task.removed is None:
        yield "removed", gone


def _in_order(happened: list[Happening], before: dict[str, int]) -> list[dict[str, Any]]:
    """By how far into the move it happened; a change of a task stands before the call about it."""
    happened = [item for item in happened if item[1] > before.get(item[3], 0)]
    happened.sort(key=lambda item: item[1] - before.get(item[3], 0))
    return [{"at_ms": at, "kind": kind, "task": task} for kind, at, task, _ in happened]
