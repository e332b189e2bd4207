"""Probes of the kind that holds orders against the balance of the key: readings around them.

A balance is one number for all that a key does, so an order that is to be judged on its own is
placed when nothing else of the run is under way; and before it the balance is read twice, so that
one which moves by itself is known to.
"""

from collections.abc import Iterator
from dataclasses import replace

from conformance.catalogue.rows import Row
from conformance.plan import tasks, terms
from conformance.plan.probes import Probe, World, create, shared

CALL = "balance"
ALONE = "alone"  # an order with nothing beside it
RUN = START, END = "start", "end"
OWN = QUIET, BEFORE, HELD, AFTER, LATER = "quiet", "before", "held", "after", "later"
# The readings that an order stands between.
FIRST, LAST = (START, BEFORE), (END, LATER)


def balance(row: Row, world: World) -> Iterator[Probe]:
    """The order whose price is judged, or the shared one for all; and the readings around it."""
    if row.expect["on"] == "run":
        order = shared(world)
    else:
        failed = row.expect["on"] == "failed"
        fate = terms.fate(end="failed") if failed else None
        made = create(world, tasks.other(world), follow=("query",), fate=fate)
        order = replace(made, tag=ALONE)
    yield order
    call = world.dialect.credits
    assert call is not None  # the head of the dialect has it where a row is of this kind
    for tag in RUN if row.expect["on"] == "run" else OWN:
        yield Probe(CALL, call.method, call.path, of=order.key, tag=tag)
