"""Judges of answers: shapes, words, constants, moments."""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta, timezone
from itertools import islice
from typing import Any
from urllib.parse import parse_qs, urlsplit

from conformance.catalogue import orders, reader
from conformance.catalogue.wire import Word, same
from conformance.collect.transcript import Exchange
from conformance.judge.case import Case, Finding, broken, ok, spoken, told, unknown
from conformance.plan.terms import when

MOST_WRONG = 4


def evidence(case: Case) -> list[Exchange]:
    """The answers that a row about answers speaks of."""
    call = case.expect.get("call") or place(case.expect["at"])[0]
    return case.answers(call, case.expect.get("phase"))


def place(text: str) -> tuple[str, str]:
    """Call and pointer of a place."""
    call, _, pointer = text.partition(":")
    return call, pointer


def none(case: Case) -> Finding:
    """No answer of the kind was seen."""
    if skipped := case.skipped():
        return skipped
    phase = case.expect.get("phase")
    if case.world.control and (other := _otherwise(case, phase)):
        return broken(f"the task had to be {phase} at the end, and is not: {told(other)}", other)
    for probe in case.of("create"):
        made = case.sent(probe)
        if made is not None and case.outcome(made) == "refused":
            text = f"its order was not taken: {told(made)}"
            if case.row.level in ("observed", "unclear"):
                return Finding("untestable", text, (made.number,))
            return unknown(text, made)
    if not case.plan.groups.get(case.row.id):
        return Finding("missing", "the profile buys no task")
    if phase:
        text = f"no answer about a task that is {phase} was seen"
        if phase in ("queued", "running") and not case.world.control and any(case.seen_ends()):
            return Finding("untestable", f"{text}: its tasks were sooner through with it")
        return unknown(text)
    if bare := _without_link(case):
        return unknown(f"there is no clip to judge: {told(bare)}", bare)
    return unknown("no answer was seen")


def _without_link(case: Case) -> Exchange | None:
    """The answer about a task whose clip is wanted, and that succeeded without a link."""
    for probe in case.of("create"):
        end = case.ended(probe) if "clip" in probe.follow else None
        linked = case.dialect.download or (end and reader.link(case.dialect, end.json))
        if end and case.phase(end) == "succeeded" and not linked:
            return end
    return None


def _otherwise(case: Case, phase: str | None) -> Exchange | None:
    """The last answer about a task that the control plane let end so, and that shows another."""
    for probe in case.of("create"):
        polls = case.polls(probe)
        if polls and phase == "succeeded" and not probe.fate and case.ended(probe) is None:
            return polls[-1]
        if polls and phase == "failed" and probe.fate and probe.fate.end == phase:
            return polls[-1]
    return None


def shape(case: Case) -> Finding:
    """The answer has the documented places with the documented types."""
    found = evidence(case)
    for each in found:
        if not each.is_json:
            return broken(f"{each.short}: the body is no JSON: {spoken(each)}", each)
        if wrong := "; ".join(islice(misshapen(case.expect, each.json), MOST_WRONG)):
            if other := _of_all(case, each):
                return unknown(f"{wrong}: so it is of every task, the matter of {other}", each)
            return broken(f"{each.short}: {wrong}", each)
    return ok(f"{len(found)} answers have that shape", *found[:2]) if found else none(case)


def _of_all(case: Case, each: Exchange) -> str:
    """The row about all tasks that asks for what these lack, where the others lack it likewise."""
    if "when" not in case.expect or case.expect.get("lacks") or case.expect.get("call") != "query":
        return ""
    wrong = {pointer for pointer in case.expect["has"] if not orders.at(each.json, pointer)[0]}
    asked = {pointer: asking(case, "query", pointer) for pointer in wrong}
    own, phase = {probe.key for probe in case.relevant()}, case.expect.get("phase")
    polls = (poll for probe in case.tasks() if probe.key not in own for poll in case.polls(probe))
    others = [poll for poll in polls if phase is None or case.phase(poll) == phase]
    alike = all(not orders.at(poll.json, pointer)[0] for poll in others for pointer in wrong)
    return next(iter(asked.values())) if others and wrong and alike and all(asked.values()) else ""


