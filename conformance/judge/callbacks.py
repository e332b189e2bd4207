"""Judges of callbacks: whether they come, with what, and what follows when nobody takes them."""

from collections.abc import Container, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

from conformance.catalogue import documents, orders, reader
from conformance.collect.transcript import Exchange
from conformance.judge.answers import brief, misshapen, none
from conformance.judge.case import Case, Finding, broken, ok, unknown
from conformance.plan.probes import Probe
from conformance.untrusted.bounds import is_link

Facts = Sequence[Mapping[str, Any]]
FOLLOWS = {"has", "then", "equals", "retries", "only"}
TWICE = 0.25  # seconds
WORST = ("broken", "unknown", "missing", "untestable", "ok")


def judge(case: Case) -> Finding:
    """What the row promises of callbacks held for each of its tasks, a broken promise first."""
    found = [each for probe in case.of("create") if (each := _ordered(case, probe))]
    return min(found, key=lambda each: WORST.index(each.state)) if found else none(case)


def _ordered(case: Case, probe: Probe) -> Finding:
    """What became of an order with an address, and of its callbacks where it is a task."""
    if case.accepted(probe):
        return _one(case, probe)
    exchange = case.sent(probe)
    if exchange is None:
        return case.skipped() or none(case)
    text = f"the receiver's address was not taken: {exchange.short}"
    return Finding("untestable", text, (exchange.number,))


def _one(case: Case, probe: Probe) -> Finding:
    ended = case.ended(probe)
    if ended is None:
        return unknown("the end of its task was not seen", case.sent(probe))
    got = case.transcript.facts_of("callback", probe.key)
    return _absent(case, probe, ended, got) or _told(case, probe, ended, got)


def _absent(case: Case, probe: Probe, ended: Exchange, got: Facts) -> Finding | None:
    """A callback that did not come; or an end of which the row promises nothing."""
    phase = case.phase(ended)
    for each in _wanted(case, probe, phase):
        if not any(_phase(case, one) in (each, None) for one in got):
            text = f"no callback came that says {each}"
            if others := case.transcript.facts_of("callback", ""):
                text += f", and {len(others)} came for ids that no create has named"
            if FOLLOWS & case.expect.keys():  # another row is about the call itself
                return unknown(text, ended)
            return broken(text, ended, seen=_seen(case, got))
    if not _covered(case, phase):
        return unknown(f"its task is {phase}, and the row says nothing of callbacks then", ended)
    return None


def _covered(case: Case, end: str | None) -> bool:
    """Whether the row is about tasks that end so; an end without a word is shown as another."""
    shown = {each if each in case.dialect.words else case.dialect.wordless for each in _on(case)}
    return end in {*_on(case), *shown}


def _told(case: Case, probe: Probe, ended: Exchange, got: Facts) -> Finding:
    """What the callbacks of a task say, and how many came."""
    expect, phase = case.expect, case.phase(ended)
    final = [one for one in got if _phase(case, one) in (phase, None)]
    wrong = None
    if "retries" in expect:
        moments = [each["at"] / 1000 for each in final]
        if case.row.level == "must":
            moments = _attempts(moments)
        wrong = _retries(expect["retries"], expect.get("most", expect["retries"]), moments)
    if not wrong and expect.get("only"):
        wrong = _besides(case, probe, phase, got)
    if not wrong and final:
        wrong = _unsaid(case, final[-1], ended)
    if wrong:
        return broken(wrong, ended, seen=_seen(case, got))
    return ok(f"{len(got)} callbacks came", ended, seen=_seen(case, got))


def _unsaid(case: Case, last: Mapping[str, Any], ended: Exchange) -> str | None:
    """What the last callback of an end says otherwise than it should."""
    body, expect = last["body"], case.expect
    if "has" in expect and (lack := next(misshapen({"has": expect["has"]}, body), None)):
        return f"the callback: {lack}"
    if expect.get("equals") == "query":
        known = documents.shown_keys(case.dialect.name)
        if differs := next(unlike(body, ended.json, known), None):
            return f"the callback is not what the query answers: {differs}"
    if expect.get("then") == "query" and _phase(case, last) not in (case.phase(ended), None):
        return "a query right after it says something else"
    return None


