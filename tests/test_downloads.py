"""Links over HTTP: ranges, validators, the last millisecond, and everything that is refused."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from simulator.dialects.ark import TASKS
from simulator.http.ranges import part_of
from tests.serving import Server, serve

ORDER = {
    "model": "doubao-seedance-2-0-260128",
    "content": [{"type": "text", "text": "A paper boat"}],
    "resolution": "480p",
    "duration": 4,
    "return_last_frame": True,
}


@pytest_asyncio.fixture
async def server() -> AsyncIterator[Server]:
    async with serve() as running:
        yield running


async def finished(server: Server) -> dict[str, Any]:
    """A task that has succeeded, as its query gives it."""
    tasks = f"{server.base}/ark{TASKS}"
    async with server.client.post(tasks, json=ORDER) as answer:
        task_id = (await answer.json())["id"]
    await server.advance("4s")
    async with server.client.get(f"{tasks}/{task_id}") as answer:
        return dict(await answer.json())


async def status(server: Server, url: str, method: str = "GET", **headers: str) -> int:
    async with server.anonymous.request(method, url, headers=headers) as answer:
        await answer.read()
        return answer.status


async def test_whole_range_and_validators(server: Server) -> None:
    url = (await finished(server))["content"]["video_url"]
    async with server.anonymous.get(url) as answer:
        whole, etag = await answer.read(), answer.headers["ETag"]
        assert answer.headers["Content-Type"] == "video/mp4"
        assert answer.headers["Accept-Ranges"] == "bytes"
        assert int(answer.headers["Content-Length"]) == len(whole)
    size = len(whole)
    for asked, first, last in (
        ("bytes=0-9", 0, 9),
        ("bytes=10-", 10, size - 1),
        ("bytes=-5", size - 5, size - 1),
        (f"bytes=-{size * 2}", 0, size - 1),
        (f"bytes={size - 1}-{size + 9}", size - 1, size - 1),
    ):
        async with server.anonymous.get(url, headers={"Range": asked}) as answer:
            assert answer.status == 206
            assert answer.headers["Content-Range"] == f"bytes {first}-{last}/{size}"
            assert await answer.read() == whole[first : last + 1]
    for asked in (f"bytes={size}-", "bytes=-0"):
        assert await status(server, url, Range=asked) == 416
    for asked in ("bytes=5-2", "bytes=-", "bytes=a-b", "items=0-1", "bytes=0-1,4-5"):
        assert await status(server, url, Range=asked) == 200
    assert await status(server, url, **{"If-None-Match": etag}) == 304
    assert await status(server, url, **{"If-None-Match": '"other"'}) == 200
    assert await status(server, url, **{"Range": "bytes=0-1", "If-Range": etag}) == 206
    assert await status(server, url, **{"Range": "bytes=0-1", "If-Range": '"old"'}) == 200


@pytest.mark.parametrize("asked", ["bytes=0-9", "bytes=0-", "bytes=-5"])
def test_no_range_of_an_empty_file_can_be_had(asked: str) -> None:
    assert part_of({"Range": asked}, 0, "") == (416, 0, 0, {"Content-Range": "bytes */0"})
    assert part_of({}, 0, "") == (200, 0, 0, {})


async def test_the_link_ends_to_the_millisecond(server: Server) -> None:
    task = await finished(server)
    url = task["content"]["video_url"]
    await server.advance("86399999ms")
    assert await status(server, url) == 200
    await server.advance("1ms")
    assert await status(server, url) == 403


async def test_what_the_object_store_refuses(server: Server) -> None:
    task = await finished(server)
    url = task["content"]["video_url"]
    assert await status(server, url, "HEAD") == 403
    assert await status(server, url, "POST") == 403
    assert await status(server, url, "DELETE") == 403
    assert await status(server, url, Authorization="Bearer x") == 400
    assert await status(server, url, Host="other.test") == 403
    assert await status(server, url.partition("?")[0]) == 403
    async with server.anonymous.get(url[:-1]) as answer:
        body = await answer.json(content_type=None)
        assert answer.headers["server"] == "TosServer"
        assert {"Code", "RequestId", "HostId", "Message", "EC"} <= set(body)
    async with server.client.delete(f"{server.base}/ark{TASKS}/{task['id']}") as answer:
        assert answer.status == 200
    assert await status(server, url) == 404


async def test_public_url_is_where_links_lead() -> None:
    async with serve(public_url="https://clips.example.com/") as server:
        url = (await finished(server))["content"]["video_url"]
        assert url.startswith("https://clips.example.com/tos/")
        inside = url.replace("https://clips.example.com", server.base)
        assert await status(server, inside) == 200
        assert await status(server, inside, Host="clips.example.com") == 200


@pytest.mark.parametrize("path", ["/tos/", "/tos/a/b", "/tos/a/b/c.mp4", "/tos/%00"])
async def test_unsigned_paths(server: Server, path: str) -> None:
    assert await status(server, server.base + path) in (403, 404)
