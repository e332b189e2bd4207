"""Judges of callbacks: whether they come, with what, and what follows when nobody takes them."""

from collections.abc import Container, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

from conformance.catalogue import documents, orders, reader
from conformance.judge.answers import brief, misshapen, none
from conformance.judge.case import Case, Finding, broken, ok, unknown
from conformance.plan.probes import Probe
from conformance.untrusted.bounds import is_link

SAYS = {"has", "then", "equals"}  # what the last callback says
FOLLOWS = {*SAYS, "retries", "only"}


def judge(case: Case) -> Finding:
    """What the row promises of callbacks held for each of its tasks."""
    last: Finding | None = None
    for probe in case.of("create"):
        if not case.accepted(probe):
            exchange = case.sent(probe)
            if exchange is None:
                return case.skipped() or none(case)
            text = f"the receiver's address was not taken: {exchange.short}"
            return Finding("untestable", text, (exchange.number,))
        last = _one(case, probe)
        if last.state != "ok":
            return last
    return last or none(case)


def _one(case: Case, probe: Probe) -> Finding:  # noqa: C901 (one question after the other)
    expect, ended = case.expect, case.ended(probe)
    if ended is None:
        return unknown("the end of its task was not seen", case.sent(probe))
    phase = case.phase(ended)
    got = case.transcript.facts_of("callback", probe.key)
    for each in _wanted(case, probe, phase):
        if not any(_phase(case, one) in (each, None) for one in got):
            text = f"no callback came that says {each}"
            if others := case.transcript.facts_of("callback", ""):
                text += f", and {len(others)} came for ids that no create has named"
            if FOLLOWS & expect.keys():  # another row is about the call itself
                return unknown(text, ended)
            return broken(text, ended, seen=_seen(case, got))
    final = [one for one in got if _phase(case, one) in (phase, None)]
    most = expect.get("most", expect.get("retries"))
    if "retries" in expect and (wrong := _retries(expect["retries"], most, final)):
        return broken(wrong, ended)
    if not final and SAYS & expect.keys():
        return unknown(f"its task is {phase}, of which no callback is promised or came", ended)
    if "has" in expect:
        wrong = next(misshapen({"has": expect["has"]}, final[-1]["body"]), None)
        if wrong:
            return broken(f"the callback: {wrong}", ended, seen=_seen(case, got))
    if expect.get("only") and (wrong := _besides(case, probe, phase, got)):
        return broken(wrong, ended, seen=_seen(case, got))
    if expect.get("equals") == "query":
        wrong = next(
            unlike(final[-1]["body"], ended.json, documents.shown_keys(case.dialect.name)), None
        )
        if wrong:
            return broken(f"the callback is not what the query answers: {wrong}", ended)
    if expect.get("then") == "query" and case.phase(ended) != _phase(case, final[-1]):
        return broken("a query right after it says something else", ended)
    return ok(f"{len(got)} callbacks came", ended, seen=_seen(case, got))


def _wanted(case: Case, probe: Probe, end: str | None) -> list[str]:
    """The phases that a task was in: its end, and what came before, as far as that is certain.

    Where nobody moves the clock, a task may be through with a phase before anybody can see it.
    """
    seen = {case.phase(each) for each in case.polls(probe)} | {end}
    if case.transcript.fact("clock"):
        seen |= {"queued", "running"}
    return [each for each in case.expect["on"] if each in seen]


def _besides(
    case: Case, probe: Probe, end: str | None, got: Sequence[Mapping[str, Any]]
) -> str | None:
    """What is wrong with the number of callbacks, or with what they are about."""
    wanted = _wanted(case, probe, end)
    for one in got:
        phase = _phase(case, one)
        if phase not in (*case.expect["on"], None):
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


def _seen(case: Case, got: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    lines = ["accepted" if got else "refused"]
    asked = [line.partition(" callback:") for line in case.expect.get("shows", ())]
    for place in dict.fromkeys(place for _, named, place in asked if named):
        there = bool(got) and orders.at(got[-1]["body"], place)[0]
        lines.append(f"{'has' if there else 'lacks'} callback:{place}")
    return tuple(lines)


def _retries(
    wanted: int | Sequence[float], most: Any, got: Sequence[Mapping[str, Any]]
) -> str | None:
    number = wanted if isinstance(wanted, int) else len(wanted)
    more = most if isinstance(most, int) else number
    if not number + 1 <= len(got) <= more + 1:
        or_more = f" to {more + 1}" if more > number else ""
        return f"{len(got)} callbacks came, not {number + 1}{or_more}"
    if isinstance(wanted, int):
        return None
    moments = [each["at"] / 1000 for each in got]
    gaps = [round(later - sooner, 1) for sooner, later in pairwise(moments)]
    since = [round(moment - moments[0], 1) for moment in moments[1:]]
    if not _close(gaps, wanted) and not _close(since, wanted):
        return f"the gaps are {brief(gaps)} s, not {brief(list(wanted))}"
    return None


def _close(seconds: Sequence[float], wanted: Sequence[float]) -> bool:
    return all(abs(each - other) <= 0.75 for each, other in zip(seconds, wanted, strict=True))
