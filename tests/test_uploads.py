"""Uploaded files over HTTP: fetched under their links until they expire."""

import base64
from collections.abc import AsyncIterator
from typing import Any

import pytest_asyncio

from simulator.media.facts import Facts
from simulator.media.samples import render
from tests.serving import Server, serve

PNG = render(Facts("image", "png", 0, 400, 300), "")
ORDER = {"model": "seedance-2.0-image-to-video", "prompt": "A boat"}


@pytest_asyncio.fixture
async def server() -> AsyncIterator[Server]:
    async with serve() as running:
        yield running


async def upload(server: Server, call: str, body: Any) -> str:
    url = f"{server.base}/evolink/api/v1/files/upload/{call}"
    async with server.client.post(url, json=body) as answer:
        assert answer.status == 200, await answer.text()
        link = (await answer.json())["data"]["file_url"]
    return str(link)


async def test_a_file_is_fetched_until_it_expires(server: Server) -> None:
    link = await upload(server, "base64", {"base64_data": base64.b64encode(PNG).decode()})
    async with server.anonymous.get(link) as answer:
        assert (answer.status, answer.content_type) == (200, "image/png")
        assert await answer.read() == PNG
    async with server.anonymous.head(link) as answer:
        assert (answer.status, answer.content_length) == (200, len(PNG))
    async with server.anonymous.get(link, headers={"Range": "bytes=0-7"}) as answer:
        assert (answer.status, await answer.read()) == (206, PNG[:8])
    async with server.anonymous.put(link) as answer:
        assert answer.status == 405
    await server.advance("72h")
    async with server.anonymous.get(link) as answer:
        assert answer.status == 404


async def test_files_that_do_not_exist(server: Server) -> None:
    for path in ("/files", "/files/", "/files/x", f"/files/file-{'0' * 24}/x", "/files/../x"):
        async with server.anonymous.get(server.base + path) as answer:
            assert answer.status == 404, path


async def test_a_file_from_elsewhere_is_there(server: Server) -> None:
    source = f"{server.base}/_sim/media/image?width=320&height=320"
    link = await upload(server, "url", {"file_url": source})
    async with server.anonymous.get(link, allow_redirects=False) as answer:
        assert (answer.status, answer.headers["Location"]) == (302, source)
    async with server.anonymous.get(link) as answer:
        assert (answer.status, answer.content_type) == (200, "image/png")


async def test_a_file_becomes_a_clip(server: Server) -> None:
    link = await upload(server, "base64", {"base64_data": base64.b64encode(PNG).decode()})
    order = {**ORDER, "image_urls": [link], "duration": 4, "quality": "480p"}
    async with server.client.post(f"{server.base}/evolink/v1/videos/generations", json=order) as a:
        assert a.status == 200, await a.text()
        task = await a.json()
    await server.advance("4s")
    async with server.client.get(f"{server.base}/evolink/v1/tasks/{task['id']}") as answer:
        (clip,) = (await answer.json())["results"]
    async with server.anonymous.get(clip) as answer:
        assert (answer.status, answer.content_type) == (200, "video/mp4")
        assert b"ftyp" in (await answer.read())[:16]
