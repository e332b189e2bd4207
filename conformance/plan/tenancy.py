"""Probes of what another account's key is told of a task."""

from collections.abc import Iterator

from conformance.catalogue.rows import Row
from conformance.plan import tasks
from conformance.plan.probes import Probe, World, query, removal, shared, unknown_id
from conformance.plan.terms import RUNNING


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
