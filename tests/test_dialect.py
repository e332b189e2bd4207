"""Routes and readers: what a path and a query stand for, and what an answer says."""

from dataclasses import replace

import pytest

from simulator.core.problems import Kind, Refusal
from simulator.core.reader import Reader
from simulator.core.task import Phase
from simulator.dialects import load
from simulator.engine import Engine
from simulator.engine.call import Call, Reply
from simulator.engine.dialect import Dialect, Route
from simulator.faults.identities import FAULTS
from tests.driving import world


async def show(call: Call, engine: Engine) -> Reply:
    return Reply(200, {"asked": dict(call.args)})


RESULT = Route("GET", "/v2/result?task_id={id}", show, "query")
ASKING: Dialect = replace(load("ark"), name="asking", routes=(RESULT,))


async def test_an_id_may_stand_in_the_query() -> None:
    it = world(ASKING)
    assert await it.json("GET", "/v2/result?task_id=a%2Fb&more=1") == (
        200,
        {"asked": {"id": "a/b"}},
    )
    for query in ("", "?task_id=", "?id=7"):
        status, body = await it.json("GET", "/v2/result" + query)
        assert (status, "task_id" in body["error"]["message"]) == (400, True), query
    assert (await it.json("GET", "/v2/result?task_id=x", key=None))[0] == 401
    assert (await it.json("POST", "/v2/result?task_id=x"))[0] != 200


def test_a_route_says_its_target() -> None:
    assert RESULT.target(id="a/b c") == "/v2/result?task_id=a%2Fb%20c"
    assert Route("GET", "/v1/tasks/{id}", show).target(id="a/b") == "/v1/tasks/a%2Fb"
    with pytest.raises(Refusal) as caught:
        ASKING.match("GET", "/v2/results", "task_id=x")
    assert caught.value.problem.kind is Kind.NO_ROUTE


def test_a_foreign_id_is_known_in_the_query() -> None:
    (act, _) = next(fault for fault in FAULTS if fault.name == "foreign-task-id").acts
    assert act.query("a=1&task_id=asyntask_7") == "a=1&task_id=7"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("word", "phase"),
    [(0, Phase.QUEUED), (3, Phase.FAILED), ("3", None), ("SUCCESS", Phase.SUCCEEDED), (None, None)],
)
def test_a_word_may_be_a_number(word: object, phase: Phase | None) -> None:
    reader = Reader(words={0: Phase.QUEUED, 3: Phase.FAILED})
    assert reader.phase(word) is phase
    assert (reader.spelled, Reader().spelled) == (False, True)


def test_a_reading_says_what_is_there() -> None:
    reader = Reader(progress=("/data/progress",), link=("/none", "/data/results/0"))
    found = reader.read({"status": "done", "data": {"progress": "50%", "results": ["x"]}})
    assert (found.phase, found.progress, found.link, found.message) == (
        Phase.SUCCEEDED,
        50,
        "x",
        "",
    )
    assert reader.read(["no", "object"]).over is False