def _on(case: Case) -> Sequence[str]:
    phases: Sequence[str] = case.expect["on"]
    return phases


def _wanted(case: Case, probe: Probe, end: str | None) -> list[str]:
    """The phases that a task was in: its end, and what came before, as far as that is certain.

    Where nobody moves the clock, a task may be through with a phase before anybody can see it.
    """
    seen = {case.phase(each) for each in case.polls(probe)} | {end}
    if case.transcript.fact("clock") and _covered(case, end):  # it went as it was asked to
        seen |= {"queued", "running"}
    return [each for each in _on(case) if each in seen]


def _besides(case: Case, probe: Probe, end: str | None, got: Facts) -> str | None:
    """What is wrong with the number of callbacks, or with what they are about."""
    wanted = _wanted(case, probe, end)
    for one in got:
        phase = _phase(case, one)
        if phase not in (*_on(case), None):
            return f"a callback came that says {phase}, and only {' and '.join(wanted)} is promised"
    if len(got) != len(wanted):
        return f"{len(got)} callbacks came, not {len(wanted)}"
    return None


def unlike(told: Any, asked: Any, known: Container[str], place: str = "") -> Iterator[str]:
    """Where a callback differs from an answer.

    Of links only what is no signature counts, and of keys that only one of them has only those
    that the documents show: more keys are never a fault, wherever they are.
    """
    where = place or "the body"
    if isinstance(told, Mapping) and isinstance(asked, Mapping):
        for key in dict.fromkeys([*asked, *told]):
            if key not in told or key not in asked:
                if key not in known:
                    continue
                lack = "lacks" if key not in told else "has"
                yield f"it {lack} {place}/{key}"
            else:
                yield from unlike(told[key], asked[key], known, f"{place}/{key}")
    elif isinstance(told, list) and isinstance(asked, list) and len(told) == len(asked):
        for number, pair in enumerate(zip(told, asked, strict=True)):
            yield from unlike(*pair, known, f"{place}/{number}")
    elif _plain(told) != _plain(asked) or type(told) is not type(asked):
        yield f"{where} is {brief(told)}, and the query has {brief(asked)}"


def _plain(value: Any) -> Any:
    return value.partition("?")[0] if isinstance(value, str) and is_link(value) else value


def _phase(case: Case, fact: Mapping[str, Any]) -> str | None:
    return reader.phase(case.dialect, fact["body"])


def _seen(case: Case, got: Facts) -> tuple[str, ...]:
    lines = ["accepted" if got else "refused"]
    asked = [line.partition(" callback:") for line in case.expect.get("shows", ())]
    for place in dict.fromkeys(place for _, named, place in asked if named):
        there = bool(got) and orders.at(got[-1]["body"], place)[0]
        lines.append(f"{'has' if there else 'lacks'} callback:{place}")
    return tuple(lines)


def _retries(wanted: int | Sequence[float], most: Any, moments: Sequence[float]) -> str | None:
    number = wanted if isinstance(wanted, int) else len(wanted)
    more = most if isinstance(most, int) else number
    if not number + 1 <= len(moments) <= more + 1:
        or_more = f" to {more + 1}" if more > number else ""
        return f"{len(moments)} callbacks came, not {number + 1}{or_more}"
    if isinstance(wanted, int):
        return None
    gaps = [round(later - sooner, 1) for sooner, later in pairwise(moments)]
    since = [round(moment - moments[0], 1) for moment in moments[1:]]
    if not _close(gaps, wanted) and not _close(since, wanted):
        return f"the gaps are {brief(gaps)} s, not {brief(list(wanted))}"
    return None


def _attempts(moments: Sequence[float]) -> list[float]:
    """The seconds at which callbacks came, one that was told twice at once counted once.

    No document plainly forbids that: it breaks what should hold, and no must.
    """
    found: list[float] = []
    for each in moments:
        if not found or each - found[-1] > TWICE:
            found.append(each)
    return found


def _close(seconds: Sequence[float], wanted: Sequence[float]) -> bool:
    return all(abs(each - other) <= 0.75 for each, other in zip(seconds, wanted, strict=True))
