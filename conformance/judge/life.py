"""Judges of a task's life: transitions, progress, reads, who sees it, how long it is kept."""

import re
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from conformance.catalogue import orders, reader
from conformance.collect.transcript import Exchange
from conformance.judge.answers import brief, misshapen, none, place, unequal
from conformance.judge.case import Case, Finding, broken, ok, told, unknown
from conformance.judge.errors import listed
from conformance.judge.lists import items
from conformance.plan.probes import Probe


def transitions(case: Case) -> Finding:
    """A task moves along the chain and never back; an end is never left."""
    chain = [[each] if isinstance(each, str) else list(each) for each in case.expect["chain"]]
    final = list(case.expect.get("final", ()))
    if not any(set(each) & set(final) for each in chain):
        chain.append(final)
    rank = {phase: number for number, phases in enumerate(chain) for phase in phases}
    watched = 0
    for probe in case.tasks():
        before: Exchange | None = None
        for each in case.polls(probe):
            now, was = case.phase(each), case.phase(before) if before else None
            if now is None:
                continue
            if was in final and now != was:
                return broken(f"a task that was {was} is {now}", before, each)
            if was and rank.get(now, 99) < rank.get(was, -1):
                return broken(f"a task that was {was} is {now} again", before, each)
            before = each
        watched += before is not None
    return ok(f"{watched} tasks were watched") if watched else none(case)


def progress(case: Case) -> Finding:
    """Progress has its form, its bounds, and the values that go with the words."""
    expect = case.expect
    call, pointer = place(expect["at"])
    found = case.answers(call)
    checked = 0
    for each in found:
        there, value = orders.at(each.json, pointer)
        if wrong := _progress_problem(case, each, there, value):
            return broken(f"{each.short}: {pointer} {wrong}", each)
        checked += _applies(case, each)
    if expect.get("rising"):
        return _rising(case, pointer)
    if not checked:
        return none(case)
    return ok(f"{checked} answers have it", *found[:1])


def _applies(case: Case, each: Exchange) -> bool:
    by_word = case.expect.get("by_word")
    return by_word is None or str(reader.word(case.dialect, each.json)) in by_word


def _progress_problem(case: Case, each: Exchange, there: bool, value: Any) -> str | None:
    expect = case.expect
    by_word = expect.get("by_word")
    if by_word is not None:
        word = str(reader.word(case.dialect, each.json))
        open_ = value is None and _may_be_null(expect)
        if word in by_word and value not in by_word[word] and not open_:
            return f"is {brief(value)} at {word}, not {' or '.join(map(str, by_word[word]))}"
        return None
    if value is None and (case.phase(each) in reader.BADLY or _may_be_null(expect)):
        return None
    if not there:
        return "is missing" if "type" in expect or "least" in expect else None
    if "type" in expect and not orders.is_type(value, expect["type"]):
        return f"is {brief(value)}, not of type {expect['type']}"
    if "pattern" in expect and not re.search(expect["pattern"], str(value)):
        return f"is {brief(value)}, not {expect['pattern']}"
    if "least" in expect and not expect["least"] <= value <= expect["most"]:
        return f"is {brief(value)}, not from {expect['least']} to {expect['most']}"
    return None


def _may_be_null(expect: Mapping[str, Any]) -> bool:
    """Whether a progress that is null says no more than that nothing is known of it."""
    return "null" in str(expect.get("type", "")).split("|")


def _rising(case: Case, pointer: str) -> Finding:
    watched = 0
    for probe in case.tasks():
        last = -1.0
        for each in case.polls(probe):
            value = orders.at(each.json, pointer)[1]
            if case.phase(each) in reader.BADLY:
                continue
            if isinstance(value, int) and value < last:
                return broken(f"{pointer} fell from {last:g} to {value}", each)
            last = value if isinstance(value, int) else last
            watched += 1
    return ok(f"it never fell in {watched} answers") if watched else none(case)


