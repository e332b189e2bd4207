"""The judge of the kind `answered`: status, body and headers of one answer, place by place."""

import re
from collections.abc import Iterator
from typing import Any

from conformance.catalogue import orders
from conformance.collect.transcript import Exchange
from conformance.judge.acceptance import settled
from conformance.judge.answers import brief, misshapen, none
from conformance.judge.case import Case, Finding, broken, ok, otherwise, told, unknown
from conformance.judge.errors import listed
from conformance.plan.answered import TAG
from conformance.plan.probes import Probe

MISSING = object()
BUSY = (429, 502, 503, 504)


def judge(case: Case) -> Finding:
    """The request is answered as the row says."""
    asks = "order" in case.expect
    found = [each for each in case.probes if (each.call == "create" if asks else each.tag == TAG)]
    probe = found[0] if found else None
    each = case.sent(probe) if probe else None
    if probe is None or each is None:
        return case.skipped() or none(case)
    if not _met(case, probe):
        return unknown(f"no answer about a task that is {case.expect['met']} was seen", each)
    seen = _seen(case, probe, each)
    if hindrance := _hindered(case, probe, each):
        return hindrance
    if each.status not in case.expect["http"]:
        return broken(f"{each.short}: {otherwise(each, case.expect['http'])}", each, seen=seen)
    if wrong := next(_problems(case, each), None):
        return broken(f"{each.short}: {wrong}", each, seen=seen)
    if "shown" in case.expect:
        return _shown(case, probe, each, seen)
    return ok(f"{each.short}", each, seen=seen)


def _met(case: Case, probe: Probe) -> bool:
    """Whether the task was seen in the phase in which it has to have been met before."""
    polls = case.transcript.by_task.get(probe.of, ())
    wanted = case.expect.get("met")
    return wanted is None or any(case.phase(each) == wanted for each in polls)


def _seen(case: Case, probe: Probe, each: Exchange) -> tuple[str, ...]:
    outcome = case.outcome(each) if probe.call == "create" else ""
    if not outcome:
        outcome = "accepted" if each.status is not None and each.status < 400 else "refused"
    return f"http {each.status}", f"code {each.code}", outcome


def _hindered(case: Case, probe: Probe, each: Exchange) -> Finding | None:
    """Where the answer says nothing of the row: there is none, or it speaks of the hour."""
    if each.status is None:
        return unknown(told(each), each)
    if each.status in case.expect["http"]:
        return None
    if each.status in BUSY:
        return unknown(f"{told(each)}, which says nothing of the request", each)
    if probe.call == "create" and probe.want == "accept":
        verdict, why = settled(case, probe, each)
        return unknown(why, each) if verdict == "open" else None
    return None


def _problems(case: Case, each: Exchange) -> Iterator[str]:
    """What of the answer is not as the row says."""
    expect = case.expect
    if "code" in expect and not listed(code := each.code, expect["code"]):
        yield f"the code is {brief(code)}, not {' or '.join(map(str, expect['code']))}"
    yield from misshapen({"has": {}, **expect}, each.json)
    for pointer, wanted in expect.get("equals", {}).items():
        wanted = None if wanted == orders.NULL else wanted
        value = _value(each, pointer)
        if value != wanted or type(value) is not type(wanted):
            yield f"{pointer} is {_said(value)}, not {brief(wanted)}"
    for pointer, form in expect.get("fits", {}).items():
        value = _value(each, pointer)
        if value is MISSING or not re.search(form, value if isinstance(value, str) else str(value)):
            yield f"{pointer or 'the body'} is {_said(value)}, not {form}"
    yield from _together(case, each)
    yield from _headers(case, each)


def _together(case: Case, each: Exchange) -> Iterator[str]:
    """Places that have to carry one value, or that of a header."""
    agree = case.expect.get("agree", ())
    values = [_value(each, pointer) for pointer in agree]
    if any(value is MISSING or value != values[0] for value in values):
        yield f"{' and '.join(agree)} are {', '.join(map(_said, values))}"
    for pointer, name in case.expect.get("carries", {}).items():
        value, wanted = _value(each, pointer), each.headers.get(name.lower(), "")
        if not wanted or wanted not in str(value):
            yield f"{pointer} is {_said(value)}, without the header {name}, which is {wanted!r}"


def _headers(case: Case, each: Exchange) -> Iterator[str]:
    for name, form in case.expect.get("headers", {}).items():
        value = each.headers.get(name.lower())
        if value is None:
            yield f"there is no header {name}"
        elif not re.search(form, value):
            yield f"the header {name} is {value[:160]!r}, not {form}"
    for name in case.expect.get("without", ()):
        if name.lower() in each.headers:
            yield f"there is a header {name}: {each.headers[name.lower()][:160]!r}"


def _value(each: Exchange, pointer: str) -> Any:
    """What stands at a place; the whole body, where it is no JSON, is its text."""
    if not pointer and not each.is_json:
        return each.text
    there, value = orders.at(each.json, pointer)
    return value if there else MISSING


def _said(value: Any) -> str:
    return "missing" if value is MISSING else brief(value)


def _shown(case: Case, probe: Probe, each: Exchange, seen: tuple[str, ...]) -> Finding:
    """The finished task of the order shows what the order asked."""
    body, end = case.success(probe), case.ended(probe)
    if body is None:
        return unknown("the task's success was not seen", end or each)
    for pointer, wanted in case.expect["shown"].items():
        there, value = orders.at(body, pointer)
        if not there or value != wanted or type(value) is not type(wanted):
            text = f"the task's {pointer} is {_said(value if there else MISSING)}"
            return broken(f"{text}, not {brief(wanted)}", each, end, seen=seen)
    return ok("the task shows what was asked", each, end, seen=seen)
