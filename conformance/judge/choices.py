"""Judges of what the model chooses: the answer names it, and the clip agrees."""

from collections.abc import Iterator, Mapping
from typing import Any

from conformance.catalogue import orders
from conformance.collect.transcript import Exchange
from conformance.judge import grounds
from conformance.judge.answers import brief, none, place
from conformance.judge.case import Case, Finding, broken, difference, ok, unknown
from conformance.judge.effects import not_made, proportion, see
from conformance.plan import cells
from conformance.plan.probes import Probe


def actual(case: Case) -> Finding:
    """The answer names what the model chose, and the clip agrees."""
    for probe in case.of("create"):
        ended, created = case.ended(probe), case.sent(probe)
        if created is not None and grounds.barred(case, probe):
            continue
        if created is not None and not case.accepted(probe):
            return not_made(case, probe)
        if ended is None:
            return case.skipped() or unknown("its end was not seen", created)
        said = _named(case, probe, ended)
        return next(_misnamed(case, probe), said) if said.state == "ok" else said
    return none(case)


def _misnamed(case: Case, own: Probe) -> Iterator[Finding]:
    """What is wrong with orders of other rows that leave the same choice to a model like it."""
    field = case.expect["field"]
    for probe in case.relevant():
        alike = orders.read(probe.body, field) == orders.read(own.body, field)
        if probe.key == own.key or not alike or probe.key not in case.plan.sure or probe.fate:
            continue
        ended = case.ended(probe) if _bounded(case, probe) else None
        said = _named(case, probe, ended) if ended and case.success(probe) else None
        if said and said.state == "broken":
            what = difference(probe.body, case.dialect.cheapest)
            yield broken(f"{what}: {said.message}", ended)


def _bounded(case: Case, probe: Probe) -> bool:
    """Whether the row's limits are those of an order's model: another may make longer clips."""
    if "least" not in case.expect:
        return True
    named = case.dialect.request.value(probe.body, "model")
    may = [v for v in cells.durations(case.world.catalogue, named) if type(v) is int and v >= 0]
    return bool(may) and case.expect["least"] <= min(may) and max(may) <= case.expect["most"]


def _named(case: Case, probe: Probe, ended: Exchange) -> Finding:
    expect = case.expect
    there, value = orders.at(ended.json, place(expect["at"])[1])
    least, most = expect.get("least", value), expect.get("most", value)
    named = value in expect.get("one_of", (value,))
    whole = "least" not in expect or (type(value) is int and least <= value <= most)
    shaped = not _is_shape(expect) or proportion(value) is not None
    echoed = value == expect["value"]
    if not there or not named or not whole or not shaped or echoed:
        text = f"{expect['at']} is {brief(value) if there else 'missing'}"
        return broken(f"{text}, not {_chosen(expect)}", ended)
    for where in expect.get("shown", ()):
        agrees, text = see(case, probe, where, value)
        if agrees is False:
            return broken(f"the answer says {brief(value)}, but {text}", ended)
    return ok(f"it is {brief(value)}", ended)


def _is_shape(expect: Mapping[str, Any]) -> bool:
    """Whether what a model chooses is the clip's proportion."""
    return "clip aspect" in expect.get("shown", ())


def _chosen(expect: Mapping[str, Any]) -> str:
    """What a model may choose, in words."""
    if "one_of" in expect:
        return f"one of {', '.join(map(brief, expect['one_of']))}"
    if "least" in expect:
        up = f" to {expect['most']}" if "most" in expect else " on"
        return f"a whole number from {expect['least']}{up}"
    if _is_shape(expect):
        return "a proportion such as 16:9"
    return f"another value than {brief(expect['value'])}"
