"""The tasks there are, what they cost, and the way back to none."""

import asyncio
from decimal import Decimal
from typing import Any

import msgspec

from simulator.control.calls import Asked, Wrong, page
from simulator.control.clocks import KeyName
from simulator.control.clocks import read as read_clock
from simulator.control.plane import Plane
from simulator.core.ledger import Entry, entries, sums
from simulator.core.task import Task


async def tasks(plane: Plane, asked: Asked) -> Any:
    """The tasks of an account, or all, in the order of their acceptance."""
    key, dialect, limit, after = asked.parameters("key", "dialect", "limit", "after")
    if dialect is not None and dialect not in plane.dialects:
        names = ", ".join(plane.dialects)
        raise Wrong("bad_value", f"dialect must be one of {names}", "dialect")
    found = await plane.engine.tasks(key, dialect)
    shown = page(found, limit, after, lambda task: task.id)
    fetched = await plane.engine.fetched(key)
    items = [await describe(plane, task, task.id in fetched) for task in shown]
    return {"items": items, "total": len(found)}


async def task(plane: Plane, asked: Asked) -> Any:
    """One task: facts, plan, phase, what it cost and whom it was told.

    An id that a dialect shows in another form, as LiteLLM does, is as good as the engine's.
    """
    asked.parameters()
    found = await plane.engine.task(asked.args["id"])
    if found is None:
        meant = {one.reader.meant(asked.args["id"]) for one in plane.dialects.values()}
        known = [await plane.engine.task(name) for name in meant]
        found = next(filter(None, known), None)
    if found is None:
        raise Wrong("not_found", f"there is no task {asked.args['id']}", "id", 404)
    return await describe(plane, found, found.id in await plane.engine.fetched(found.account))


async def describe(plane: Plane, task: Task, fetched: bool) -> dict[str, Any]:
    """Everything that is known of a task at the time of its account."""
    now = await plane.engine.clocks.now(task.account)
    state = await plane.engine.state(task.account)
    return {
        "id": task.id,
        "dialect": task.dialect,
        "key": task.account,
        "phase": task.phase(now),
        "progress": task.progress(now),
        "now_ms": now,
        "created_ms": task.created,
        "starts_ms": task.starts,
        "ends_ms": task.ends,
        "end": task.end,
        "cancelled_ms": task.cancelled,
        "removed_ms": task.removed,
        "kept_until_ms": task.kept_until(plane.dialects[task.dialect].cancelled_for),
        "fetched": fetched,
        "order": task.order,
        "plan": task.plan,
        "charge": task.charge,
        "ledger": [_entry(task, entry) for entry in entries(task, now)],
        "callbacks": [attempt.shown() for attempt in state.attempts.get(task.id, ())],
    }


async def ledger(plane: Plane, asked: Asked) -> Any:
    """One page of the entries, and the sums and the bill of all.

    An account may have a hundred thousand tasks: they are read at one moment, as facts that
    nothing changes, and added up in a thread, beside which the loop answers everybody else.
    """
    key, limit, after = asked.parameters("key", "limit", "after")
    found = await plane.engine.tasks(key)
    clocks = plane.engine.clocks
    now = {account: await clocks.now(account) for account in {task.account for task in found}}
    fetched = await plane.engine.fetched(key)
    return await asyncio.to_thread(_ledger, plane, found, now, fetched, limit, after)


def _ledger(
    plane: Plane,
    found: list[Task],
    now: dict[str, int],
    fetched: set[str],
    limit: str | None,
    after: str | None,
) -> Any:
    from simulator.engine.prices import bill  # the list of prices is not read before

    made: list[tuple[Task, Entry]] = []
    costs: dict[str, Decimal] = {}
    for task in found:
        mine = entries(task, now[task.account])
        costs[task.id] = -sum((entry.amount for entry in mine), Decimal(0))
        made += [(task, entry) for entry in mine]
    made.sort(key=lambda pair: pair[1].at)
    shown = page(made, limit, after, lambda pair: _name(pair[1]))
    config = plane.engine.config
    return {
        "items": [_entry(task, entry) for task, entry in shown],
        "total": len(made),
        "sums": {unit: _number(total) for unit, total in sums(e for _, e in made).items()},
        "bill": bill(found, now, fetched, config.prices, plane.engine.observed, costs),
    }


def _name(entry: Entry) -> str:
    return f"{entry.task}:{entry.kind}"


def _entry(task: Task, entry: Entry) -> dict[str, Any]:
    return {
        "id": _name(entry),
        "task": entry.task,
        "key": task.account,
        "kind": entry.kind,
        "unit": entry.unit,
        "amount": _number(entry.amount),
        "at_ms": entry.at,
    }


def _number(amount: Decimal) -> Decimal:
    """The same amount without a negative zero."""
    return amount + 0


class Reset(msgspec.Struct, forbid_unknown_fields=True):
    """The body of `POST /_sim/reset`."""

    key: KeyName | None = None


async def reset(plane: Plane, asked: Asked) -> Any:
    """Forget one account, or everything but the configuration."""
    key = asked.decode(Reset).key
    plane.deliverer.forget(key)
    await plane.engine.reset(key)
    if key is None:
        for again in plane.after_reset:
            await again()
    return await read_clock(plane, Asked({}, {} if key is None else {"key": key}))
