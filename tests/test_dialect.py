"""Routes and readers, and that nothing of what they say is written down a second time."""

import ast
import runpy
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from simulator.core.problems import Kind, Refusal
from simulator.core.reader import Reader
from simulator.core.task import Phase
from simulator.dialects import ALL, NAMES, load
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


async def test_the_dialect_to_begin_from_is_whole() -> None:
    given = runpy.run_path(str(ROOT / ".github" / "examples" / "dialect.py"))["DIALECT"]
    it, reader = world(given), given.reader
    status, made = await it.json("POST", "/v1/videos", dict(given.example))
    assert status == 200
    place = given.route("query").target(id=reader.created_id(made))
    assert reader.read((await it.json("GET", place))[1]).phase is Phase.QUEUED
    it.advance("1m")
    ended = reader.read((await it.json("GET", place))[1])
    assert (ended.phase, ended.link[:4]) == (Phase.SUCCEEDED, "http")
    status, refused = await it.json("POST", "/v1/videos", {**given.example, "seconds": 7})
    assert (status, "seconds" in refused["error"]["message"]) == (400, True)


ROOT = Path(__file__).parent.parent
# What is of one dialect, and what is of the other witness.
OWN = ("simulator/dialects/", "tests/conformance/", *(f"tests/dialects/test_{n}" for n in NAMES))


def texts(node: ast.AST) -> set[str]:
    """The texts of a list, a set, a tuple or the keys of a dict."""
    items = node.keys if isinstance(node, ast.Dict) else getattr(node, "elts", [])
    return {one.value for one in items if isinstance(one, ast.Constant) and type(one.value) is str}


@cache
def lists(folder: str) -> list[tuple[str, set[str]]]:
    """Every list of texts in the modules of a folder that are of no dialect, with its place."""
    return [
        (f"{path.relative_to(ROOT)}:{node.lineno}", texts(node))
        for path in sorted((ROOT / folder).rglob("*.py"))
        if not str(path.relative_to(ROOT)).startswith(OWN)
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.List | ast.Tuple | ast.Set | ast.Dict)
    ]


def test_no_list_of_dialects_is_written_by_hand() -> None:
    """Who adds one edits its module and its line; a list of some, as samples, may stand."""
    for place, found in (*lists("simulator"), *lists("tests")):
        assert len(found & set(NAMES)) <= len(NAMES) / 2, place


def test_no_list_of_the_places_of_dialects_is_written_by_hand() -> None:
    """Paths stand in routes, and the places of links and states in readers."""
    paths = {route.path for dialect in ALL for route in dialect.routes if "{" in route.path}
    states = {place for dialect in ALL for place in dialect.reader.status}
    links = {place for dialect in ALL for place in dialect.reader.link}
    kinds = [
        {*known, *(one.strip("/").replace("/", ".") for one in known)}
        for known in (paths, states, links)
    ]
    for place, found in (*lists("simulator"), *lists("tests")):
        for known in kinds:
            assert len(found & known) < 3, place


def test_outside_the_dialects_nobody_names_one() -> None:
    for path in sorted((ROOT / "simulator").rglob("*.py")):
        if "dialects" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            named = isinstance(node, ast.Constant) and node.value in NAMES
            assert not named, f"{path.relative_to(ROOT)}:{getattr(node, 'lineno', 0)}"
