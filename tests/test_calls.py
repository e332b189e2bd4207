"""The journal over HTTP: ``/_sim/calls``, its filters and its feed."""

import asyncio
import json
from typing import Any

import pytest
from aiohttp import ClientSession

from tests.driving import KEY
from tests.receiving import receiver
from tests.serving import Server, serve

TASKS = "/ark/api/v3/contents/generations/tasks"
ORDER = {
    "model": "doubao-seedance-2-0-260128",
    "content": [{"type": "text", "text": "A paper boat"}],
}


async def create(server: Server, **more: Any) -> str:
    async with server.client.post(f"{server.base}{TASKS}", json={**ORDER, **more}) as answer:
        assert answer.status == 200, await answer.text()
        return str((await answer.json())["id"])


async def show(server: Server, task: str) -> Any:
    async with server.client.get(f"{server.base}{TASKS}/{task}") as answer:
        return await answer.json()


async def calls(server: Server, **query: Any) -> Any:
    async with server.anonymous.get(f"{server.base}/_sim/calls", params=query) as answer:
        assert answer.status == 200, await answer.text()
        return await answer.json()


async def test_a_task_from_its_order_to_its_clip() -> None:
    async with serve() as server:
        task = await create(server)
        await server.advance("1m")
        link = (await show(server, task))["content"]["video_url"]
        async with server.anonymous.get(link) as answer:
            size = len(await answer.read())
        found = await calls(server, key=KEY)
    made, asked, fetched = found["items"]
    assert (found["total"], found["dropped"]) == (3, 0)
    assert [one["kind"] for one in found["items"]] == ["create", "query", "download"]
    assert {one["task"] for one in found["items"]} == {task}
    assert {one["dialect"] for one in found["items"]} == {"ark"}
    assert made["request"]["body"] == ORDER
    assert made["reply"]["body"] == {"id": task}
    assert asked["at_ms"] - made["at_ms"] == 60_000
    assert asked["reply"]["body"]["status"] == "succeeded"
    assert fetched["reply"]["body"] is None
    assert fetched["reply"]["size"] == size


async def test_no_secret_is_shown() -> None:
    async with serve() as server:
        task = await create(server)
        await server.advance("1m")
        link = (await show(server, task))["content"]["video_url"]
        for headers in ({}, {"Authorization": f"Bearer {KEY}"}):
            async with server.anonymous.get(link, headers=headers) as answer:
                await answer.read()
        async with server.anonymous.get(f"{server.base}{TASKS}?k={KEY}&api_key=abcdef") as answer:
            await answer.read()
        text = json.dumps(await calls(server))
    query = dict(pair.split("=") for pair in link.partition("?")[2].split("&"))
    for secret in (KEY, query["X-Tos-Signature"], query["X-Tos-Credential"], "abcdef"):
        assert secret not in text


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ({}, [1, 2, 3, 4]),
        ({"key": KEY}, [1, 2]),
        ({"key": "sk-nobody"}, []),
        ({"status": "200"}, [1, 2]),
        ({"status": "4xx"}, [3, 4]),
        ({"status": "404"}, [4]),
        ({"dialect": "ark"}, [1, 2, 3]),
        ({"dialect": "nbility"}, []),
        ({"path": "/tasks/"}, [2]),
        ({"path": "(a+)+$"}, []),
        ({"kind": "create"}, [1, 3]),
        ({"since": "30s", "key": KEY}, [2]),
        ({"limit": "2"}, [1, 2]),
        ({"limit": "2", "after": "1"}, [2, 3]),
        ({"last": "2"}, [3, 4]),
        ({"last": "2", "kind": "create", "after": "1"}, [3]),
        ({"note": "did not apply"}, [1]),
        ({"note": "(a+)+$"}, []),
    ],
)
async def test_filters(query: dict[str, str], wanted: list[int]) -> None:
    async with serve() as server:
        plan = {"match": {"prompt": "no such words"}, "plan": {"end": "failed"}}
        async with server.anonymous.post(f"{server.base}/_sim/plans", json=plan) as answer:
            assert answer.status == 200
        task = await create(server)
        await server.advance("1m")
        await show(server, task)
        for path in (TASKS, "/nowhere"):
            async with server.anonymous.post(f"{server.base}{path}", json=ORDER) as answer:
                assert answer.status in (401, 404)
        found = await calls(server, **query)
        assert [one["id"] for one in found["items"]] == wanted


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"status": "many"}, "status"),
        ({"dialect": "sora"}, "dialect"),
        ({"kind": "poll"}, "kind"),
        ({"since": "yesterday"}, "since"),
        ({"since": "-5s"}, "since"),
        ({"after": "x"}, "after"),
        ({"after": "9" * 4000}, "after"),
        ({"limit": "0"}, "limit"),
        ({"limit": "1001"}, "limit"),
        ({"last": "0"}, "last"),
        ({"last": "5", "limit": "5"}, "last"),
        ({"regex": ".*"}, "regex"),
    ],
)
async def test_a_wrong_filter_is_named(query: dict[str, str], field: str) -> None:
    async with (
        serve() as server,
        server.anonymous.get(f"{server.base}/_sim/calls", params=query) as answer,
    ):
        assert answer.status == 400
        assert (await answer.json())["error"]["field"] == field


