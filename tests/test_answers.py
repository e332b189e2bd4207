"""Queries are answered from what was said before exactly where the answer would be the same."""

import asyncio
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.core.task import Charge, Order, Phase, Plan, Task, accept
from simulator.dialects import ALL
from simulator.dialects.ark import DIALECT, TASKS
from simulator.engine.answers import Answers
from simulator.engine.call import Reply
from simulator.engine.dialect import Dialect
from tests.driving import START, World, encode_form, world
from tests.serving import serve

SPANS = st.integers(0, 5000)
ENDS = st.sampled_from([None, Phase.SUCCEEDED, Phase.FAILED, Phase.EXPIRED])
CURVES = st.lists(st.tuples(SPANS, st.integers(0, 99)), max_size=3).map(tuple)


@st.composite
def tasks(draw: st.DrawFn) -> Task:
    then = draw(st.none() | st.builds(Plan, SPANS, SPANS, ENDS))
    plan = Plan(draw(SPANS), draw(SPANS), draw(ENDS), progress=draw(CURVES), then=then)
    order = Order("m", "p", "t2v", "720p", "16:9", 1280, 720, 5, 120, 7)
    return accept("id", "ark", "sk", order, plan, Charge.flat("t", 1), START)


@given(tasks(), st.lists(st.integers(0, 30_000), min_size=2, max_size=2))
def test_a_task_shows_the_same_until_it_says_that_it_may_not(task: Task, at: list[int]) -> None:
    first, later = sorted(START + span for span in at)
    until = task.steady_until(first)
    assert until > first
    seen = [seen_of(task, now) for now in (first, min(later, until - 1))]
    assert seen[0] == seen[1]


def seen_of(task: Task, now: int) -> tuple[Phase, int, int]:
    return task.phase(now), task.progress(now), task.updated_at(now)


def test_a_running_task_is_steady_for_a_percent_of_its_run() -> None:
    order = Order("m", "p", "t2v", "720p", "16:9", 1280, 720, 5, 120, 7)
    task = accept("id", "ark", "sk", order, Plan(500, 3000), Charge.flat("t", 1), START)
    assert task.steady_until(START) == START + 500
    assert task.steady_until(START + 500) == START + 530
    assert task.steady_until(START + 529) == START + 530
    assert task.steady_until(START + 3480) == START + 3500
    assert task.steady_until(START + 3500) > START + 10**12


def ordered(here: World) -> Any:
    route = here.dialect.route("create")
    if route.form:
        return here.form(route.path, {n: str(v) for n, v in here.dialect.example.items()})
    return here.json("POST", route.path, here.dialect.example)


PLANS: tuple[dict[str, Any], ...] = (
    {"queue": 700, "run": 2000},
    {"queue": 0, "run": 1000, "end": Phase.FAILED},
    {"queue": 300, "run": 900, "progress": ((200, 30), (800, 31))},
    {"queue": 2000, "run": 100, "end": Phase.EXPIRED},
)


@pytest.mark.parametrize("fidelity", ["documented", "observed"])
@pytest.mark.parametrize("dialect", ALL, ids=lambda dialect: dialect.name)
@settings(max_examples=12, deadline=None)
@given(plan=st.sampled_from(PLANS), steps=st.lists(st.integers(0, 1500), max_size=12))
def test_what_is_kept_is_what_would_be_said(
    dialect: Dialect, fidelity: str, plan: dict[str, Any], steps: list[int]
) -> None:
    async def run() -> None:
        here = world(dialect, fidelity=fidelity)
        await here.plan(**plan)
        status, body = await ordered(here)
        assert status == 200, body
        known, path = Answers(), dialect.route("query").target(id=dialect.reader.created_id(body))
        for step in steps:
            here.advance(step)
            fresh = await here.send("GET", path)
            here.known = known
            kept = [await here.send("GET", path) for _ in range(2)]
            here.known = None
            assert isinstance(fresh, Reply)
            for reply in kept:
                assert isinstance(reply, Reply)
                assert reply.data() == fresh.data()
                assert (reply.status, reply.content_type) == (fresh.status, fresh.content_type)

    asyncio.run(run())


@pytest.mark.parametrize("fidelity", ["documented", "observed"])
@pytest.mark.parametrize("dialect", ALL, ids=lambda dialect: dialect.name)
async def test_an_answer_names_the_task_that_it_tells_of(dialect: Dialect, fidelity: str) -> None:
    """Faults and journal go by it, and read no JSON of ours."""
    here = world(dialect, fidelity=fidelity)
    route = dialect.route("create")
    body, headers = json.dumps(dialect.example).encode(), {}
    if route.form:
        body, kind = encode_form({name: str(value) for name, value in dialect.example.items()})
        headers = {"Content-Type": kind}
    made = await here.send("POST", route.path, body, headers=headers)
    assert isinstance(made, Reply)
    (task,) = await here.engine.tasks()
    assert made.task is task
    shown = await here.send(
        "GET", dialect.route("query").target(id=dialect.reader.created_id(made.body))
    )
    assert isinstance(shown, Reply)
    assert shown.task is task


async def test_nothing_is_told_of_a_task_that_has_changed() -> None:
    """Cancelled, deleted, expired records and other callers, over HTTP."""
    async with serve() as server:
        url = f"{server.base}/ark{TASKS}"
        ids = []
        for _ in range(2):
            async with server.client.post(url, json=dict(DIALECT.example)) as answer:
                ids.append((await answer.json())["id"])

        async def status(task: str, **also: Any) -> Any:
            async with server.client.get(f"{url}/{task}", **also) as answer:
                return (await answer.json()).get("status", answer.status)

        assert [await status(ids[0]) for _ in range(3)] == ["queued"] * 3
        assert await status(ids[0], headers={"Authorization": "Bearer sk-other"}) == 404
        async with server.client.delete(f"{url}/{ids[0]}") as answer:
            assert answer.status == 200
        assert [await status(ids[0]) for _ in range(2)] == ["cancelled"] * 2
        assert await status(ids[1]) == "queued"
        await server.advance("1h")
        assert [await status(ids[1]) for _ in range(2)] == ["succeeded"] * 2
        async with server.client.delete(f"{url}/{ids[1]}") as answer:
            assert answer.status == 200
        assert await status(ids[1]) == 404
        await server.advance("23h")
        assert await status(ids[0]) == 404


async def test_a_link_is_told_at_the_address_that_the_caller_sees() -> None:
    async with serve(pace="instant", trust_proxy=True) as server:
        url = f"{server.base}/ark{TASKS}"
        async with server.client.post(url, json=dict(DIALECT.example)) as answer:
            task = (await answer.json())["id"]
        for host in ("one.test", "two.test", "one.test"):
            headers = {"X-Forwarded-Host": host}
            async with server.client.get(f"{url}/{task}", headers=headers) as answer:
                link = (await answer.json())["content"]["video_url"]
            assert link.startswith(f"http://{host}/tos/")
