"""Figures for Prometheus: what was answered, what tasks do, and how soon the store answers."""

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from simulator.clips.spec import Usage
from simulator.control.calls import Asked
from simulator.control.plane import Plane

PREFIX = "seedance_sim"


class Figures(Collector):
    """What was found at one moment."""

    def __init__(self, found: Iterable[Metric]) -> None:
        self._found = list(found)

    def collect(self) -> Iterable[Metric]:
        """The figures, one family after the other."""
        return self._found


async def metrics(plane: Plane, asked: Asked) -> web.Response:
    """Figures for Prometheus, the same from every process of a store, but those of its own clips.

    What is counted is counted since the store is there: with memory, and of clips, since the start.
    """
    asked.parameters()
    loop = asyncio.get_running_loop()
    since = loop.time()
    await plane.engine.store.ping()
    took = GaugeMetricFamily(f"{PREFIX}_store_ping_seconds", "How long the store took to answer.")
    took.add_metric([], loop.time() - since)
    counts = await plane.engine.journal.counted()
    registry = CollectorRegistry()
    registry.register(
        Figures([*_counted(counts), await _tasks(plane), took, *_clips(plane.usage())])
    )
    # The content type has a charset, which aiohttp wants to be told apart.
    return web.Response(
        body=generate_latest(registry), headers={"Content-Type": CONTENT_TYPE_LATEST}
    )


def _counted(counts: Mapping[str, int]) -> list[Metric]:
    """The families of the labels under which exchanges are counted."""
    calls = CounterMetricFamily(
        f"{PREFIX}_requests", "Requests that were answered.", labels=("dialect", "call", "status")
    )
    callbacks = CounterMetricFamily(
        f"{PREFIX}_callbacks", "Tries to call back.", labels=("dialect", "status")
    )
    faults = CounterMetricFamily(f"{PREFIX}_faults", "Faults that happened.", labels=("fault",))
    for label, count in sorted(counts.items()):
        what, _, rest = label.partition(" ")
        names = rest.split(" ")
        if what == "fault":
            faults.add_metric([rest], count)
        elif names[1] == "callback":
            callbacks.add_metric([names[0], names[2]], count)
        else:
            calls.add_metric(names, count)
    return [calls, callbacks, faults]


def _clips(usage: Usage) -> list[Metric]:
    """What this process has rendered, and what its cache is worth."""
    clips = CounterMetricFamily(
        f"{PREFIX}_clips", "Clips that this process gave out.", labels=("source",)
    )
    clips.add_metric(["cache"], usage.cached)
    clips.add_metric(["render"], usage.made)
    held = GaugeMetricFamily(f"{PREFIX}_clip_cache_bytes", "What this process keeps of clips.")
    held.add_metric([], usage.held)
    return [clips, held]


async def _tasks(plane: Plane) -> Metric:
    """How many tasks are in each phase now, each on the clock of its account."""
    found = await plane.engine.tasks()
    clocks = plane.engine.clocks
    now = {account: await clocks.now(account) for account in {task.account for task in found}}
    phases = Counter((task.dialect, task.phase(now[task.account]).value) for task in found)
    family = GaugeMetricFamily(f"{PREFIX}_tasks", "Tasks by phase.", labels=("dialect", "phase"))
    for names, count in sorted(phases.items()):
        family.add_metric(names, count)
    return family
