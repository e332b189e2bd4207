"""What is said to have been seen was seen: readings, reasons, owners and orders of a list."""

from dataclasses import replace
from typing import Any

import pytest

from conformance.catalogue import documents
from conformance.plan import stage
from conformance.plan.probes import World
from tests.conformance.test_judges import answered, exchange, judged

ENDED = ("ended", "longer", "sooner")


@pytest.mark.parametrize("dialect", documents.dialects())
def test_a_number_that_is_none_of_two_is_not_called_the_second(dialect: str) -> None:
    """Of a row with two formulas, or two lifetimes, a third is neither reading."""
    rows = documents.catalogue(dialect).testable
    several = [row for row in rows if row.kind in ("tokens", "lifetime") and row.readings]
    assert [row.id for row in several if "shows" not in row.expect] == []


@pytest.mark.parametrize(
    ("early", "late", "reading"),
    [
        (200, 403, "About 12 hours."),
        (200, 200, "Longer, as for the 24 of the storage."),
        (403, 403, "Not so long."),
        (200, 500, ""),
    ],
)
def test_a_link_that_ends_too_early_is_not_called_a_long_one(
    early: int, late: int, reading: str
) -> None:
    id = "octopusx.link.lifetime"
    assert answered(id, (early, None), (late, None), call="download").reading == reading


@pytest.mark.parametrize(
    ("id", "answer"),
    [
        ("octopusx.query.fail-reason", {"data": {"status": "FAILURE", "fail_reason": "{}"}}),
        ("evolink.query.error", {"status": "failed", "error": {"code": "x", "message": "{}"}}),
        ("apiyi.query.error", {"status": "failed", "error": {"code": "x", "message": "{}"}}),
        ("ark.query.error", {"status": "failed", "error": {"code": "x", "message": "{}"}}),
    ],
)
@pytest.mark.parametrize(("reason", "good"), [("It broke.", True), ("", False), (" ", False)])
def test_a_failed_task_says_why(id: str, answer: Any, reason: str, good: bool) -> None:
    plan = stage.plan(World(documents.catalogue(id.partition(".")[0]), control=True), [id])
    own = next(each for each in plan.drawn[id] if each.fate)
    made = exchange(0, own, 200, {"id": "task_1", "task_id": "task_1"})
    poll = replace(made, number=1, call="query", method="GET", probe="", of=own.key)
    filled = _filled(answer, reason)
    found = judged(id, plan, [made, replace(poll, json=filled)])
    assert (found.result == "pass") is good, found.message


def _filled(answer: Any, reason: str) -> Any:
    if isinstance(answer, dict):
        return {key: _filled(value, reason) for key, value in answer.items()}
    return reason if answer == "{}" else answer


@pytest.mark.parametrize("content", [{}, {"video_url": "https://example.com/1.mp4"}, None])
def test_an_unfinished_task_has_no_content_however_empty(content: Any) -> None:
    id = "ark.query.before"
    plan = stage.plan(World(documents.catalogue("ark"), control=True), [id])
    own = plan.drawn[id][0]
    made = exchange(0, own, 200, {"id": "cgt-1"})
    poll = replace(made, number=1, call="query", method="GET", probe="", of=own.key)
    running = {"id": "cgt-1", "status": "running", "content": content}
    found = judged(id, plan, [made, replace(poll, json=running)])
    assert found.result == ("pass" if content is None else "warn"), found.message


@pytest.mark.parametrize(
    ("moments", "result"), [((3, 2, 2, 1), "as written"), ((1, 2, 2, 3), "otherwise")]
)
def test_a_list_begins_with_the_newest(moments: tuple[int, ...], result: str) -> None:
    items = [{"id": f"task-unified-{n}-aaaaaa", "created_at": at} for n, at in enumerate(moments)]
    found = answered("evolink.list.newest", (200, {"data": items}), call="list")
    assert result in found.message


@pytest.mark.parametrize(("state", "result"), [(1, "as written"), (0, "otherwise")])
def test_an_asset_call_has_the_values_of_its_row(state: int, result: str) -> None:
    answer = {"state": state, "data": {"Id": "group-1"}, "error": None}
    found = answered("octopusx.asset.group", (200, answer), call="asset")
    assert result in found.message


