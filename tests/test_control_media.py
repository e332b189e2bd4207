"""Sample references over HTTP: the asked properties exactly, or the parameter that is wrong."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from yarl import URL

from simulator.media.probe import probe
from tests.serving import Server, serve


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    async with serve() as running:
        yield running


@pytest.mark.parametrize(
    ("path", "content_type"),
    [
        ("image?width=320&height=200", "image/png"),
        ("image/photo.jpg?width=320&height=200&size=50000", "image/jpeg"),
        ("image.webp?width=64&height=64", "image/webp"),
        ("video?width=320&height=240&seconds=2&size=100000", "video/mp4"),
        ("video/clip.mov?width=320&height=240&seconds=2&fps=30&channels=1", "video/quicktime"),
        ("audio?seconds=2", "audio/wav"),
        ("audio?seconds=2&format=mp3", "audio/mpeg"),
    ],
)
async def test_a_sample_is_what_its_link_says(server: Server, path: str, content_type: str) -> None:
    from simulator.media.link import facts_of_link

    url = f"{server.base}/_sim/media/{path}"
    async with server.anonymous.get(url) as answer:
        assert answer.status == 200
        assert answer.content_type == content_type
        data = await answer.read()
    assert probe(data) == facts_of_link(url)
    async with server.anonymous.head(url) as answer:
        assert answer.content_length == len(data)
        etag = answer.headers["ETag"]
    async with server.anonymous.get(url, headers={"Range": "bytes=5-9"}) as answer:
        assert (answer.status, await answer.read()) == (206, data[5:10])
    async with server.anonymous.get(url, headers={"If-None-Match": etag}) as answer:
        assert answer.status == 304


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("image?width=0", "width"),
        ("image?height=wide", "height"),
        ("image?width=99999", "width"),
        ("image?width=16384&height=16384", "width"),
        ("image?format=mp4", "format"),
        ("image.exe", "format"),
        ("image?size=1", "size"),
        ("image?size=999999999999", "size"),
        ("image?face=2", "face"),
        ("video?seconds=0", "seconds"),
        ("video?seconds=-1", "seconds"),
        ("video?fps=0", "fps"),
        ("video?fps=1000&seconds=600", "fps"),
        ("audio?seconds=601", "seconds"),
        ("audio?channels=9", "channels"),
        ("audio?channels=8&format=mp3", "channels"),
    ],
)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_a_wrong_parameter_is_named(
    server: Server, method: str, path: str, field: str
) -> None:
    async with server.anonymous.request(method, f"{server.base}/_sim/media/{path}") as answer:
        assert answer.status == 400
        if method == "GET":
            assert (await answer.json())["error"]["field"] == field


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("image?wdith=300", "wdith"),
        ("image.png?width=300&bytes=52428801", "bytes"),
        ("image?seconds=5", "seconds"),
        ("video?size=200000&duration=5", "duration"),
        ("video?Width=300", "Width"),
        ("audio?channels=1&fps", "fps"),
        ("image?%77idth=300&%C3%A9=1", "\u00e9"),
    ],
)
async def test_an_unknown_parameter_is_named(server: Server, path: str, field: str) -> None:
    async with server.anonymous.get(
        URL(f"{server.base}/_sim/media/{path}", encoded=True)
    ) as answer:
        error = (await answer.json())["error"]
    assert (answer.status, error["code"], error["field"]) == (400, "unknown_parameter", field)
    assert error["message"].startswith(f"{field} is not a parameter of this: ")


@pytest.mark.parametrize("path", ["", "text", "image/a/b.png", "image/../health", "Image"])
async def test_there_are_three_kinds(server: Server, path: str) -> None:
    url = f"{server.base}/_sim/media/{path}"
    async with server.anonymous.get(url) as answer:
        assert answer.status in (200, 404)  # clients resolve dots themselves
        assert answer.content_type == "application/json"


async def test_many_at_once_are_made_once(server: Server) -> None:
    async def fetch() -> bytes:
        url = f"{server.base}/_sim/media/video?width=320&height=240&seconds=2"
        async with server.anonymous.get(url) as answer:
            assert answer.status == 200
            return await answer.read()

    first, *others = await asyncio.gather(*[fetch() for _ in range(20)])
    assert all(other == first for other in others)
