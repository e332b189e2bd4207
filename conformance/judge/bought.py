"""Which cells of model, resolution and ratio a run has not ordered, where orders cost something."""

from collections.abc import Mapping

from conformance.catalogue import orders, reader
from conformance.collect.transcript import Transcript
from conformance.plan import cells
from conformance.plan.stage import Plan

LONGEST = 500  # characters of the cells that are named


def missing(plan: Plan, transcript: Transcript) -> str:
    """A line that says which cells were not bought; empty where all were, or nothing was to be."""
    world = plan.world
    if world.loopback or world.profile == "free" or transcript.meta.get("select"):
        return ""
    known = cells.known(world.catalogue)
    made = [
        probe.body
        for key, found in transcript.by_probe.items()
        if (probe := plan.probes.get(key)) and probe.call == "create" and probe.want == "accept"
        if isinstance(probe.body, Mapping)
        and reader.outcome(world.dialect, found[-1].status, found[-1].json) == "accepted"
    ]
    left = [cell for cell in known if not any(orders.matches(order, cell) for order in made)]
    if not left:
        return ""
    names = ", ".join(" ".join(map(str, cell.values())) for cell in left)
    text = names if len(names) <= LONGEST else f"{names[:LONGEST].rpartition(',')[0]}, …"
    fields = ", ".join(field for field, _ in cells.axes(world.catalogue))
    return f"{len(left)} of {len(known)} cells of {fields} were not bought: {text}"
