"""A call that is not there is one cause, whatever it is asked, and the rows behind it follow it."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from conformance.collect import opening
from conformance.collect.transcript import Exchange, Transcript
from conformance.judge import causes, verdicts
from conformance.judge.verdicts import Result
from tests.conformance.meeting import recorded, serving

PARTS = ("ark.path", "ark.list", "ark.delete", "ark.query", "ark.status.words", "ark.task")
TASKS = "/api/v3/contents/generations/tasks"
INVALID = {"error": {"message": "Invalid URL (GET /x)", "type": "invalid_request_error"}}
UNKNOWN = {"error": {"code": "ResourceNotFound", "message": "The task cgt-1 is not found"}}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Transcript:
    """What a run of a few areas records of the sound simulator."""

    async def collected() -> Transcript:
        async with serving() as base:
            return await recorded(base, "ark", PARTS, tmp_path_factory.mktemp("ark"))

    return asyncio.run(collected())


def answered(run: Transcript, method: str, named: bool, status: int, body: Any) -> Transcript:
    """The run where a call, with the id of a task or without, is answered so for ever."""

    def change(each: Exchange) -> Exchange:
        path = each.url.partition("?")[0]
        here = path.startswith(f"{TASKS}/") if named else path == TASKS
        if not here or each.method != method:
            return each
        page = "404 page not found" if body is None else ""
        return replace(each, status=status, json=body, is_json=body is not None, text=page)

    return replace(run, exchanges=tuple(map(change, run.exchanges)))


def judged(run: Transcript) -> tuple[tuple[causes.Cause, ...], Mapping[str, Result]]:
    plan = opening.plan_of(run.meta)
    found, results = causes.found(plan, run, verdicts.results(plan, run, {}), {})
    return found, {each.id: each for each in results}


@pytest.mark.parametrize(
    ("method", "named", "status", "body", "call", "rows"),
    [
        ("GET", True, 404, None, f"GET {TASKS}/{{id}}", {"ark.path.query", "ark.status.words"}),
        ("GET", True, 404, INVALID, f"GET {TASKS}/{{id}}", {"ark.path.query"}),
        ("GET", False, 404, INVALID, f"GET {TASKS}", {"ark.path.list", "ark.list.shape"}),
        ("GET", False, 501, None, f"GET {TASKS}", {"ark.path.list", "ark.list.total"}),
        ("DELETE", True, 405, INVALID, f"DELETE {TASKS}/{{id}}", {"ark.path.delete"}),
    ],
)
def test_a_call_that_is_not_there_is_one_cause_with_its_rows(
    run: Transcript, method: str, named: bool, status: int, body: Any, call: str, rows: set[str]
) -> None:
    found, results = judged(answered(run, method, named, status, body))
    (cause,) = found
    assert (cause.kind, cause.result) == ("call-missing", "warn")
    assert cause.message.startswith(f"the call {call} is not there: all ")
    assert f"HTTP {status}" in cause.message
    assert cause.change.startswith(f"serve {call}, as ")
    assert rows <= {*cause.rows}
    owned = [results[id] for id in cause.rows]
    (bearer,) = (each for each in owned if each.result != "not-run")
    assert bearer.message.startswith("cause 1: the call ")
    left = {id for id, each in results.items() if each.result in ("fail", "warn")}
    assert left == {bearer.id}


def test_who_has_no_such_call_keeps_no_rule_of_what_it_refuses(run: Transcript) -> None:
    """Every wrong parameter of a list is refused where there is no list."""
    ranged = [id for id, each in judged(run)[1].items() if each.row.expect.get("least")]
    found, results = judged(answered(run, "GET", False, 404, INVALID))
    assert ranged
    for id in ranged:
        assert id in found[0].rows, results[id].message
    resting = [
        id for id in found[0].rows if results[id].message == "cause 1: nothing else shows it"
    ]
    assert all(results[id].result == "not-run" for id in resting)
    lists = [each for each in run.exchanges if each.method == "GET"]
    gone = {each.number for each in lists if each.url.partition("?")[0] == TASKS}
    for each in results.values():
        if each.result == "pass" and each.evidence:
            assert not {*each.evidence} <= gone, each.id


def test_without_queries_nothing_is_said_of_what_a_deletion_leaves(run: Transcript) -> None:
    """That a task cannot be read shows nothing of it where none can."""
    found, results = judged(answered(run, "GET", True, 404, None))
    for id in ("ark.delete.running", "ark.delete.ended"):
        assert results[id].result == "not-run"
        assert id in found[0].rows


def test_a_deletion_that_is_refused_and_done_is_a_finding(run: Transcript) -> None:
    """The task of the refused deletion is gone, and the others can be read."""
    _, sound = judged(run)
    after = run.numbered(sound["ark.delete.running"].evidence)[-1]
    exchanges = tuple(
        replace(each, status=404, json=UNKNOWN) if each.number == after.number else each
        for each in run.exchanges
    )
    found, results = judged(replace(run, exchanges=exchanges))
    assert not found
    assert results["ark.delete.running"].result == "warn"
    assert results["ark.delete.running"].message.startswith(
        "afterwards it cannot be read: HTTP 404"
    )


def test_tasks_that_are_not_found_are_no_call_that_is_not_there(run: Transcript) -> None:
    found, _ = judged(answered(run, "GET", True, 404, UNKNOWN))
    assert [each.kind for each in found] == []


def test_one_answer_is_enough_to_show_that_a_call_is_there(run: Transcript) -> None:
    gone = answered(run, "GET", False, 404, None)
    first = next(n for n, each in enumerate(run.exchanges) if each.call == "list")
    some = tuple(
        each if number == first else other
        for number, (each, other) in enumerate(zip(run.exchanges, gone.exchanges, strict=True))
    )
    found, results = judged(replace(gone, exchanges=some))
    assert not found
    assert results["ark.list.shape"].result in ("pass", "warn")
