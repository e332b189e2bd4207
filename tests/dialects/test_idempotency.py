"""EvoLink's ``Idempotency-Key``: one order under one key, whatever becomes of the answers."""

import asyncio
import base64
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web

from simulator.core.media import Facts
from simulator.media.samples import render
from tests.driving import KEY
from tests.serving import Server, listening, serve

CREATE, UPLOAD = "/v1/videos/generations", "/api/v1/files/upload/base64"
RUN = "run_0123456789abcdef0123456789abcdef"
PICTURE = base64.b64encode(render(Facts("image", "png", 0, 400, 300), "")).decode()
ORDER = {
    "model": "seedance-2.0-reference-to-video",
    "prompt": "A paper boat sails down a rainy street",
    "duration": 5,
}


@pytest.fixture(params=["documented", "observed"])
async def server(request: pytest.FixtureRequest) -> AsyncIterator[Server]:
    async with serve(fidelity=request.param) as running:
        yield running


async def post(
    server: Server, body: Any, key: str | None = RUN, path: str = CREATE, account: str = KEY
) -> tuple[int, Any, str | None]:
    """Status, body, and what the answer says of a replay."""
    headers = {"Authorization": f"Bearer {account}"}
    if key is not None:
        headers["Idempotency-Key"] = key
    url = f"{server.base}/evolink{path}"
    async with server.anonymous.post(url, json=body, headers=headers) as answer:
        return answer.status, await answer.json(), answer.headers.get("Idempotency-Replayed")


async def tasks(server: Server, account: str = KEY) -> int:
    async with server.anonymous.get(f"{server.base}/_sim/ledger?key={account}") as answer:
        return int((await answer.json())["bill"]["tasks"])


async def test_the_same_order_under_a_key_is_one_task(server: Server) -> None:
    first = await post(server, ORDER)
    assert (first[0], first[2]) == (200, None)
    await server.advance("2s")
    again = await post(server, dict(reversed(ORDER.items())))
    assert again == (200, first[1], "true")
    assert await tasks(server) == 1
    async with server.anonymous.get(f"{server.base}/_sim/calls?kind=create") as answer:
        calls = (await answer.json())["items"]
    assert {call["task"] for call in calls} == {first[1]["id"]}


async def test_without_a_key_every_order_is_one(server: Server) -> None:
    ids = {(await post(server, ORDER, None))[1]["id"] for _ in range(2)}
    assert len(ids) == 2


async def test_many_at_once_are_one_task(server: Server) -> None:
    answers = await asyncio.gather(*(post(server, ORDER) for _ in range(20)))
    assert [status for status, _, _ in answers] == [200] * 20
    assert len({body["id"] for _, body, _ in answers}) == 1
    assert sorted(str(replayed) for _, _, replayed in answers) == ["None", *["true"] * 19]
    assert await tasks(server) == 1


async def test_another_order_under_the_key_is_a_conflict(server: Server) -> None:
    await post(server, ORDER)
    status, body, replayed = await post(server, {**ORDER, "duration": 6})
    assert (status, body["error"]["code"], replayed) == (409, "idempotency_conflict", None)
    status, body, _ = await post(server, {"base64_data": "AAAA"}, path=UPLOAD)
    assert (status, body["code"], body["success"]) == (409, 409, False)
    assert await tasks(server) == 1


async def test_a_key_is_its_accounts_and_holds_for_a_day(server: Server) -> None:
    first = (await post(server, ORDER))[1]["id"]
    assert (await post(server, ORDER, account="sk-other"))[1]["id"] != first
    await server.advance("23h")
    await server.advance("3599s")
    assert (await post(server, ORDER))[1]["id"] == first
    await server.advance("1s")
    status, body, replayed = await post(server, {**ORDER, "duration": 6})
    assert (status, replayed) == (200, None)
    assert body["id"] != first
    async with server.anonymous.post(f"{server.base}/_sim/reset", json={"key": KEY}) as answer:
        assert answer.status == 200
    assert (await post(server, ORDER))[2] is None


async def test_what_was_refused_leaves_the_key_free(server: Server) -> None:
    async with server.anonymous.post(
        f"{server.base}/_sim/plans", json={"plan": {"end": "refused"}}
    ) as answer:
        assert answer.status == 200
    assert (await post(server, ORDER))[0] == 400
    assert (await post(server, {**ORDER, "duration": 99}))[0] == 400
    assert (await post(server, {**ORDER, "duration": 6}))[::2] == (200, None)
    assert (await post(server, {**ORDER, "duration": 6}))[::2] == (200, "true")


@pytest.mark.parametrize("key", ["", "short", "x" * 97, "with a space in the key", "k" * 15 + "/"])
async def test_a_malformed_key_is_refused(server: Server, key: str) -> None:
    status, body, _ = await post(server, ORDER, key)
    assert (status, body["error"]["param"]) == (400, "Idempotency-Key")
    assert await tasks(server) == 0
    assert (await post(server, ORDER, "k" * 16))[0] == 200
    assert (await post(server, ORDER, "k" * 96))[0] == 200


async def test_an_answer_that_was_lost_is_had_again(server: Server) -> None:
    fault = {"fault": "504-after-accept", "match": {"call": "create"}}
    async with server.anonymous.post(f"{server.base}/_sim/faults", json=fault) as answer:
        assert answer.status == 200
    url = f"{server.base}/evolink{CREATE}"
    headers = {"Idempotency-Key": RUN}
    async with server.client.post(url, json=ORDER, headers=headers) as answer:
        assert answer.status == 504
    status, _, replayed = await post(server, ORDER)
    assert (status, replayed, await tasks(server)) == (200, "true", 1)


async def test_an_upload_is_replayed_too(server: Server) -> None:
    body = {"base64_data": PICTURE}
    first = await post(server, body, path=UPLOAD)
    assert first[::2] == (200, None)
    assert await post(server, body, path=UPLOAD) == (200, first[1], "true")
    assert (await post(server, {**body, "file_name": "b.png"}, path=UPLOAD))[0] == 409


async def test_while_the_first_is_under_way_its_outcome_is_unknown() -> None:
    asked, let_go = asyncio.Event(), asyncio.Event()

    async def slow(request: web.Request) -> web.Response:
        asked.set()
        await let_go.wait()
        return web.Response(status=404)

    elsewhere = web.Application()
    elsewhere.router.add_get("/a.png", slow)
    allowed = {"references": "fetch", "allow_host": ("127.0.0.1",)}
    async with listening(elsewhere) as base, serve(**allowed) as server:
        order = {**ORDER, "image_urls": [f"{base}/a.png"]}
        first = asyncio.create_task(post(server, order))
        await asked.wait()
        status, body, _ = await post(server, order)
        assert (status, body["error"]["code"]) == (503, "paid_outcome_unknown")
        let_go.set()
        assert (await first)[0] == 400
        assert await tasks(server) == 0
        assert (await post(server, ORDER))[::2] == (200, None)
