"""A callback row blames nobody for an end of which it promises nothing, and says so."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from conformance.catalogue import documents, orders
from conformance.collect.transcript import Exchange, Transcript
from conformance.judge import verdicts
from conformance.judge.callbacks import FOLLOWS
from conformance.judge.case import Case
from conformance.judge.verdicts import Result
from conformance.plan import stage
from conformance.plan.probes import Probe, World
from tests.conformance.test_judges import exchange

CALLED = ("ark", "evolink", "octopusx")
ROWS = tuple(
    row.id
    for name in CALLED
    for row in documents.catalogue(name).testable
    if row.kind == "callback"
)
CLOCK = {"kind": "clock", "now_ms": 0, "frozen": True}
ENDS = ("succeeded", "failed", "expired", "cancelled")


def planned(id: str) -> stage.Plan:
    name = id.partition(".")[0]
    world = World(documents.catalogue(name), control=True, media=True, callback=True)
    plan = stage.plan(world, [id])
    return replace(plan, rows=tuple(row for row in plan.rows if row.id == id))


def said(plan: stage.Plan, phase: str) -> dict[str, Any]:
    """A body with a task's id and the word of a phase, at their places, and nothing else."""
    dialect = plan.world.dialect
    word = (dialect.words.get(phase) or dialect.words[dialect.wordless])[0]
    body: Mapping[str, Any] = {}
    for place, value in ((dialect.id["query"][0], "task-1"), (dialect.answer["status"][0], word)):
        body = orders.put(body, place.strip("/").replace("/", "."), value)
    return dict(body)


def judged(
    plan: stage.Plan, end: str, told: tuple[str, ...], before: tuple[str, ...] = ()
) -> Result:
    """The result where each task of the row was seen before its end, and callbacks told of it."""
    (row,) = plan.rows
    sent: list[Exchange] = []
    facts: list[Mapping[str, Any]] = [CLOCK]
    for own in plan.drawn[row.id]:
        sent.append(exchange(len(sent), own, 200, {"id": "task-1", "task_id": "task-1"}))
        poll = Probe("query", "GET", "/v1/tasks/{id}", of=own.key)
        sent += [
            exchange(number, poll, 200, said(plan, phase))
            for number, phase in enumerate((*before, end), len(sent))
        ]
        facts += [
            {"kind": "callback", "of": own.key, "at": 1000 * number, "body": said(plan, phase)}
            for number, phase in enumerate(told)
        ]
    return verdicts.result(Case(row, plan, Transcript({}, tuple(sent), tuple(facts), True)))


def other_ends(plan: stage.Plan) -> list[str]:
    """The ends that the dialect shows otherwise than any that the row is about."""
    (row,), dialect = plan.rows, plan.world.dialect
    shown = {each if each in dialect.words else dialect.wordless for each in row.expect["on"]}
    return [each for each in ENDS if each in dialect.words and each not in shown]


@pytest.mark.parametrize("id", ROWS)
def test_an_end_of_which_a_row_promises_nothing_is_not_judged(id: str) -> None:
    plan = planned(id)
    for end in other_ends(plan):
        for told in ((), (end,), (end, end), ("queued", "running", end)):
            found = judged(plan, end, told)
            where = f"{end}, called {told}: {found.result} {found.message}"
            assert found.result not in ("fail", "warn", "error", "pass"), where


@pytest.mark.parametrize("id", ROWS)
def test_an_end_of_which_it_does_is_judged(id: str) -> None:
    plan = planned(id)
    (row,) = plan.rows
    if row.level == "unclear":
        return
    for end in set(row.expect["on"]) & set(ENDS):
        found = judged(plan, end, ())
        wanted = ("fail", "warn") if not FOLLOWS & row.expect.keys() else ("not-run",)
        assert found.result in wanted, f"{end}: {found.message}"


def test_a_broken_promise_is_told_ahead_of_a_task_that_shows_nothing() -> None:
    plan = planned("ark.callback.failed")
    failed, expired = plan.drawn["ark.callback.failed"]
    assert (failed.fate, expired.fate) != (None, None)
    sent, facts = [], [CLOCK]
    for number, (own, end) in enumerate(((failed, "succeeded"), (expired, "expired"))):
        poll = Probe("query", "GET", "/tasks/{id}", of=own.key)
        sent.append(exchange(2 * number, own, 200, {"id": "task-1"}))
        sent.append(exchange(2 * number + 1, poll, 200, said(plan, end)))
    found = verdicts.result(
        Case(plan.rows[0], plan, Transcript({}, tuple(sent), tuple(facts), True))
    )
    assert (found.result, found.message) == ("warn", "no callback came that says expired")


def test_a_task_that_failed_at_once_was_not_certainly_at_work() -> None:
    plan = planned("ark.callback.happens")
    assert judged(plan, "failed", ("queued", "failed")).result == "not-run"
    assert judged(plan, "failed", ("queued", "failed"), before=("running",)).result == "warn"
    assert judged(plan, "succeeded", ("queued", "succeeded")).result == "warn"


def test_a_callback_that_says_no_status_contradicts_no_query() -> None:
    plan = planned("evolink.callback.after")
    (row,) = plan.rows
    (own,) = plan.drawn[row.id]
    poll = Probe("query", "GET", "/v1/tasks/{id}", of=own.key)
    sent = (
        exchange(0, own, 200, {"id": "task-1"}),
        exchange(1, poll, 200, said(plan, "succeeded")),
    )
    fact = {"kind": "callback", "of": own.key, "at": 0, "body": {"id": "task-1"}}
    found = verdicts.result(Case(row, plan, Transcript({}, sent, (CLOCK, fact), True)))
    assert "says something else" not in found.message
