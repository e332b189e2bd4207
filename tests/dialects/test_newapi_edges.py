"""What new-api says beside its tasks: what it has charged, to whom it speaks from other pages."""

import json
from typing import Any

import pytest

from simulator.dialects.newapi import DIALECT
from simulator.dialects.newapi_base import CREATE
from simulator.engine.call import Reply
from tests.driving import KEY, World, world
from tests.serving import serve

ORDER = {
    "model": "doubao-seedance-2-0-fast-260128",
    "prompt": "A boat",
    "metadata": {"duration": 4, "resolution": "480p"},
}
LOG = "/api/log/token"
RESERVED = 9_375_000


async def log(here: World) -> list[dict[str, Any]]:
    status, body = await here.json("GET", LOG)
    assert (status, body["message"], body["success"]) == (200, "", True)
    return [{**line, "other": json.loads(line["other"])} for line in body["data"]]


async def test_an_order_and_what_it_came_to_are_a_line_each_the_newest_first() -> None:
    here = world(DIALECT)
    assert await log(here) == []
    _, made = await here.json("POST", CREATE, ORDER)
    (line,) = await log(here)
    assert (line["type"], line["content"], line["quota"]) == (2, "操作 generate", RESERVED)
    assert (line["model_name"], line["created_at"]) == (ORDER["model"], made["created_at"])
    here.advance("1h")
    settled, ordered = await log(here)
    assert ordered == {**line, "id": 2}
    assert (settled["type"], settled["id"], ordered["id"]) == (6, 1, 2)
    text = "token重算：tokens=40176, modelRatio=37.50, groupRatio=1.00, otherMultiplier=1.0000"
    assert settled["content"] == text
    assert settled["other"]["task_id"] == made["id"]
    assert settled["other"]["actual_quota"] == RESERVED - settled["quota"]
    _, usage = await here.json("GET", "/api/usage/token/")
    assert usage["data"]["total_used"] == settled["other"]["actual_quota"]


async def test_what_else_a_line_says_is_in_the_order_of_the_alphabet() -> None:
    here = world(DIALECT)
    await here.json("POST", CREATE, ORDER)
    _, body = await here.json("GET", LOG)
    (line,) = body["data"]
    other = '{"group_ratio":1,"is_task":true,"model_price":-1,"model_ratio":37.5}'
    assert line["other"] == other


async def test_a_failure_is_a_line_with_its_reason() -> None:
    here = world(DIALECT)
    await here.plan(end="failed")
    _, made = await here.json("POST", CREATE, ORDER)
    here.advance("1h")
    _, task = await here.json("GET", f"{CREATE}/{made['id']}")
    back, _ = await log(here)
    assert (back["type"], back["quota"], back["content"]) == (6, RESERVED, "")
    assert back["other"]["reason"] == task["data"]["fail_reason"]


async def test_nobody_reads_the_lines_of_others() -> None:
    here = world(DIALECT)
    await here.json("POST", CREATE, ORDER)
    _, body = await here.json("GET", LOG, key="sk-other")
    assert body["data"] == []
    assert await here.json("GET", LOG, key=None) == (
        401,
        {"message": "Token not provided", "success": False},
    )


async def test_the_balance_without_its_slash_is_elsewhere() -> None:
    reply = await world(DIALECT).send("GET", "/api/usage/token")
    assert isinstance(reply, Reply)
    assert (reply.status, reply.headers["Location"]) == (301, "token/")


PREFLIGHT = {"Origin": "https://example.com", "Access-Control-Request-Method": "POST"}


@pytest.mark.parametrize("path", ["/newapi/v1/videos", "/newapi/nowhere"])
async def test_only_a_preflight_is_an_options(path: str) -> None:
    async with serve() as server:
        async with server.client.options(server.base + path, headers=PREFLIGHT) as reply:
            assert reply.status == 204
            told = {n: v for n, v in reply.headers.items() if n.startswith("Access-Control-")}
        assert told == {
            "Access-Control-Allow-Origin": "*",
            "Access-Control-Allow-Credentials": "true",
            "Access-Control-Allow-Methods": "GET,POST,PUT,DELETE,OPTIONS",
            "Access-Control-Allow-Headers": "*",
            "Access-Control-Max-Age": "43200",
        }
        async with server.client.options(f"{server.base}/newapi/v1/videos") as reply:
            body = await reply.json()
            assert (reply.status, body["error"]["type"]) == (404, "invalid_request_error")


async def test_other_pages_are_told_so_with_every_answer() -> None:
    async with serve() as server:
        headers = {"Origin": "https://example.com", "Authorization": f"Bearer {KEY}"}
        async with server.client.get(f"{server.base}/newapi/v1/models", headers=headers) as reply:
            told = {n: v for n, v in reply.headers.items() if n.startswith("Access-Control-")}
        assert told == {
            "Access-Control-Allow-Origin": "*",
            "Access-Control-Allow-Credentials": "true",
        }
        async with server.client.get(f"{server.base}/uniall/v1/models", headers=headers) as reply:
            assert "Access-Control-Expose-Headers" in reply.headers
