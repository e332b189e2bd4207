"""Orders with a control plane: each is asked an end for, and waits where there is no room yet."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterable

from conformance.catalogue import orders
from conformance.collect.collector import Collector
from conformance.collect.control import Control, ControlError
from conformance.collect.texts import UsageError
from conformance.plan.balances import ALONE
from conformance.plan.probes import Probe
from conformance.plan.xray import TAG

QUEUE, RUN = 10_000, 60_000
ROUNDS = 100  # of at least one order each, for endpoints that take only so many at a time
WAVES = 4
STEADY = {"queue": f"{QUEUE}ms", "run": f"{RUN}ms", "end": "succeeded"}


async def known(run: Collector, control: Control, made: int, had: int) -> None:
    """Refuse a control plane that is of another server: it would plan and wait for others' tasks.

    Ids are no sign: a server may give its own, and a gateway may hand on those of its upstream.
    So a task more than were `made` is ordered, and has to be one more than the key `had` there.
    """
    async with _steady(run, control):
        for probe in _usual(run):
            if len(run.tasks) > made:
                break
            await run.try_send(probe)
    if len(run.tasks) > made and await control.tasks() <= had:
        raise UsageError(
            f"the control plane at {control.root} knows no task of this run's key: it is not of "
            f"the server at {run.base}. Leave it out with --control none: the run then waits in "
            "real time"
        )


def bought(run: Collector) -> list[Probe]:
    """What is ordered at once with others."""
    found = (each for each in run.plan.probes.values() if each.cost in ("own", "shared"))
    return [each for each in found if each.tag not in (ALONE, TAG)]


def _usual(run: Collector) -> list[Probe]:
    """The orders whose end is the usual one, the shared one first."""
    usual = [each for each in bought(run) if not each.fate and not continues(each)]
    return sorted(usual, key=lambda probe: probe.cost != "shared")


async def order(run: Collector, control: Control) -> None:
    """Everything that is bought, and continues nothing."""
    for probe in bought(run):
        if probe.fate and probe.key not in run.answered:
            await fated(run, control, probe)
    await _together(run, control, _usual(run))


async def _together(run: Collector, control: Control, usual: Iterable[Probe]) -> None:
    async with _steady(run, control):
        await asyncio.gather(*(run.try_send(probe) for probe in usual))


@contextlib.asynccontextmanager
async def _steady(run: Collector, control: Control) -> AsyncIterator[None]:
    """Let orders meanwhile have the usual end; where this is cut off, `leave` takes it back."""
    plan = await control.plan(STEADY, run.dialect.name, None)
    yield
    await control.unplan(plan)


async def fated(run: Collector, control: Control, probe: Probe) -> None:
    """Order with the end that a probe asks for, else with the usual one."""
    wish = probe.fate.plan if probe.fate else {}
    plan = await control.plan({"queue": "10s", "run": "60s", **wish}, run.dialect.name)
    exchange = await run.try_send(probe)
    if exchange is None or run.answered.get(probe.key) != "accepted":
        try:
            await control.unplan(plan)
        except ControlError:
            return


async def again(run: Collector, control: Control) -> None:
    """Orders for which there was no room: again and again, once those that took it have ended."""
    if run.held:
        await _ended(run, control)
    for _ in range(ROUNDS):
        if not run.held:
            return
        waiting, run.held = run.held, []
        for probe in waiting:
            if probe.fate:
                await fated(run, control, probe)
        await _together(run, control, (each for each in waiting if not each.fate))
        await _ended(run, control)


async def _ended(run: Collector, control: Control) -> None:
    """Let the tasks end; those that wait for others need as long again."""
    for _ in range(WAVES):
        if not run.unended:
            return
        await control.advance(QUEUE + RUN)
        await asyncio.gather(*(run.poll(task) for task in run.unended))


def continues(probe: Probe) -> bool:
    """Whether an order speaks of an earlier task of the account."""
    return probe.call == "create" and ("$draft" in wording(probe) or "$task" in wording(probe))


def wording(probe: Probe) -> str:
    """An order's body as text, for placeholders to be looked for."""
    return orders.canonical(probe.body)
