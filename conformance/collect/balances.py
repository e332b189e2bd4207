"""Collecting what the key's balance says: around the whole run, and around single orders."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from conformance.collect.collector import Collector
from conformance.collect.tasks import Task
from conformance.plan.balances import AFTER, ALONE, BEFORE, CALL, END, HELD, LATER, QUIET, START
from conformance.plan.probes import Probe


@dataclass(frozen=True, slots=True)
class Hands:
    """How a run places an order, and how it lets a task come to its end, or a while pass."""

    place: Callable[[Probe], Awaitable[object]]
    settle: Callable[[Task | None], Awaitable[object]]


async def begin(run: Collector) -> None:
    """Read the balance before anything is ordered."""
    for probe in _readings(run, START):
        await run.try_send(probe)


async def ask(run: Collector) -> None:
    """Look at tasks whose end nobody has seen: what they cost goes by how they ended."""
    if _readings(run, END):
        unseen = [task for task in run.tasks.values() if not task.ended]
        await asyncio.gather(*(run.poll(task) for task in unseen))


async def finish(run: Collector, hands: Hands) -> None:
    """Place the orders that need nothing beside them, and read the balance at the end."""
    alone = [each for each in run.plan.probes.values() if each.tag == ALONE]
    if alone:
        await hands.settle(None)  # what is booked late for earlier orders is booked by then
    for probe in alone:
        await _alone(run, probe, hands)
    readings = _readings(run, END)
    if readings and not alone:
        await hands.settle(None)
    for probe in readings:
        await run.try_send(probe)


async def _alone(run: Collector, order: Probe, hands: Hands) -> None:
    await _read(run, order, QUIET)
    await hands.settle(None)
    await _read(run, order, BEFORE)
    await hands.place(order)
    task = run.tasks.get(order.key)
    if task is None:
        return
    await _read(run, order, HELD)
    await run.poll(task)
    await hands.settle(task)
    await _read(run, order, AFTER)
    await hands.settle(None)
    await _read(run, order, LATER)


async def _read(run: Collector, order: Probe, tag: str) -> None:
    for probe in _readings(run, tag):
        if probe.of == order.key:
            await run.try_send(probe)


def _readings(run: Collector, tag: str) -> list[Probe]:
    found = run.plan.probes.values()
    return [each for each in found if each.call == CALL and each.tag == tag]
