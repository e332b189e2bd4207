"""``--references fetch``: links are measured, but only from where the rule allows."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web

from simulator.core.media import Facts
from simulator.dialects.ark import TASKS
from simulator.engine.fetch import Unfetched
from simulator.http import fetching
from simulator.http.fetching import MOST_BYTES, MOST_REDIRECTS, Fetcher
from simulator.media.samples import render
from tests.serving import Server, listening, serve

PNG = render(Facts("image", "png", 0, 400, 300), "")
SMALL = render(Facts("image", "png", 0, 299, 300), "")


@asynccontextmanager
async def host() -> AsyncIterator[str]:
    """A static host on loopback that also redirects, lies and never ends."""

    async def give(request: web.Request) -> web.StreamResponse:
        name = request.match_info["name"]
        if name.startswith("to"):
            raise web.HTTPFound(request.query["where"])
        if name == "slow":
            await asyncio.sleep(0.06)
            raise web.HTTPFound("/slow")
        if name == "round":
            raise web.HTTPFound("/round")
        if name == "huge":
            return web.Response(body=b"x" * (MOST_BYTES + 1))
        files = {"good.png": PNG, "small.png": SMALL, "text.png": b"hello", "empty": b""}
        if name not in files:
            raise web.HTTPNotFound
        return web.Response(body=files[name])

    app = web.Application()
    app.router.add_get("/{name}", give)
    async with listening(app) as base:
        yield base


async def order(server: Server, url: str) -> tuple[int, Any]:
    item = {"type": "image_url", "image_url": {"url": url}}
    body = {"model": "doubao-seedance-2-0-260128", "content": [item]}
    async with server.client.post(f"{server.base}/ark{TASKS}", json=body) as answer:
        return answer.status, await answer.json()


async def test_fetched_references_are_measured() -> None:
    async with host() as files, serve(references="fetch") as server:
        assert (await order(server, f"{files}/good.png"))[0] == 200
        assert (await order(server, f"{files}/to?where=/good.png"))[0] == 200
        status, body = await order(server, f"{files}/small.png")
        assert status == 400
        assert "299x300px" in body["error"]["message"]
        for name in ("missing.png", "text.png", "empty", "round", "huge"):
            status, body = await order(server, f"{files}/{name}")
            assert (status, body["error"]["code"]) == (400, "InvalidParameter"), name
        status, _ = await order(server, "http://example.com/a.png")
        assert status == 400
        status, _ = await order(server, f"{files}/to?where=http://example.com/a.png")
        assert status == 400
        sample = "http://nowhere.example/_sim/media/image?width=400&height=300"
        assert (await order(server, sample))[0] == 200


async def test_trust_opens_no_connection() -> None:
    async with serve() as server:
        assert (await order(server, "http://127.0.0.1:1/a.png"))[0] == 200


async def test_where_a_fetcher_goes() -> None:
    async with host() as files:
        fetcher = Fetcher(("127.0.0.1.nip.example", "169.254.1.1"))
        try:
            assert await fetcher(f"{files}/good.png") == PNG
            assert await fetcher(files.replace("127.0.0.1", "localhost") + "/good.png") == PNG
            for url, reason in {
                "http://10.0.0.1/x": "is not allowed",
                "http://[::ffff:10.0.0.1]/x": "is not allowed",
                "http://user@example.com/x": "is not allowed",
                "http://169.254.1.1/latest": "may not come from",
                "ftp://127.0.0.1/x": "",
                "http://": "not a valid URL",
                f"{files}/round": f"more than {MOST_REDIRECTS} redirects",
                f"{files}/to?where=http://10.0.0.1/": "is not allowed",
                f"{files}/to?where=file:///etc/passwd": "",
                f"{files}/huge": "more than",
                f"{files}/none": "status 404",
                "http://127.0.0.1:1/x": "",
            }.items():
                with pytest.raises(Unfetched) as caught:
                    await fetcher(url)
                assert reason in str(caught.value), url
        finally:
            await fetcher.close()


async def test_the_limit_holds_for_all_redirects_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("simulator.http.fetching.MOST_SECONDS", 0.1)
    async with host() as files:
        fetcher = Fetcher(())
        try:
            with pytest.raises(Unfetched, match=r"no answer within 0\.1 seconds"):
                await fetcher(f"{files}/slow")
        finally:
            await fetcher.close()


async def test_so_many_are_fetched_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    most = now = 0
    full, go_on = asyncio.Event(), asyncio.Event()

    async def give(request: web.Request) -> web.Response:
        nonlocal most, now
        now += 1
        most = max(most, now)
        if now == fetching.AT_ONCE:
            full.set()
        await go_on.wait()
        now -= 1
        return web.Response(body=b"x")

    app = web.Application()
    app.router.add_get("/", give)
    fetch = Fetcher(())
    async with listening(app) as base:
        many = [asyncio.create_task(fetch(f"{base}/")) for _ in range(50)]
        await full.wait()
        monkeypatch.setattr(fetching, "MOST_WAIT", 0.01)
        with pytest.raises(Unfetched, match="too many other links"):
            await fetch(f"{base}/")
        go_on.set()
        assert await asyncio.gather(*many) == [b"x"] * 50
    assert most == fetching.AT_ONCE
    await fetch.close()