def stable(case: Case) -> Finding:
    """Two reads of a task at one time are alike.

    One that is not finished may move on between them, though not back, unless the row keeps it
    still: a gateway may ask the model behind it because it is read, and learn of the end by that.
    """
    frozen = case.transcript.fact("clock") is not None
    pairs = 0
    for probe in case.of("create"):
        polls = case.polls(probe)
        for one, two in pairwise(polls):
            alike = one.at == two.at if frozen else case.phase(one) in reader.FINAL
            if not alike or case.phase(one) != case.phase(two):
                if frozen and alike and not _may_follow(case, one, two):
                    return broken("the phase changed while time stood still", one, two)
                continue
            pairs += 1
            if wrong := _differs(case, one, two, frozen):
                return broken(f"two reads differ at {wrong}", one, two)
    return ok(f"{pairs} pairs of reads were alike") if pairs else none(case)


def _may_follow(case: Case, one: Exchange, two: Exchange) -> bool:
    """Whether a gateway may tell the one, and the other at once after it.

    A word without a phase is what one says that has not asked the model behind it yet.
    """
    first, second = case.phase(one), case.phase(two)
    if first in reader.FINAL or second is None or case.expect.get("still"):
        return False
    return first is None or reader.ONWARDS.index(first) < reader.ONWARDS.index(second)


def _differs(case: Case, one: Exchange, two: Exchange, frozen: bool) -> str | None:
    first, second = _flat(one.json, frozen), _flat(two.json, frozen)
    pointers = case.expect.get("at")
    for key in dict.fromkeys([*first, *second]):
        if pointers and key not in pointers:
            continue
        if first.get(key) != second.get(key):
            return f"{key}: {brief(first.get(key))}, then {brief(second.get(key))}"
    return None


def _flat(value: Any, frozen: bool, head: str = "") -> dict[str, Any]:
    if isinstance(value, dict) and value:
        parts = (_flat(item, frozen, f"{head}/{key}") for key, item in value.items())
        return {key: item for part in parts for key, item in part.items()}
    if isinstance(value, list) and value:
        parts = (_flat(item, frozen, f"{head}/{key}") for key, item in enumerate(value))
        return {key: item for part in parts for key, item in part.items()}
    if isinstance(value, str) and "://" in value and not frozen:
        return {head: "a link"}
    return {head: value}


def gone(case: Case, each: Exchange) -> bool:
    """Whether an answer is that of something that is not there."""
    return each.status in (400, 403, 404, 410)


def kept(case: Case) -> Finding:
    """The task is there until shortly before its time."""
    found = [each for probe in case.of("query") if (each := case.sent(probe))]
    if not found:
        return none(case)
    each = found[-1]
    if gone(case, each):
        return broken(f"it is gone before its time: {told(each)}", each)
    return ok("it is still there", each)


def lifetime(case: Case) -> Finding:
    """Something is there before its time is over, and not after."""
    found = [(probe, each) for probe in case.probes if (each := case.sent(probe))]
    timed = {at: (probe, each) for probe, each in found if (at := probe.when.at) is not None}
    if len(timed) < 2:
        return case.skipped() or none(case)
    moments = sorted(timed)
    (_, early), (late_probe, late) = timed[moments[0]], timed[moments[-1]]
    if late_probe.call == "list":
        return _listed(case, early, late)
    seen = (f"http {late.status}",)
    if early.status is None or late.status is None:
        return unknown("one of the calls had no answer", early, late)
    if gone(case, early):
        return broken(f"it ended before its time: {told(early)}", early, seen=("sooner",))
    if not gone(case, late):
        text = f"it is there after its time: HTTP {late.status}"
        longer = (*seen, "longer")
        return broken(text, late, seen=longer) if late.status < 500 else _late(late, seen)
    text = f"it was there, and then {told(late, 80)}"
    return ok(text, early, late, seen=(*seen, "ended"))


def _late(each: Exchange, seen: tuple[str, ...]) -> Finding:
    """A fault of the server where a refusal is due: no fail, since the thing is not given."""
    text = f"after its time it is answered with HTTP {each.status}, which blames the server"
    return Finding("late", text, (each.number,), seen)


