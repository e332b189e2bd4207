"""Broken servers for rows that tell an answer place by place: one place of one row at a time."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

from conformance.catalogue.rows import Row
from conformance.collect.transcript import Exchange
from conformance.plan.answered import TAG
from conformance.plan.stage import Plan
from tests.conformance.mutants import Mutant, Step, answers, put

SURE = ("must", "should")
PLACES = ("has", "equals", "fits", "carries")


def of_answers(plan: Plan) -> Iterator[Mutant]:
    """Every mutant of these rows: another status, and each place and header gone or another."""
    for row in plan.rows:
        if row.kind != "answered" or row.level not in SURE:
            continue
        asks = "order" in row.expect
        keys = {
            each.key
            for each in plan.drawn[row.id]
            if (each.call == "create" if asks else each.tag == TAG)
        }
        for name, step in _steps(row):
            yield Mutant(f"answered.{name}.{row.id}", answers(_among(keys), step))


def _among(keys: set[str]) -> Callable[[Exchange], bool]:
    return lambda each: each.probe in keys


def _steps(row: Row) -> Iterator[tuple[str, Step]]:
    expect = row.expect
    yield "status", lambda each: replace(each, status=418)
    named = [place for kind in PLACES for place in expect.get(kind, {})]
    for place in dict.fromkeys([*named, *expect.get("agree", ())]):
        if not place:
            yield "text", lambda each: replace(each, text="~", json=None, is_json=False)
            continue
        yield f"gone:{place}", _put(place, ...)
        yield f"other:{place}", _put(place, ["~"])
    for place in expect.get("lacks", ()):
        yield f"there:{place}", partial(_added, pointer=place)
    for name in expect.get("headers", {}):
        yield f"header-gone:{name}", partial(_with, name=name, value=None)
        yield f"header-other:{name}", partial(_with, name=name, value="~")
    for name in expect.get("without", ()):
        yield f"header-there:{name}", partial(_with, name=name, value="~")
    if "code" in expect:
        yield "code", lambda each: put(put(each, "/code", "Strange"), "/error/code", "Strange")


def _put(pointer: str, value: object) -> Step:
    return lambda each: put(each, pointer, value)


def _added(each: Exchange, pointer: str) -> Exchange:
    """The answer with something at a place whose holder it has."""
    holder, _, key = pointer.rpartition("/")
    return put(each, holder, lambda old: {**old, key: "~"} if isinstance(old, dict) else old)


def _with(each: Exchange, name: str, value: str | None) -> Exchange:
    kept = {key: other for key, other in each.headers.items() if key != name.lower()}
    return replace(each, headers=kept if value is None else {**kept, name.lower(): value})
