"""The judge of links that an order asks for, where no document says where they stand."""

from collections.abc import Iterator
from typing import Any

from conformance.catalogue import orders
from conformance.catalogue.wire import same
from conformance.judge.answers import none
from conformance.judge.case import Case, Finding, broken, difference, ok, unknown
from conformance.plan.probes import Probe, shared
from conformance.untrusted.bounds import is_link


def linked(case: Case) -> Finding:
    """A value of the field adds a link to the finished answer, or adds none."""
    plain = case.success(shared(case.world))
    if plain is None:
        return case.skipped() or none(case)
    usual, watched = set(_beside_the_clip(case, plain)), 0
    for probe in (*case.of("create"), *_others(case)):
        value, done = orders.value_of(probe.body, case.expect["field"]), case.success(probe)
        if done is None or value is None:
            continue
        more = sorted(set(_beside_the_clip(case, done)) - usual)
        what, end = difference(probe.body, case.dialect.cheapest), case.ended(probe)
        if more and not _adds(case, value):
            return broken(f"{what}: the finished answer has a link at {more[0]} all the same", end)
        if not more and _adds(case, value) and usual:
            return unknown(f"{what}: which of its links was asked for cannot be told", end)
        if not more and _adds(case, value):
            return broken(f"{what}: the finished answer has no link more than without it", end)
        watched += 1
    return ok(f"{watched} answers are so") if watched else case.skipped() or none(case)


def _others(case: Case) -> Iterator[Probe]:
    """The orders of other rows that ask for a link too: one may be lost at one of their values."""
    own = {probe.key for probe in case.of("create")}
    for probe in case.relevant():
        sure = probe.key in case.plan.sure and probe.key not in own and not probe.name
        if sure and _adds(case, orders.value_of(probe.body, case.expect["field"])):
            yield probe


def _adds(case: Case, value: Any) -> bool:
    """Whether a value asks for a link: true is not "true"."""
    return any(same(value, each) for each in case.expect["values"])


def _beside_the_clip(case: Case, body: Any) -> Iterator[str]:
    """The places of the links that do not lead to the clip."""
    clip = str(orders.first_at(body, case.dialect.answer["clip"])).partition("?")[0]
    return (place for place, link in links(body) if link.partition("?")[0] != clip)


def links(value: Any, head: str = "") -> Iterator[tuple[str, str]]:
    """The links of an answer, each with its place."""
    if isinstance(value, str) and is_link(value):
        yield head, value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from links(item, f"{head}/{key}")
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from links(item, f"{head}/{number}")