@pytest.mark.parametrize("dialect", ["ark", "openai"])
@pytest.mark.parametrize(
    ("running", "ended", "result"),
    [(404, 404, "pass"), (404, 200, "warn"), (409, 200, "warn")],
)
def test_a_finished_task_is_its_owners_to_delete(
    dialect: str, running: int, ended: int, result: str
) -> None:
    """What is refused of a running task is refused to anybody, and shows nothing of owners."""
    catalogue = documents.catalogue(dialect)
    id = next(
        row.id
        for row in catalogue.testable
        if row.kind == "tenancy" and "delete" in row.expect["calls"]
    )
    plan = stage.plan(World(catalogue, control=True, second=True), [id])
    found = []
    for number, probe in enumerate(plan.drawn[id]):
        status = 200 if probe.call == "create" else 404
        if probe.call == "delete" and probe.tag == "foreign":
            status = running if str(probe.when) == "running" else ended
        body = {"id": f"task_{number}"} if probe.call == "create" else {}
        found.append(exchange(number, probe, status, body))
    assert judged(id, plan, found).result == result


@pytest.mark.parametrize(
    ("words", "result"),
    [
        (("running", "succeeded", "succeeded"), "pass"),
        (("succeeded", "running", "succeeded"), "fail"),
        (("queued", "running", "failed", "failed"), "pass"),
        (("running", "queued", "succeeded", "succeeded"), "fail"),
        (("unheard of", "running", "running"), "pass"),
        (("running", "unheard of", "running"), "fail"),
    ],
)
def test_a_reading_may_be_what_tells_a_gateway_of_the_end(
    words: tuple[str, ...], result: str
) -> None:
    """A gateway that asks the model behind it when it is read has another answer the next time."""
    id = "apiyi.status.stable"
    plan = stage.plan(World(documents.catalogue("apiyi"), control=True), [id])
    own = plan.drawn[id][0]
    made = exchange(0, own, 200, {"id": "cgt-1"})
    polls = [
        replace(made, number=number, call="query", method="GET", probe="", of=own.key, json=body)
        for number, body in enumerate(({"id": "cgt-1", "status": word} for word in words), 1)
    ]
    found = judged(id, plan, [made, *polls], {"kind": "clock", "key": "", "frozen": True})
    expected = "warn" if result == "fail" else result
    assert found.result == expected, found.message


def test_a_gateway_that_says_at_which_pace_it_asks_learns_nothing_by_a_reading() -> None:
    id = "newapi.query.stable"
    plan = stage.plan(World(documents.catalogue("newapi"), control=True), [id])
    own = plan.drawn[id][0]
    made = exchange(0, own, 200, {"id": "task_1", "task_id": "task_1"})
    bodies = [{"code": "success", "data": {"status": word}} for word in ("QUEUED", "IN_PROGRESS")]
    polls = [
        replace(made, number=number, call="query", method="GET", probe="", of=own.key, json=body)
        for number, body in enumerate(bodies, 1)
    ]
    found = judged(id, plan, [made, *polls], {"kind": "clock", "key": "", "frozen": True})
    assert found.result == "warn", found.message


@pytest.mark.parametrize(
    ("first", "second", "result"),
    [(["cgt-1"], [], "pass"), ([], [], "warn"), (["cgt-1"], ["cgt-1"], "warn")],
)
def test_pages_are_counted_from_the_first(first: Any, second: Any, result: str) -> None:
    id = "ark.list.pages"
    plan = stage.plan(World(documents.catalogue("ark"), control=True), [id])
    found = []
    for number, probe in enumerate(plan.drawn[id]):
        held = first if probe.tag == "first" else second
        body = {"items": [{"id": each} for each in held], "total": len(held)}
        one = exchange(number, probe, 200, {"id": "cgt-1"} if probe.call == "create" else body)
        found.append(replace(one, task="cgt-1"))
    assert judged(id, plan, found).result == result
