"""Judges of what has to agree: ids with each other, places of an answer, over a task's life."""

from collections.abc import Iterator
from typing import Any

from conformance.catalogue import orders, reader
from conformance.collect.transcript import Exchange
from conformance.judge.answers import asking, brief, none, place
from conformance.judge.case import Case, Finding, broken, ok, unknown
from conformance.untrusted.bounds import is_link

MISSING = object()
MOST_S = 10**11


def unique(case: Case) -> Finding:
    """No two tasks have one id."""
    pointer = place(case.expect["at"])[1]
    known: dict[str, Exchange] = {}
    for probe in case.tasks():
        exchange = case.sent(probe)
        value = str(_at_create(case, exchange, pointer)[1]) if exchange else ""
        if exchange and value in known:
            return broken(f"two tasks have the id {value}", known[value], exchange)
        if exchange:
            known[value] = exchange
    if len(known) < 2:
        return case.skipped() or unknown("only one task was made")
    return ok(f"{len(known)} tasks have different ids")


def same(case: Case) -> Finding:
    """The places carry equal values over the life of a task."""
    checked: list[Exchange] = []
    for probe in case.relevant():
        polls = case.polls(probe)
        if phase := case.expect.get("phase"):
            polls = [each for each in polls if case.phase(each) == phase]
        created = case.sent(probe)
        if not polls or created is None:
            continue
        for group in _together(case.expect["places"], polls):
            values = list(_values(case, created, group))
            first, usual, _ = values[0]
            for where, value, each in values[1:]:
                if value is MISSING and (other := asking(case, *place(where))):
                    return unknown(f"{where} is missing, which is the matter of {other}", each)
                if value != usual:
                    text = f"{where} is {_said(value)}, but {first} is {_said(usual)}"
                    return broken(text, each)
        checked.append(polls[-1])
    return ok(f"{len(checked)} tasks agree", *checked[:2]) if checked else none(case)


def _said(value: Any) -> str:
    return "missing" if value is MISSING else brief(value)


def _together(places: tuple[str, ...], polls: list[Exchange]) -> list[list[Exchange]]:
    """The answers to hold against each other: all, but a link may be signed at each reading."""
    value = orders.at(polls[0].json, place(places[-1])[1])[1]
    return [[each] for each in polls] if isinstance(value, str) and is_link(value) else [polls]


def _values(
    case: Case, created: Exchange, polls: list[Exchange]
) -> Iterator[tuple[str, Any, Exchange]]:
    for text in case.expect["places"]:
        call, pointer = place(text)
        if call == "create":
            there, value = _at_create(case, created, pointer)
            yield text, value if there else MISSING, created
            continue
        for each in polls:
            there, value = orders.at(each.json, pointer)
            yield text, value if there else MISSING, each


def _at_create(case: Case, created: Exchange, pointer: str) -> tuple[bool, Any]:
    """What stands in the answer to a create; the task's id may stand at another of its places."""
    there, value = orders.at(created.json, pointer)
    if pointer not in case.dialect.id["create"]:
        return there, value
    if value in (None, ""):
        value = reader.task_id(case.dialect, created.json)
    return value is not None, str(value) if type(value) is int else value


def agrees(case: Case) -> Finding:
    """The words at two places of an answer say the same."""
    found = case.answers("query")
    here, there = place(case.expect["at"])[1], place(case.expect["with"])[1]
    checked = 0
    for each in found:
        outer, inner = orders.at(each.json, here), orders.at(each.json, there)
        # What is no word at all is found by the row about the words.
        if not inner[0] or type(outer[1]) is not str or outer[1] not in case.expect["pairs"]:
            continue
        checked += 1
        if inner[1] not in [*case.expect["pairs"][outer[1]]]:
            return broken(f"{here} is {brief(outer[1])}, but {there} is {brief(inner[1])}", each)
    return ok(f"{checked} answers agree with themselves") if checked else none(case)


def ascending(case: Case) -> Finding:
    """The numbers at the places do not fall from first to last."""
    found = case.answers("query", case.expect.get("phase"))
    pointers = [place(each)[1] for each in case.expect["places"]]
    for each in found:
        values = [orders.at(each.json, pointer)[1] for pointer in pointers]
        if any(isinstance(value, bool) or not isinstance(value, int | float) for value in values):
            return broken(f"{' and '.join(pointers)} are {brief(values)}, not numbers", each)
        if wrong := _beyond(case, pointers, values):
            return broken(wrong, each)
        if values != sorted(values):
            return broken(f"{' then '.join(pointers)} fall: {brief(values)}", each)
    return ok(f"{len(found)} answers are in order") if found else none(case)


def _beyond(case: Case, pointers: list[str], values: list[Any]) -> str | None:
    """Which of the numbers cannot be the seconds that are due, for it would be after 5000."""
    if case.expect.get("unit") != "s":
        return None
    found = zip(pointers, values, strict=True)
    return next((f"{at} is {value}, not in seconds" for at, value in found if value > MOST_S), None)
