"""What EvoLink's answers have by autumn 2026: lists, batches, costs, and refusals by their code."""

from typing import Any

import pytest

from simulator.dialects.evolink import CREATE, DIALECT
from simulator.dialects.evolink.refusals import REFUSED
from simulator.engine.call import Reply
from tests.dialects.test_evolink import accepted, order
from tests.driving import World, world

FAST = "seedance-2.0-fast-text-to-video"
TASKS = "/v1/tasks"
FIDELITIES = pytest.mark.parametrize("fidelity", ["documented", "observed"])


@pytest.fixture
def here() -> World:
    return world(DIALECT, fidelity="observed")


async def listed(here: World, query: str = "", **also: Any) -> Any:
    status, body = await here.json("GET", f"{TASKS}?{query}", **also)
    assert status == 200, body
    return body


async def four(here: World) -> list[str]:
    """A task of each end and one that waits, oldest first."""
    made = []
    for end in ("succeeded", "failed", "cancelled"):
        await here.plan(end=end)
        made.append((await accepted(here, order())).id)
        here.advance("1h")
    return [*made, (await accepted(here, order(FAST))).id]


@FIDELITIES
async def test_a_list_tells_of_every_task_but_not_of_its_clip(fidelity: str) -> None:
    here = world(DIALECT, fidelity=fidelity)
    made = await four(here)
    body = await listed(here)
    assert [row["id"] for row in body["data"]] == made[::-1]
    assert (body["total"], body["page"], body["page_size"]) == (4, 1, 20)
    waiting, cancelled, failed, done = body["data"]
    assert cancelled["status"] == ("cancelled" if fidelity == "observed" else "failed")
    assert (waiting["status"], waiting["duration"], waiting["has_error"]) == ("pending", 0, False)
    assert (failed["progress"], failed["has_error"], failed["credits_used"]) == (0, True, 0)
    assert (done["progress"], done["has_results"], done["result_count"]) == (100, True, 1)
    assert done["credits_used"] > 0
    assert done["duration"] > 0
    assert "http" not in str(body)
    assert (await listed(here, key="sk-another"))["total"] == 0


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("status=processing", [3]),
        ("status=completed", [0]),
        ("status=failed", [1]),
        ("status=cancelled", [2]),
        ("type=image", []),
        ("type=video&status=", [3, 2, 1, 0]),
        (f"model={FAST}", [3]),
        ("model=seedance-2.0", []),
        ("page=2&page_size=3", [0]),
        ("page=9", []),
    ],
)
async def test_what_a_list_is_asked_for(here: World, query: str, expected: list[int]) -> None:
    made = await four(here)
    found = [row["id"] for row in (await listed(here, query))["data"]]
    assert found == [made[at] for at in expected]


@pytest.mark.parametrize(
    "query",
    ["page=0", "page=x", "page=-1", "page_size=0", "page_size=51", "status=queued", "type=text"],
)
async def test_a_list_that_is_refused(query: str) -> None:
    status, body = await world(DIALECT).json("GET", f"{TASKS}?{query}")
    assert (status, body["error"]["param"]) == (400, query.partition("=")[0])


@FIDELITIES
async def test_a_batch_has_what_the_queries_have(fidelity: str) -> None:
    here = world(DIALECT, fidelity=fidelity)
    made = await four(here)
    asked = [made[1], "task-unified-1780732857-abcdef", made[0], "nonsense", made[1]]
    status, body = await here.json("POST", f"{TASKS}/batch", {"task_ids": asked})
    assert status == 200
    single = [(await here.json("GET", f"{TASKS}/{name}"))[1] for name in (made[1], made[0])]
    assert body == {"data": single}
    _, others = await here.json("POST", f"{TASKS}/batch", {"task_ids": made}, key="sk-another")
    assert others == {"data": []}


@pytest.mark.parametrize(
    "ids", [None, [], "task-unified-1-abcdef", [1], ["task-unified-1-abcdef"] * 51, {}]
)
async def test_a_batch_that_is_refused(ids: Any) -> None:
    status, body = await world(DIALECT).json("POST", f"{TASKS}/batch", {"task_ids": ids})
    assert status == 400
    assert body["error"]["param"].startswith("task_ids")


