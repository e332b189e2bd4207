"""Collecting with a control plane: outcomes are asked for, and time is moved, not waited for."""

import asyncio
import contextlib
import re
from collections.abc import Callable, Sequence
from typing import Any

from conformance.catalogue import orders
from conformance.collect import balances, delivery, echoes, ordering, stages
from conformance.collect.collector import Collector
from conformance.collect.control import Control, ControlError
from conformance.collect.ordering import QUEUE, RUN, continues, wording
from conformance.collect.tasks import Task
from conformance.plan.probes import Probe
from conformance.plan.terms import When

SECOND = 1_000
LATE, PATIENCE = 15_000, 2  # a gateway that looks at the model behind it now and then is late
BILLED = {"billing", "refund"}
REPEATED = re.compile(r"\$callback-(fail|gone)")  # to receivers that somebody calls again


async def collect(run: Collector, control: Control) -> None:
    """Everything that the plan holds, stage by stage on a clock that stands still.

    However it ends, what was asked of the control plane is taken back: other runs follow.
    """
    try:
        await _collected(run, control)
    finally:
        with contextlib.suppress(ControlError):
            await control.leave()


async def _collected(run: Collector, control: Control) -> None:
    start = await control.freeze()
    run.now = lambda: control.now_ms
    run.writer.line("clock", {"now_ms": start, "frozen": True})
    before = len(run.tasks), await control.tasks()
    await balances.begin(run)
    await refusals(run)
    await assets(run, control)
    await ordering.known(run, control, *before)
    await control.advance(SECOND)  # lists are sorted by time: the tasks are not all of one moment
    await ordering.order(run, control)
    await _stages(run, control)
    await _held(run, control)
    await _books(run, control)
    await balances.ask(run)
    await _late(run, control)
    await balances.finish(run, _hands(run, control))
    run.writer.line("end", {"calls": run.transport.calls})


async def refusals(run: Collector) -> None:
    """Everything that is free or has to be refused, rule by rule."""
    probes = run.plan.probes
    groups = [[key for key in keys if _early(probes[key])] for keys in run.plan.groups.values()]
    await asyncio.gather(*(run.group(keys) for keys in groups if keys))


def _early(probe: Probe) -> bool:
    return (
        probe.cost in ("free", "contingent")
        and not continues(probe)
        and not probe.of
        and not probe.when
        and not (probe.call == "asset" or probe.fate)
    )


async def assets(run: Collector, control: Control | None) -> None:
    """The asset calls, in the order in which each needs what the one before gave.

    Without a control plane nobody knows when an asset can be used: no order speaks of it.
    """
    probes = [probe for probe in run.plan.probes.values() if probe.call == "asset"]
    for probe in sorted(probes, key=lambda probe: _turn(run, probe)):
        call = run.dialect.asset(probe.path, probe.body)
        if control and call and call.after:
            await control.advance(call.after * 1000)
        exchange = await run.try_send(probe)
        if exchange is not None and call and probe.tag == "has":
            for name, texts in call.keep.items():
                if control or not name.startswith("$asset-"):
                    _keep(run, name, texts, exchange.json)
    made = any("$asset-image1" in call.keep for call in run.dialect.assets)
    if control and run.dialect.request.asset and not made:
        run.references.known.setdefault("$asset-image1", run.dialect.request.asset)


def _turn(run: Collector, probe: Probe) -> tuple[int, int]:
    """When an asset call is made: as the head lists them, then what reads, then what deletes.

    What is asked about another call comes right after that.
    """
    if before := run.plan.probes.get(probe.of):
        return _turn(run, before)[0], 1
    calls = run.dialect.assets
    if call := run.dialect.asset(probe.path, probe.body):
        return calls.index(call), 0
    return len(calls) + ("POST", "GET", "DELETE").index(probe.method), 0


def _keep(run: Collector, name: str, texts: Sequence[str], body: Any) -> None:
    """Let a placeholder stand for the first of these texts whose place is in the body."""
    for text in texts:
        head, _, rest = text.partition("{")
        pointer, _, tail = rest.partition("}")
        value = orders.at(body, pointer)[1]
        if isinstance(value, str):
            run.references.known[name] = head + value + tail
            return


async def _continued(run: Collector, control: Control) -> None:
    """Orders that continue a draft, once there is one that has succeeded."""
    late = [each for each in run.plan.probes.values() if continues(each)]
    request = run.dialect.request
    made = [each for each in run.tasks.values() if request.value(each.probe.body, "draft") is True]
    # Not every draft is followed to its end, and which comes first is chance.
    if done := next((each for each in made if each.phase == "succeeded"), None):
        run.references.known["$draft"] = done.id
    if late:
        await asyncio.gather(*(run.try_send(probe) for probe in late))
        await _finish(run, control)


