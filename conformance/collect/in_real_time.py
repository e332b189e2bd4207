"""Collecting without a control plane: real time, at the pace the documents ask for."""

import asyncio
import contextlib
import random
import time
from collections.abc import Awaitable, Callable

from conformance.catalogue import reader
from conformance.collect import balances, delivery, ordering, stages
from conformance.collect.collector import Collector
from conformance.collect.ordering import continues, wording
from conformance.collect.tasks import Task
from conformance.collect.transcript import Exchange
from conformance.collect.with_clock import assets, refusals
from conformance.plan.probes import Probe
from conformance.plan.terms import When

QUIET_S, LONGEST_S = 6.0, 60.0
USUAL_S = 300.0  # the longest that a task usually takes by the documents that say: 2 to 5 minutes
LOST = 5
UNASKED = "its end cannot be asked for without a control plane"
SOON_S = (0.5, 1.0)
First = Callable[[], Awaitable[None]]


async def collect(run: Collector, seed: int = 0, first: First | None = None) -> None:
    """Refusals first, then the orders, each watched to its end; `first` is ordered before all."""
    chance = random.Random(seed)
    await balances.begin(run)
    if first:
        await first()
    await refusals(run)
    await assets(run, None)
    bought = sorted(ordering.bought(run), key=lambda probe: probe.cost != "shared")
    await asyncio.gather(*(order(run, each, chance) for each in bought))
    for probe in run.plan.probes.values():
        if continues(probe) and probe.cost == "contingent":
            run.skip(probe, "there is no draft to continue", "untestable")
    # What was ordered to see whether it is taken has its answer too, and by now most have ended.
    watched = [task for task in run.tasks.values() if "query" not in task.probe.follow]
    await asyncio.gather(*(_watch(run, task, chance) for task in watched))
    await _deliveries(run)
    await balances.finish(run, _hands(run, chance))
    for probe in run.plan.probes.values():
        if probe.when.at is not None and probe.of in run.tasks:
            run.skip(probe, "that time cannot be waited for", "untestable")
    run.writer.line("end", {"calls": run.transport.calls})


def _hands(run: Collector, chance: random.Random) -> balances.Hands:
    async def settle(task: Task | None) -> None:
        if task is not None:
            await _watch(run, task, chance)
        else:
            left = max(run.bounds.until() - time.monotonic(), 0)
            await asyncio.sleep(min(max(_pace(run)[1], run.dialect.lag), left))

    return balances.Hands(lambda probe: _place(run, probe), settle)


async def _deliveries(run: Collector) -> None:
    """Wait for callbacks that are still to come: their repeats are no further apart than that."""
    if not any("$callback" in wording(task.probe) for task in run.tasks.values()):
        return
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(LONGEST_S):
            while True:
                run.called.clear()
                async with asyncio.timeout(QUIET_S):
                    await run.called.wait()


def _unasked(run: Collector, probe: Probe) -> str:
    """Why an order is not given for the end that it should have, where it is not."""
    if probe.fate is None or (run.plan.world.upstream and not probe.fate.endless):
        return ""
    if run.plan.world.upstream:
        return "that time cannot be waited for"
    return UNASKED


async def _place(run: Collector, probe: Probe) -> None:
    if why := _unasked(run, probe):
        run.skip(probe, why, "untestable")
    else:
        await run.try_send(probe)


def _pace(run: Collector) -> tuple[float, float]:
    """Seconds between two looks at a task: as documented, or soon where a simulator makes it."""
    least, most = run.dialect.wait
    return SOON_S if run.plan.world.upstream else (least, most)


async def order(run: Collector, probe: Probe, chance: random.Random) -> None:
    """Send an order, again where there was no room for it, and watch its task if asked to."""
    await _place(run, probe)
    while probe in run.held and time.monotonic() < run.bounds.until():
        run.held.remove(probe)
        await asyncio.sleep(chance.uniform(*_pace(run)) if run.unended else 0)
        await asyncio.gather(*(run.poll(task) for task in run.unended if _unwatched(task)))
        await run.try_send(probe)
    task = run.tasks.get(probe.key)
    if task and "query" in probe.follow:
        await _watch(run, task, chance)


async def _watch(run: Collector, task: Task, chance: random.Random) -> None:
    until, usual = run.bounds.until(), time.monotonic() + USUAL_S
    least, most = _pace(run)
    gone = 0
    while True:
        exchange = await run.poll(task)
        gone = gone + 1 if exchange.status in (404, 410) else 0
        if task.phase:
            await _stage(run, task)
        # A word that nobody knows may be an end: it is not waited for as if it were none.
        last = min(until, usual) if _unknown(run, exchange) else until
        if task.ended or gone == LOST or time.monotonic() >= last:
            break
        await asyncio.sleep(min(chance.uniform(least, most), max(last - time.monotonic(), 0.01)))
    if task.ended and "life" in task.probe.follow:
        await run.poll(task)
    for probe in run.plan.probes.values():
        if probe.of == task.probe.key and probe.tag == "foreign":
            # Another account's at every time, also when it has ended.
            await stages.staged(run, probe)
    if task.phase == "succeeded" and "clip" in task.probe.follow:
        await delivery.fetch(run, task)


def _unwatched(task: Task) -> bool:
    """Whether nobody asks for a task that may be in the way of others."""
    return "query" not in task.probe.follow


def _unknown(run: Collector, exchange: Exchange) -> bool:
    """Whether an answer has a status word that the documents do not have."""
    word = reader.word(run.dialect, exchange.json)
    return word is not None and reader.phase(run.dialect, exchange.json) is None


async def _stage(run: Collector, task: Task) -> None:
    for probe in run.plan.probes.values():
        if probe.of == task.probe.key and probe.when == When(task.phase or ""):
            await stages.staged(run, probe)
            after = [
                each
                for each in run.plan.probes.values()
                if each.of == task.probe.key and each.when == When(task.phase or "", after=True)
            ]
            for each in after:
                await run.try_send(each)