async def test_a_finished_task_says_what_it_cost(here: World) -> None:
    done, failed, cancelled, waiting = [
        (await here.json("GET", f"{TASKS}/{name}"))[1] for name in await four(here)
    ]
    cost = done["usage"]["cost"]
    assert cost["credits"] == done["usage"]["credits_used"] == done["billing"]["charged_credits"]
    assert cost["usd"] == pytest.approx(cost["credits"] / 68, abs=1e-6)
    assert cost["cny"] == pytest.approx(cost["credits"] / 10)
    assert (done["video_duration"], done["billing"]["charge_status"]) == (5, "charged")
    assert done["duration"] > 0
    (result,) = done["result_data"]
    assert result["video_url"] == done["results"][0]
    assert (result["duration"], result["result_id"].startswith(done["id"])) == (5, True)
    for one in (failed, cancelled, waiting):
        assert "result_data" not in one
    for one in (failed, cancelled):
        assert "credits_used" not in one["usage"]
        assert one["billing"]["charge_status"] == "released"
        assert one["billing"]["refunded_credits"] == one["billing"]["reserved_credits"] > 0
        assert one["billing"]["refunded_at"].startswith("2026-06-06T")
    assert cancelled["status"] == "cancelled"
    assert cancelled["error"]["code"] == "request_cancelled"
    assert waiting["billing"]["charge_status"] == "reserved"
    assert not {"duration", "video_duration"} & waiting.keys()
    _, credits = await here.json("GET", "/v1/credits")
    spent = cost["credits"] + waiting["usage"]["credits_reserved"]
    assert credits["data"]["user"]["used_credits"] == pytest.approx(spent)


@pytest.mark.parametrize(
    ("code", "again"), [("service_error", True), ("content_policy_violation", False)]
)
async def test_a_failure_says_what_to_do(here: World, code: str, again: bool) -> None:
    await here.plan(end="failed", code=code)
    task = await accepted(here, order())
    here.advance("1h")
    _, shown = await here.json("GET", f"{TASKS}/{task.id}")
    assert shown["error"]["code"] == code
    assert ("same order again" in shown["error"]["suggestion"]) == again


async def test_none_of_this_is_in_the_seeds_answers() -> None:
    here = world(DIALECT)
    for name in await four(here):
        _, body = await here.json("GET", f"{TASKS}/{name}")
        assert not {"billing", "duration", "video_duration", "result_data"} & body.keys()
        assert body["status"] != "cancelled"
        assert "cost" not in body["usage"]


@pytest.mark.parametrize("code", [code for code, one in REFUSED.items() if one.status == 402])
async def test_three_empty_wallets_are_told_apart(here: World, code: str) -> None:
    await accepted(here, order())
    here.advance("25h")
    await accepted(here, order(duration=4))
    here.advance("1h")
    used = (await here.json("GET", "/v1/credits"))[1]["data"]["user"]["used_credits"]
    await here.plan(end="refused", code=code)
    status, body = await here.json("POST", CREATE, order())
    error = body["error"]
    assert (status, error["code"], error["type"]) == (402, code, "insufficient_quota")
    assert error["estimated_credits"] > 0
    if REFUSED[code].wallet == "key":
        assert error["total_limit_credits"] == error["used_credits"] == used
        assert error["remaining_credits"] == 0
    elif REFUSED[code].wallet == "day":
        assert 0 < error["daily_used_credits"] < used
        assert error["reset_timezone"] == "Asia/Shanghai"
    else:
        assert "account_balance_credits" not in error
    assert len(await here.engine.tasks()) == 2


@pytest.mark.parametrize(("fidelity", "waits"), [("documented", None), ("observed", "60")])
async def test_who_is_limited_reads_how_long(fidelity: str, waits: str | None) -> None:
    here = world(DIALECT, fidelity=fidelity)
    reply = await here.send("POST", CREATE, order(), key="sk-sim-limited")
    assert isinstance(reply, Reply)
    assert (reply.status, reply.headers.get("Retry-After")) == (429, waits)
    await here.plan(end="refused", code="no_available_channel")
    reply = await here.send("POST", CREATE, order())
    assert isinstance(reply, Reply)
    assert reply.status == 503
    assert reply.headers.get("Retry-After") == (waits and "30")