def _listed(case: Case, early: Exchange, late: Exchange) -> Finding:
    def total(each: Exchange) -> int:
        held = items(case, each)
        return -1 if held is None else len(held)

    if total(early) <= 0:
        return broken("the list was empty before its time", early)
    if total(late) > 0:
        return broken(f"the list still holds {total(late)} records", late)
    return ok("the list ended with its time", early, late)


def expiry(case: Case) -> Finding:
    """A task that is not finished in time ends in the phase, and not sooner."""
    found = {probe.tag: each for probe in case.of("query") if (each := case.sent(probe))}
    before, after = found.get("before"), found.get("after")
    if before is None or after is None:
        return case.skipped() or none(case)
    if case.phase(before) in reader.FINAL:
        return broken(f"it was {case.phase(before)} before its time", before)
    if case.phase(after) != case.expect["phase"]:
        return broken(f"it is {case.phase(after)}, not {case.expect['phase']}", after)
    return ok(f"it became {case.expect['phase']} in time", before, after)


def deleted(case: Case) -> Finding:
    """A task in that phase is deleted, cancelled or left as the document says."""
    expect = case.expect
    tag = "again" if expect["phase"] == "cancelled" else ""
    probe = next((each for each in case.of("delete") if each.tag == tag), None)
    each = case.sent(probe) if probe else None
    if each is None or probe is None:
        return case.skipped() or none(case)
    seen = (f"http {each.status}", "has delete:" if each.size else "lacks delete:")
    if "http" in expect and each.status not in expect["http"]:
        return broken(f"{told(each)}, not HTTP {expect['http'][0]}", each, seen=seen)
    if "code" in expect and not listed(code := each.code, expect["code"]):
        return broken(f"the code is {code!r}, not {expect['code'][0]}", each, seen=seen)
    if "has" in expect and (wrong := next(misshapen(expect, each.json), None)):
        return broken(f"{each.short}: {wrong}", each, seen=seen)
    if wrong := next(unequal(expect, each.json), None):
        return broken(f"{each.short}: {wrong}", each)
    if expect.get("unlisted"):
        return _unlisted(case, each)
    if "then" in expect:
        return _afterwards(case, probe, each, expect["then"])
    return ok(told(each), each, seen=seen)


def _afterwards(case: Case, probe: Probe, each: Exchange, then: str) -> Finding:
    check = next((case.sent(p) for p in case.probes if p.tag == "deleted"), None)
    if check is None:
        return none(case)
    now = case.phase(check)
    if then == "unknown-task":
        if not gone(case, check):
            return broken(f"the deleted task is still there: HTTP {check.status}", each, check)
        if not any(map(case.polls, case.tasks())):  # a refusal beside no answer shows nothing
            return unknown(f"no task of the run could be read: {told(check)}", check)
    elif now is None and not gone(case, check):
        return unknown(f"how it stands afterwards cannot be read: {told(check)}", check)
    elif now is None:
        return broken(f"afterwards it cannot be read: {told(check)}", each, check)
    elif now != then:
        return broken(f"it is {now} afterwards, not {then}", each, check)
    return ok(f"{told(each, 60)}, and then it is {then}", each, check)


def _unlisted(case: Case, each: Exchange) -> Finding:
    """A list that is read after the deletion does not hold the task."""
    check = next((case.sent(p) for p in case.probes if p.tag == "unlisted"), None)
    held = items(case, check) if check else None
    if check is None or held is None:
        return unknown("no list was seen after the deletion", each)
    if any(orders.first_at(item, case.dialect.id["query"]) == check.task for item in held):
        return broken(f"{check.url}: the deleted task is still among its items", each, check)
    return ok(f"{told(each, 60)}, and no list has the task after that", each, check)


def wish(probe: Probe) -> dict[str, Any]:
    """What the control plane was asked to do with a task."""
    return probe.fate.plan if probe.fate else {}
