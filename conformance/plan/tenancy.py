"""Probes of what another account's key is told of a task."""

from collections.abc import Iterator

from conformance.catalogue.rows import Row
from conformance.plan import tasks
from conformance.plan.probes import Probe, World, create, query, removal, shared, unknown_id
from conformance.plan.terms import RUNNING, SUCCEEDED


def tenancy(row: Row, world: World) -> Iterator[Probe]:
    """Calls about an own task with another account's key."""
    own = shared(world)
    yield own
    for call in row.expect["calls"]:
        if call == "query":
            yield query(world, of=own.key, when=RUNNING, auth="second", tag="foreign")
            yield query(world, unknown_id(world), auth="second", tag="stranger")
        elif call == "list":
            yield tasks.listing(world, of=own.key, when=RUNNING, auth="second", tag="foreign")
        else:
            yield removal(world, of=own.key, when=RUNNING, auth="second", tag="foreign")
            yield removal(world, unknown_id(world), auth="second", tag="stranger")
            # What is still running may be refused to anybody, so one that has ended is tried too.
            ended = create(world, tasks.other(world), follow=("query",))
            yield ended
            yield removal(world, of=ended.key, when=SUCCEEDED, auth="second", tag="foreign")
