"""No row is blamed for another's fault, and no pass says more than was seen."""

from typing import Any

import pytest

from conformance.catalogue import documents
from conformance.collect.transcript import Transcript
from conformance.judge import verdicts
from conformance.judge.case import Case
from conformance.plan import stage
from conformance.plan.probes import Probe, World, shared
from tests.conformance.test_judges import answered, exchange, judged

TAKEN = {"task_id": "task_1"}
WORLD = World(documents.catalogue("octopusx"), control=True, media=True)
UNSERVED = {"error": {"code": "model_not_found", "message": "No available channel for model ''"}}


@pytest.mark.parametrize(
    ("status", "body", "result"),
    [
        (503, UNSERVED, "pass"),
        (503, None, "warn"),
        (500, UNSERVED, "warn"),
        (400, UNSERVED, "pass"),
    ],
)
def test_a_body_without_a_model_may_be_refused_as_a_model_that_nobody_serves(
    status: int, body: Any, result: str
) -> None:
    found = answered("octopusx.errors.hostile", (status, body))
    assert found.result == result, found.message


def test_a_reference_that_was_taken_is_told_apart_from_one_that_was_seen() -> None:
    plan = stage.plan(WORLD)
    found = []
    for id, seen in (("octopusx.mode.first-frame", False), ("octopusx.mode.text", True)):
        made = [exchange(number, each, 200, TAKEN) for number, each in enumerate(plan.drawn[id])]
        result = judged(id, plan, made)
        assert (result.result, result.unseen) == ("pass", not seen)
        assert result.message.startswith("accepted (effect not visible): ") is not seen
        found.append(result)
    verdict = verdicts.verdict(found, True)
    assert verdict.unseen == 1
    assert "1 of the passes is accepted (effect not visible)" in verdict.gaps


def test_what_comes_of_an_illegal_order_is_no_evidence() -> None:
    plan = stage.plan(WORLD)
    wrong = next(each for each in plan.drawn["octopusx.duration.type"] if each.want == "refuse")
    own = shared(WORLD)
    made = [exchange(1, own, 200, TAKEN), exchange(2, wrong, 200, {"task_id": "task_2"})]
    row = next(row for row in plan.rows if row.id == "octopusx.duration.effect")
    case = Case(row, plan, Transcript({}, tuple(made), (), True), {})
    assert [each.key for each in case.tasks()] == [own.key]
    assert [each.number for each in case.created()] == [1]
    assert judged("octopusx.duration.type", plan, made).message.endswith("accepted as a task")


def envelopes(*bodies: Any) -> verdicts.Result:
    """The row about the envelope of refusals, where orders are refused so, one after the other."""
    id = "octopusx.errors.bad-request-envelope"
    plan = stage.plan(World(documents.catalogue("octopusx")), [id, "octopusx.duration"])
    wrong = [each for each in plan.drawn["octopusx.duration.type"] if each.want == "refuse"]
    found = [exchange(n, each, 400, bodies[n % len(bodies)]) for n, each in enumerate(wrong)]
    return judged(id, plan, found)


def test_refusals_of_two_envelopes_are_no_reading_of_one() -> None:
    one = {"code": "invalid_request", "message": "no", "data": None}
    other = {"error": {"code": "x", "message": "no", "type": "y"}}
    assert envelopes(one).reading == "The refusal is {code, message, data}."
    assert envelopes(other).reading not in ("", envelopes(one).reading)
    mixed = envelopes(one, other)
    assert (mixed.reading, " refusals are otherwise, as " in mixed.message) == ("", True)


def test_two_places_of_one_link_are_compared_where_both_are_there() -> None:
    done = {"task_id": "task_1", "status": "SUCCESS", "progress": "100%"}
    link, other = "https://a.example.com/1.mp4", "https://a.example.com/2.mp4"
    for places, result in (
        ({"result_url": link, "data": {"video_url": link}}, "pass"),
        ({"result_url": link, "data": {"video_url": other}}, "warn"),
        ({"result_url": link, "data": {}}, "not-run"),
    ):
        body = {"code": "success", "data": {**done, **places}}
        plan = stage.plan(World(documents.catalogue("nbility")))
        own = shared(plan.world)
        poll = Probe("query", "GET", plan.world.dialect.query.path, of=own.key)
        made = [exchange(1, own, 200, {"id": "task_1"}), exchange(2, poll, 200, body)]
        found = judged("nbility.query.same-link", plan, made)
        assert found.result == result, found.message
