"""Refusals by the simulator behind a gateway: of its review, and of an account without quota."""

from collections.abc import Iterator

from conformance.catalogue.rows import Row
from conformance.plan import directives
from conformance.plan.probes import Probe, World, create


def reviewed(row: Row, world: World) -> Iterator[Probe]:
    """An order that the upstream behind the gateway refuses, as a directive asks of it.

    An upstream without quota is its gateway's own affair: what a user is told of it is reported,
    and no row is judged by it.
    """
    quota, dialect = row.expect["situation"] == "quota", world.dialect
    if not world.upstream or (quota and row.level not in ("observed", "unclear")):
        return
    code = "quota" if quota else next(iter(row.expect.get("code", ())), "").rstrip("*")
    directive = f"[[sim: refuse={code}]]" if code else "[[sim: refuse]]"
    order = directives.asking(dialect.cheapest, dialect.request, directive)
    yield create(world, order, want="refuse", cost="contingent")