def asking(case: Case, call: str, pointer: str) -> str:
    """The row that asks for a place in the answers about all tasks, where there is one."""
    phases = (None, case.expect.get("phase"))
    for row in case.plan.rows:
        asks = row.kind == "shape" and row.expect["call"] == call and "when" not in row.expect
        asks = asks and row.expect.get("phase") in phases
        if asks and pointer in row.expect["has"] and row.level in ("must", "should"):
            return row.id
    return ""


def misshapen(expect: Mapping[str, Any], body: Any) -> Iterator[str]:
    """What is wrong with the shape of a body, each with its place."""
    for pointer, types in expect["has"].items():
        there, value = orders.at(body, pointer)
        if not there:
            yield f"{pointer or 'the body'} is missing"
        elif not orders.is_type(value, types):
            yield f"{pointer or 'the body'} {_mistyped(value, types)}"
    for pointer, types in expect.get("may", {}).items():
        there, value = orders.at(body, pointer)
        if there and not orders.is_type(value, types):
            yield f"{pointer} {_mistyped(value, types)}"
    for pointer in expect.get("lacks", ()):
        there, value = orders.at(body, pointer)
        if there and value not in (None, ""):
            yield f"{pointer} is {brief(value)} and should not be there"
    for pointer in expect.get("filled", ()):
        there, value = orders.at(body, pointer)
        if there and not (value.strip() if isinstance(value, str) else value):
            yield f"{pointer} is empty"


def unequal(expect: Mapping[str, Any], body: Any) -> Iterator[str]:
    """What in a body has another value than it has to have, each with its place."""
    for pointer, wanted in expect.get("equals", {}).items():
        there, value = orders.at(body, pointer)
        if not there or value != wanted or type(value) is not type(wanted):
            yield f"{pointer} is {brief(value) if there else 'missing'}, not {brief(wanted)}"


def _mistyped(value: Any, types: str) -> str:
    return f"is {brief(value)}, of type {orders.type_name(value)}, not {types}"


def brief(value: Any) -> str:
    """A value, short enough for a message."""
    text = orders.canonical(value)
    return text if len(text) <= 120 else text[:117] + "…"


def constant(case: Case) -> Finding:
    """One value stands at the place."""
    return _each_value(
        case, lambda value: value == case.expect["value"], repr(case.expect["value"])
    )


def pattern(case: Case) -> Finding:
    """What stands at the place fits the pattern."""
    form = re.compile(case.expect["pattern"])
    return _each_value(
        case, lambda value: isinstance(value, str) and form.search(value), case.expect["pattern"]
    )


def _each_value(case: Case, fits: Any, wanted: str) -> Finding:
    found = evidence(case)
    pointer = place(case.expect["at"])[1]
    for each in found:
        there, value = orders.at(each.json, pointer)
        if not there:
            return broken(f"{each.short}: {pointer} is missing", each)
        if not fits(value):
            return broken(f"{each.short}: {pointer} is {brief(value)}, not {wanted}", each)
    return ok(f"{len(found)} answers have it", *found[:2]) if found else none(case)


def words(case: Case) -> Finding:
    """The words at the place are those of the document."""
    listed = case.expect["words"]
    known = [w for each in listed.values() for w in each] if isinstance(listed, Mapping) else listed
    strange = case.dialect.words.get("tolerated", ())
    noted: list[str] = []
    found = evidence(case)
    pointer = place(case.expect["at"])[1]
    for each in found:
        there, value = orders.at(each.json, pointer)
        if there and _among(value, strange):
            noted.append(str(value))
        elif there and not _among(value, known):
            return broken(
                f"{each.short}: {pointer} is {brief(value)}, none of {', '.join(map(str, known))}",
                each,
            )
        elif not there:
            return broken(f"{each.short}: {pointer} is missing", each)
    more = f"; {', '.join(sorted(set(noted)))} besides, as the code base has" if noted else ""
    return ok(f"{len(found)} answers use them{more}", *found[:2]) if found else none(case)


