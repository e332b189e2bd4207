"""Probes that order twice under one key, to see whether that is one order."""

from collections.abc import Iterator
from dataclasses import replace

from conformance.catalogue.rows import Row, freeze, thaw
from conformance.plan import tasks
from conformance.plan.probes import Probe, World, create
from conformance.plan.terms import SUCCEEDED

# A run's own: an earlier run's orders must not come back.
VALUE = "seedance-conformance-$run"


def idempotent(row: Row, world: World) -> Iterator[Probe]:
    """An order under a key, and once it is a task the same again, or another one."""
    order = thaw(world.dialect.cheapest)
    headers = ((row.expect["header"], VALUE),)
    first = replace(create(world, order), headers=headers, cost="own", follow=frozenset({"query"}))
    yield first
    other = tasks.other(world) if row.expect.get("other") else order
    tag = "other" if row.expect.get("other") else "again"
    yield replace(
        first,
        body=freeze(other),
        of=first.key,
        when=SUCCEEDED,
        tag=tag,
        want="refuse" if row.expect.get("other") else "see",
        cost="contingent",
        follow=frozenset(),
    )
