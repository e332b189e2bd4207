"""Tasks that change their mind: a second end after the first, and what it costs."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.driving import KEY
from tests.serving import Server, serve

TASKS = "/ark/api/v3/contents/generations/tasks"
ORDER = {
    "model": "doubao-seedance-2-0-260128",
    "content": [{"type": "text", "text": "A lantern floats over a lake"}],
}


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    async with serve() as running:
        yield running


async def sim(server: Server, method: str, path: str, body: Any = None) -> Any:
    async with server.anonymous.request(method, f"{server.base}/_sim{path}", json=body) as answer:
        assert answer.status == 200, await answer.text()
        return await answer.json()


async def create(server: Server) -> str:
    async with server.client.post(server.base + TASKS, json=ORDER) as answer:
        return str((await answer.json())["id"])


async def query(server: Server, task: str) -> Any:
    async with server.client.get(f"{server.base}{TASKS}/{task}") as answer:
        return await answer.json()


async def spent(server: Server) -> Any:
    return (await sim(server, "GET", f"/ledger?key={KEY}"))["sums"]["tokens"]


async def test_success_comes_late_after_a_failure(server: Server) -> None:
    plan = {
        "end": "failed",
        "code": "InternalServiceError",
        "then": {"run": "1m", "end": "succeeded"},
    }
    await sim(server, "POST", "/plans", {"plan": plan})
    task = await create(server)
    first = await server.advance("4s")
    assert [item["kind"] for item in first["happened"]] == ["started", "failed"]
    failed = await query(server, task)
    assert (failed["status"], failed["error"]["code"]) == ("failed", "InternalServiceError")
    assert await spent(server) == 0
    await server.advance("59999ms")
    assert (await query(server, task))["status"] == "failed"
    second = await server.advance("1ms")
    assert [item["kind"] for item in second["happened"]] == ["succeeded"]
    done = await query(server, task)
    assert done["status"] == "succeeded"
    assert done["updated_at"] == failed["updated_at"] + 60
    assert await spent(server) == -done["usage"]["total_tokens"]
    async with server.anonymous.get(done["content"]["video_url"]) as answer:
        assert answer.status == 200
    await server.advance("23h")
    async with server.anonymous.get(done["content"]["video_url"]) as answer:
        assert answer.status == 200


async def test_a_success_may_be_taken_back(server: Server) -> None:
    then = {"queue": "10s", "end": "failed", "code": "OutputVideoSensitiveContentDetected"}
    await sim(server, "POST", "/plans", {"plan": {"then": then}})
    task = await create(server)
    await server.advance("4s")
    link = (await query(server, task))["content"]["video_url"]
    assert await spent(server) < 0
    await server.advance("10s")
    failed = await query(server, task)
    assert failed["error"]["code"] == "OutputVideoSensitiveContentDetected"
    assert "content" not in failed
    assert await spent(server) == 0
    async with server.anonymous.get(link) as answer:
        assert answer.status == 404


async def test_a_second_end_is_listed_with_its_plan(server: Server) -> None:
    then = {"run": "1m", "end": "succeeded"}
    await sim(server, "POST", "/plans", {"plan": {"end": "expired", "then": then}})
    shown = (await sim(server, "GET", "/plans"))["items"][0]["plan"]["then"]
    assert shown == {**then, "run": 60_000, "queue": 0, "code": None, "message": None}