def _among(value: Any, words: Iterable[Word]) -> bool:
    return any(same(value, each) for each in words)


def identity(case: Case) -> Finding:
    """The answer to a create has a task id."""
    for probe in case.of("create"):
        exchange = case.sent(probe)
        if exchange is None:
            continue
        if reader.task_id(case.dialect, exchange.json):
            return ok("it has", exchange)
        if exchange.status is not None and 200 <= exchange.status < 300:
            return broken(f"no task id in {told(exchange)}", exchange)
        return unknown(told(exchange), exchange)
    return none(case)


def http(case: Case) -> Finding:
    """The call answers with one of the statuses when it succeeds."""
    wanted = case.expect["http"]
    if case.expect["call"] == "create":
        found = case.answers("create")
    else:
        polls = (case.transcript.by_task.get(each.key, ()) for each in case.tasks())
        found = [each for some in polls for each in some if when(each.when).at is None]
    for each in found:
        if each.status is None or each.status in reader.UNSETTLED or each.status >= 500:
            continue
        if each.status not in wanted:
            return broken(f"{each.short}, not {wanted[0]}", each)
    return ok(f"{len(found)} answers have it", *found[:2]) if found else none(case)


def moment(case: Case) -> Finding:
    """The time at the place is that of the order, or of another place, give or take a minute."""
    call, pointer = place(case.expect["at"])
    phase = "succeeded" if case.expect.get("of") else None
    checked = None
    for each in case.answers(call, phase):
        there, value = orders.at(each.json, pointer)
        seconds = _seconds(value, case.expect) if there else None
        if seconds is None:
            return broken(f"{pointer} is {brief(value)} and holds no time", each)
        other = case.expect.get("of")
        usual = orders.at(each.json, place(other)[1])[1] if other else _ordered(case, each)
        if not isinstance(usual, int | float) or abs(seconds - usual) > 60:
            return broken(f"{pointer} says {seconds:.0f}, but it was {usual}", each)
        checked = each
    return ok("it is", checked) if checked else none(case)


def _ordered(case: Case, each: Exchange) -> float | None:
    """When the order came that an answer speaks of, in seconds."""
    made = case.transcript.sent(each.of) if each.of else each
    return made.at / 1000 if made else None


def _seconds(value: Any, expect: Mapping[str, Any]) -> float | None:
    unit = expect["unit"]
    if unit == "s":
        return float(value) if isinstance(value, int) and not isinstance(value, bool) else None
    try:
        if unit == "digits":
            found = re.search(r"\d{14}", str(value))
            hours = int(expect.get("offset", "+00:00")[:3])
            zone = timezone(timedelta(hours=hours))
            text = found[0] if found else ""
            return datetime.strptime(text, "%Y%m%d%H%M%S").replace(tzinfo=zone).timestamp()
        text = parse_qs(urlsplit(str(value)).query).get(unit, [""])[0]
        return datetime.strptime(text, "%Y%m%dT%H%M%S%z").timestamp()
    except ValueError:
        return None


def no_echo(case: Case) -> Finding:
    """No link of the order stands anywhere in an answer."""
    checked = 0
    for probe in case.of("create"):
        created = case.sent(probe)
        if created is None:
            continue
        links = [each for each in orders.strings(created.sent) if "://" in each]
        for each in case.polls(probe):
            checked += 1
            if echoed := [link for link in links if link in set(orders.strings(each.json))]:
                return broken(f"the answer repeats {echoed[0][:120]}", each)
    return ok(f"{checked} answers repeat none") if checked else none(case)
