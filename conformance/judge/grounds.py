"""What a refusal is evidence of: nothing, unless the same order without the defect was taken.

A gateway that refuses everything keeps no rule, and one that says "prompt is required" to every
order has not looked at the duration. So a refusal counts beside an acceptance in the same run: of
the legal order that is nearest to it, which differs by the defect. Where the run bought nothing,
as the profile free does, the words are all there is: they count unless they blame another field.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from conformance.catalogue import orders
from conformance.catalogue.rows import Row
from conformance.collect.transcript import Exchange
from conformance.judge.case import Case, Finding, told
from conformance.plan import pairs
from conformance.plan.probes import Probe, shared

Leaf = tuple[str, str]
Refused = tuple[Probe, Exchange]
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
    if _untaken(case, probe) & _in_these_words(case, exchange):
        return f"good orders with such a field are refused likewise: {told(exchange)}"
    return ""


def _untaken(case: Case, probe: Probe) -> frozenset[str]:
    """The places of an order that no legal order had which was taken."""
    taken: frozenset[str] = case.once(("places", "taken"), lambda: _places(case, "accepted"))
    return _around(probe) - taken


def _in_these_words(case: Case, exchange: Exchange) -> frozenset[str]:
    """The places of the legal orders that were refused in just these words."""
    words = said(exchange)
    found: frozenset[str] = case.once(("places", words), lambda: _places(case, "refused", words))
    return found


def _places(case: Case, outcome: str, words: tuple[object, ...] = ()) -> frozenset[str]:
    found = (
        probe
        for probe, answer in case.legal
        if case.outcome(answer) == outcome and (not words or said(answer) == words)
    )
    return frozenset().union(*map(_around, found))


def _around(probe: Probe) -> frozenset[str]:
    """The places of an order's values, and of the objects that they stand in, in its form."""
    parts = ([probe.form.way, *place.split("/")[1:]] for place, _ in probe.leaves)
    return frozenset("/".join(each[:end]) for each in parts for end in range(2, len(each) + 1))


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
    """Whether an order has a value that several are refused for, in a field of another row.

    Why it is refused is then the matter of the row about that value, and of no other.
    """
    if case.accepted(probe):
        return False
    own = {case.expect.get("field"), *case.expect.get("fields", ())}
    return any(
        name not in own and name in _valued(case) and len(lone(case, leaf)) > 1
        for leaf in probe.leaves
        if (name := named(leaf))
    )


def named(leaf: Leaf) -> str:
    """The field of a value, where it is a plain one."""
    return leaf[0].strip("/").replace("/", ".")


def lone(case: Case, leaf: Leaf) -> Sequence[Refused]:
    """The legal orders that are refused, and of whose values only this one was never taken."""
    found: Mapping[Leaf, Sequence[Refused]] = case.once("lone", lambda: _lone(case))
    return found.get(leaf, ())


def _lone(case: Case) -> Mapping[Leaf, Sequence[Refused]]:
    found: dict[Leaf, list[Refused]] = {}
    good = [each for each, answer in case.legal if case.outcome(answer) == "accepted"]
    taken = {leaf for each in good for leaf in each.leaves}
    for probe, answer in case.legal if good else ():
        missing = probe.leaves - taken
        if case.outcome(answer) == "refused" and len(missing) == 1:
            found.setdefault(next(iter(missing)), []).append((probe, answer))
    return found


def _valued(case: Case) -> frozenset[str]:
    """The fields whose values a must or a should lists, bounds or has of a type with two."""
    catalogue = case.world.catalogue
    rows = [each for each in catalogue.testable if each.kind == "type" and _sure_of_both(each)]
    return frozenset(row.expect["field"] for row in (*pairs.bounding(catalogue), *rows))


def _sure_of_both(row: Row) -> bool:
    return row.level in pairs.SURE and "boolean" in row.expect["types"]


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
