"""What a refusal is evidence of: nothing, unless the same order without the defect was taken.

A gateway that refuses everything keeps no rule, and one that says "prompt is required" to every
order has not looked at the duration. So a refusal counts beside an acceptance in the same run: of
the legal order that is nearest to it, which differs by the defect. Where the run bought nothing,
as the profile free does, the words are all there is: they count unless they blame another field.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from conformance.catalogue import orders
from conformance.collect.transcript import Exchange
from conformance.judge.case import Case, Finding, told
from conformance.plan import pairs
from conformance.plan.probes import Probe, shared

# Rows about how refusals look or where calls are: any refusal shows it.
BY_ANY = ("envelope", "header", "route", "encoding", "asset")
BLAMED = re.compile(
    r"([A-Za-z_][\w.\[\]]*)['\"`]? (?:is|are) (?:required|missing)|"
    r"[Mm]issing (?:required )?(?:parameter|field)s?:? ['\"`]?([A-Za-z_][\w.\[\]]*)"
)
NAME = re.compile(r"[A-Za-z_]\w*")


def said(exchange: Exchange) -> tuple[object, ...]:
    """Status, code and words of an answer: equal for refusals that say the same."""
    words = re.sub(r"\(request id.*|\d+", "", exchange.said)
    return exchange.status, str(exchange.code), words


def lacking(case: Case, probe: Probe, exchange: Exchange) -> str:
    """Why the refusal of an order says nothing of what is wrong with it; empty where it does."""
    others = [(each, answer) for each, answer in case.legal if each.key != probe.key]
    if not others:
        return _elsewhere(case, probe, exchange)
    if not any(case.outcome(answer) == "accepted" for _, answer in others):
        return f"no legal order was taken in this run either: {told(others[0][1])}"
    if not isinstance(probe.body, Mapping):
        return ""
    nearest = case.once(("nearest", probe.key), lambda: _nearest(probe, others))
    if all(_alike(case, answer, exchange) for answer in nearest):
        return f"without what is wrong with it the order is refused likewise: {told(exchange)}"
    return ""


def _nearest(probe: Probe, others: Sequence[tuple[Probe, Exchange]]) -> list[Exchange]:
    """The answers to the orders that differ the least from this one."""
    apart = [len(each.leaves ^ probe.leaves) for each, _ in others]
    least = min(apart)
    return [answer for (_, answer), far in zip(others, apart, strict=True) if far == least]


def _alike(case: Case, legal: Exchange, exchange: Exchange) -> bool:
    return case.outcome(legal) != "accepted" and said(legal) == said(exchange)


def _elsewhere(case: Case, probe: Probe, exchange: Exchange) -> str:
    """Where nothing was bought: whether the words blame a field that the order does not touch."""
    if not isinstance(probe.body, Mapping) or case.row.kind in ("answered", "refusal-text"):
        return ""  # such a row names the words that are due
    fields = case.dialect.request.fields
    known = set(fields) | {name for each in fields.values() for name in _names(*each)}
    places = [place for place, _ in probe.leaves ^ shared(case.world).leaves]
    touched = {_last(place) for place in places}
    touched |= {word for word, each in fields.items() if touched & set(map(_last, each))}
    touched |= set(_names(*places, orders.canonical(case.expect)))
    field = blamed(exchange.said)
    if field in known and field not in touched:
        return f"it is refused for another field: {told(exchange)}"
    return ""


def barred(case: Case, probe: Probe) -> bool:
    """Whether an order has a value that none was taken with, of two or more, and some without.

    Why it is refused is then the matter of the row about that value, and of no other. Values are
    those that a must or should lists, in fields that the row itself does not speak of.
    """
    if case.accepted(probe):
        return False
    own = {case.expect.get("field"), *case.expect.get("fields", ())}
    taken, refused = case.once("tally", lambda: _tally(case))
    return any(
        name not in own and len(refused[leaf]) > 1 and not taken[leaf] and any(taken.values())
        for leaf in probe.leaves
        if (name := leaf[0].strip("/").replace("/", ".")) in _valued(case)
    )


Met = Mapping[tuple[str, str], set[str]]


def _tally(case: Case) -> tuple[Met, Met]:
    """The legal orders that were taken, and those that were refused, by each of their values."""
    taken: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    refused: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for probe, answer in case.legal:
        outcome = case.outcome(answer)
        if outcome in ("accepted", "refused"):
            for leaf in probe.leaves:
                (taken if outcome == "accepted" else refused)[leaf].add(probe.key)
    return taken, refused


def _valued(case: Case) -> frozenset[str]:
    """The fields whose values are listed by a must or a should."""
    fields: frozenset[str] = case.once(
        "valued", lambda: frozenset(name for name, _ in pairs.combinable(case.world.catalogue))
    )
    return fields


def blamed(words: str) -> str:
    """The field that a refusal misses by its words, or the empty string."""
    match = BLAMED.search(words)
    return _last(match[1] or match[2]) if match else ""


def _last(text: str) -> str:
    """The last name of a field or place."""
    return next(reversed(NAME.findall(text)), "")


def _names(*texts: str) -> Iterator[str]:
    for text in texts:
        yield from NAME.findall(text)


def standing(case: Case, finding: Finding) -> Finding:
    """The finding, or that nothing is known where it stands on refusals that are no evidence."""
    read = case.row.level in ("observed", "unclear")
    if finding.state not in (("ok", "broken", "late") if read else ("ok",)):
        return finding
    if case.row.kind in BY_ANY:
        return finding
    rests = case.transcript.numbered(finding.evidence)
    rests = rests or [each for probe in case.probes if (each := case.sent(probe))]
    if not rests or not all(_refusal(case, each) for each in rests):
        return finding
    reasons = [_groundless(case, each) for each in rests]
    if not all(reasons):
        return finding
    return replace(finding, state="unknown", message=reasons[0], seen=())


def _refusal(case: Case, each: Exchange) -> bool:
    if each.status is None or each.status >= 400:
        return True
    return case.outcome(each) == "refused"


def _groundless(case: Case, each: Exchange) -> str:
    """Why a refusal of any call is no evidence."""
    probe = case.plan.probes.get(each.probe)
    if probe is not None and each.call == "create" and each.auth == "key":
        return lacking(case, probe, each)
    if not case.legal or any(case.outcome(answer) == "accepted" for _, answer in case.legal):
        return ""
    if each.auth != "key" and all(said(answer) != said(each) for _, answer in case.legal):
        return ""  # bad credentials are refused in other words than good ones
    return f"no legal order was taken in this run either: {told(case.legal[0][1])}"