async def _stages(run: Collector, control: Control) -> None:
    shared = [task for task in run.tasks.values() if "life" in task.probe.follow]
    for stage, ms in (("queued", 0), ("running", QUEUE + 5_000)):
        if ms:
            await control.advance(ms)
        # A reading may be what lets a gateway tell of the start; after it nothing goes back.
        await _polled(run, shared, times=3 if ms else 1)
        if ms:
            await _patient(run, control, shared, lambda task: task.phase != "queued")
        await stages.at_stage(run, When(stage))
        await stages.at_stage(run, When(stage, after=True))
    await _ends(run, control)
    await _finish(run, control)
    await _continued(run, control)
    await _polled(run, shared, times=2)
    await _patient(run, control, shared, lambda task: task.ended)
    await asyncio.gather(*(delivery.fetch(run, task) for task in _wanted(run, "clip")))
    for stage in ("succeeded", "failed"):
        await stages.at_stage(run, When(stage))
        await stages.at_stage(run, When(stage, after=True))


async def _ends(run: Collector, control: Control) -> None:
    """Move to where the tasks end; slowly, where somebody counts the seconds between callbacks."""
    if not any(REPEATED.search(wording(task.probe)) for task in run.tasks.values()):
        await control.advance(RUN)
        return
    await control.advance(RUN - 5_500)
    for _ in range(20):
        await control.advance(500)


async def _polled(run: Collector, tasks: list[Task], times: int) -> None:
    for task in tasks:
        for _ in range(times):
            await run.poll(task)


async def _patient(
    run: Collector, control: Control, tasks: list[Task], there: Callable[[Task], bool]
) -> None:
    """Give tasks that are not yet where they should be a little more time."""
    for _ in range(PATIENCE):
        late = [task for task in tasks if not there(task)]
        if not late:
            return
        await control.advance(LATE)
        await _polled(run, late, times=1)


async def _finish(run: Collector, control: Control) -> None:
    """Poll what has to be seen to its end; a task that is late gets more time."""
    made = [task.probe for task in run.tasks.values() if not task.probe.fate]
    more = {probe.key for probe in echoes.worth_asking(run.plan, made)}
    for _ in range(3):
        waiting = [
            task
            for task in run.tasks.values()
            if (
                "query" in task.probe.follow
                or task.probe.want == "refuse"
                or task.probe.key in more
            )
            and not task.ended
            and "life" not in task.probe.follow
            and not task.endless
        ]
        if not waiting:
            return
        await asyncio.gather(*(run.poll(task) for task in waiting))
        if any(not task.ended for task in waiting):
            await control.advance(20_000)


async def _held(run: Collector, control: Control) -> None:
    """Orders for which there was no room before, and the clips of these too."""
    fetched = _wanted(run, "clip")
    await ordering.again(run, control)
    late = [task for task in _wanted(run, "clip") if task not in fetched]
    await asyncio.gather(*(delivery.fetch(run, task) for task in late))


def _wanted(run: Collector, what: str) -> list[Task]:
    return [
        task
        for task in run.tasks.values()
        if what in task.probe.follow and (task.phase == "succeeded")
    ]


async def _books(run: Collector, control: Control) -> None:
    """What the control plane's books say of the tasks whose price is judged."""
    users = run.plan.users
    kinds = {row.id: row.kind for row in run.plan.rows}
    for key, task in run.tasks.items():
        paid = any(kinds.get(id) in BILLED for id in users.get(key, ()))
        if paid and (facts := await control.task(task.id)):
            run.writer.line("books", {"of": key, "entries": facts.get("ledger", [])})
    if run.accounts.clean and any(probe.auth == "clean" for probe in run.plan.probes.values()):
        ledger = await control.ledger(run.accounts.clean)
        run.writer.line("books", {"of": "clean", "entries": ledger.get("items", [])})


def _hands(run: Collector, control: Control) -> balances.Hands:
    async def settle(task: Task | None) -> None:
        for _ in range(1 + PATIENCE):
            if task is None or not task.ended:
                await control.advance(QUEUE + RUN + LATE)
            if task is None or task.ended:
                return
            await run.poll(task)

    return balances.Hands(lambda probe: ordering.fated(run, control, probe), settle)


async def _late(run: Collector, control: Control) -> None:
    """Times after the orders: what still is there, and what no longer."""
    first = min((task.created for task in run.tasks.values()), default=control.now_ms)

    def due(probe: Probe) -> int:
        task = run.tasks.get(probe.of)
        return (task.created if task else first) + (probe.when.at or 0) * 1000

    late = [each for each in run.plan.probes.values() if each.when.at is not None]
    for probe in sorted(late, key=due):
        if probe.of and probe.of not in run.tasks and probe.of not in run.uploads:
            continue
        if (ms := due(probe) - control.now_ms) > 0:
            await control.advance(ms)
        await stages.staged(run, probe)