async def test_it_can_be_emptied() -> None:
    async with serve() as server:
        await create(server)
        async with server.anonymous.delete(f"{server.base}/_sim/calls") as answer:
            assert await answer.json() == {"deleted": 1}
        assert await calls(server) == {"items": [], "total": 0, "dropped": 0}


async def test_a_callback_is_an_exchange() -> None:
    async with serve(callbacks="local") as server, receiver() as told:
        told.answers = [500]
        task = await create(server, callback_url=f"{told.url}/hook?token=abcdef")
        await server.advance("1m")
        found = (await calls(server, key=KEY, kind="callback"))["items"]
    statuses = [(one["request"]["body"]["status"], one["reply"]["status"]) for one in found]
    assert statuses == [("queued", 500), ("running", 200), ("succeeded", 200)]
    assert {one["task"] for one in found} == {task}
    assert "abcdef" not in json.dumps(found)


async def test_what_was_not_understood_and_what_did_not_apply_is_noted() -> None:
    async with serve() as server:
        plan = {"match": {"model": "x", "key": "sk-else"}, "plan": {"end": "failed"}}
        async with server.anonymous.post(f"{server.base}/_sim/plans", json=plan) as answer:
            assert answer.status == 200
        text = [{"type": "text", "text": "A boat [[sim: explode]]"}]
        await create(server, content=text)
        (one,) = (await calls(server))["items"]
    assert one["notes"] == [
        "the directive 'explode' in the prompt is not understood",
        "plan-1 did not apply: it is for another key, "
        "the model is 'doubao-seedance-2-0-260128', not 'x'",
    ]


async def test_the_plan_that_applied_is_named() -> None:
    async with serve() as server:
        for plan in ({"end": "failed"}, {"end": "expired"}):
            async with server.anonymous.post(f"{server.base}/_sim/plans", json={"plan": plan}):
                pass
        for _ in range(3):
            await create(server)
        found = (await calls(server))["items"]
    assert [one["plan"] for one in found] == ["plan-1", "plan-2", None]
    assert [one["notes"] for one in found] == [[], [], []]


async def test_bytes_that_are_no_text_do_no_harm() -> None:
    async with serve() as server:
        host, port = server.base.removeprefix("http://").split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        path = TASKS.encode() + b"/%ff%ed%a0%80?%fe=%00&status=%ff"
        key = f"Authorization: Bearer {KEY}\r\n".encode()
        odd = b"X-Client-Request-Id: \xff\xfe\r\nX-\x7e: \xe9\r\n"
        writer.write(b"GET " + path + b" HTTP/1.1\r\nHost: x\r\n" + key + odd + b"\r\n")
        assert (await reader.readline()).startswith(b"HTTP/1.1 404")
        writer.close()
        await writer.wait_closed()
        (one,) = (await calls(server))["items"]
    assert one["request"]["path"].startswith(TASKS)


async def test_a_client_that_goes_away_is_noted() -> None:
    async with serve() as server:
        host, port = server.base.removeprefix("http://").split(":")
        _, writer = await asyncio.open_connection(host, int(port))
        head = f"POST {TASKS} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {KEY}\r\n"
        writer.write(
            f"{head}Content-Type: application/json\r\nContent-Length: 9\r\n\r\n{{".encode()
        )
        await writer.drain()
        while not (await calls(server))["items"]:
            pass
        assert (await calls(server))["items"][0]["ended_ms"] is None
        writer.close()
        await writer.wait_closed()
        async with asyncio.timeout(10):
            while (await calls(server))["items"][0]["ended_ms"] is None:
                pass
        assert (await calls(server))["items"][0]["lost"]


async def test_the_feed_tells_what_fits_and_catches_up() -> None:
    async with serve() as server, ClientSession() as reader:
        await create(server)
        headers = {"Accept": "text/event-stream", "Last-Event-ID": "0"}
        url = f"{server.base}/_sim/calls"
        query = {"kind": "query", "key": KEY}
        async with reader.get(url, headers=headers, params=query) as feed:
            assert feed.content_type == "text/event-stream"
            assert (await feed.content.readline()) == b": the journal\n"
            await show(server, "cgt-1")
            event = await _event(feed)
        async with reader.get(url, headers=headers) as feed:
            assert [(await _event(feed))["id"] for _ in range(2)] == [1, 2]
    assert (event["id"], event["kind"], event["reply"]["status"]) == (2, "query", 404)


async def _event(feed: Any) -> Any:
    async with asyncio.timeout(10):
        while not (line := await feed.content.readline()).startswith(b"data: "):
            assert line
    return json.loads(line.removeprefix(b"data: "))


async def test_a_feed_ends_with_the_server() -> None:
    async with ClientSession() as reader:
        async with serve() as server:
            headers = {"Accept": "text/event-stream"}
            feed = await reader.get(f"{server.base}/_sim/calls", headers=headers)
        async with asyncio.timeout(5):
            assert (await feed.read()).startswith(b": the journal")
