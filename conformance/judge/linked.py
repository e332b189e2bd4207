"""The judge of links that an order asks for, where no document says where they stand."""

from collections.abc import Iterator
from typing import Any

from conformance.catalogue import orders
from conformance.judge.answers import none
from conformance.judge.case import Case, Finding, broken, difference, ok
from conformance.plan.probes import Probe, shared
from conformance.untrusted.bounds import is_link


def linked(case: Case) -> Finding:
    """A value of the field adds a link to the finished answer, or adds none."""
    plain = case.success(shared(case.world))
    if plain is None:
        return case.skipped() or none(case)
    usual = set(places(plain))
    found: list[Probe] = []
    for probe in case.of("create"):
        value = orders.value_of(probe.body, case.expect["field"])
        done = case.success(probe)
        if done is None or value is None:
            continue
        more = sorted(set(places(done)) - usual)
        what, end = difference(probe.body, case.dialect.cheapest), case.ended(probe)
        adds = any(value is each or (value == each and type(value) is type(each))
                   for each in case.expect["values"])  # fmt: skip
        if adds and not more:
            return broken(f"{what}: the finished answer has no link more than without it", end)
        if more and not adds:
            return broken(f"{what}: the finished answer has a link at {more[0]} all the same", end)
        found.append(probe)
    return ok(f"{len(found)} answers are so") if found else case.skipped() or none(case)


def places(value: Any, head: str = "") -> Iterator[str]:
    """Where links stand in an answer."""
    if isinstance(value, str) and is_link(value):
        yield head
    inside = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    for key, item in inside:
        yield from places(item, f"{head}/{key}")
