"""What is sent once a task has come so far: the probes that wait for a stage of it."""

import asyncio

from conformance.collect.collector import Collector
from conformance.collect.transcript import Exchange
from conformance.plan.probes import Probe
from conformance.plan.terms import When
from conformance.untrusted.bounds import USED, is_link


async def at_stage(run: Collector, stage: When) -> None:
    """Send the probes that wait for this stage of the tasks they belong to."""
    waiting = [
        probe for probe in run.plan.probes.values() if probe.when == stage and probe.of in run.tasks
    ]
    await asyncio.gather(*(staged(run, probe) for probe in waiting))


async def staged(run: Collector, probe: Probe) -> Exchange | None:
    """Send a probe about a task, by its link where it speaks of one.

    A moment does not come back: a question that fails is asked once more, as in `Collector.poll`.
    """
    task = run.tasks.get(probe.of)
    if probe.path == "{upload}":
        url = run.uploads.get(probe.of, "")
        return await run.send(probe, url) if is_link(url) else None
    if task is None or probe.path not in USED:
        exchange = await run.try_send(probe)
        lost = exchange is not None and (exchange.status is None or exchange.status >= 500)
        again = lost and probe.call in ("query", "list") and run.plan.world.control
        return await run.send(probe) if again else exchange
    if task.link is None or not is_link(task.link):
        run.skip(probe, "the task has no link", "untestable")
        return None
    if (link := USED[probe.path](task.link)) is None:
        run.skip(probe, "the link does not say when it ends", "untestable")
        return None
    if probe.key in run.answered:
        return None
    run.answered[probe.key] = "pending"
    async with run.slots:
        return await run.send(probe, link)
