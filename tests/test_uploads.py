"""Uploaded files over HTTP: fetched under their links until they expire."""

import base64
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from simulator.core.media import Facts
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


async def ask(server: Server, path: str, method: str = "GET", key: str = "") -> tuple[int, Any]:
    url = f"{server.base}/evolink/api/v1/files{path}"
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    async with server.client.request(method, url, headers=headers) as answer:
        return answer.status, await answer.json()


async def test_files_are_listed_newest_first_in_pages(server: Server) -> None:
    body = {"base64_data": base64.b64encode(PNG).decode()}
    for number in range(3):
        await upload(server, "base64", {**body, "file_name": f"{number}.png"})
        await server.advance("1h")
    status, listed = await ask(server, "/list")
    assert (status, listed["success"], listed["code"]) == (200, True, 200)
    assert listed["data"]["total"] == 3
    assert [file["file_name"] for file in listed["data"]["files"]] == ["2.png", "1.png", "0.png"]
    newest = listed["data"]["files"][0]
    assert set(newest) == {"file_id", "file_name", "file_size", "upload_time"}
    assert (newest["file_size"], newest["upload_time"]) == (len(PNG), "2026-06-06T18:00:57+08:00")
    _, second = await ask(server, "/list?page=2&pageSize=2")
    assert [file["file_name"] for file in second["data"]["files"]] == ["0.png"]
    assert second["data"]["total"] == 3
    assert (await ask(server, "/list", key="sk-other"))[1]["data"] == {"total": 0, "files": []}
    await server.advance("69h")
    assert (await ask(server, "/list"))[1]["data"]["total"] == 2


async def test_pages_that_are_none(server: Server) -> None:
    for query in ("page=0", "page=x", "pageSize=101", "pageSize=-1", "page=" + "9" * 400):
        status, body = await ask(server, f"/list?{query}")
        assert (status, body["success"], body["code"]) == (400, False, 400)
        assert body["msg"].startswith(query.partition("=")[0])


async def test_the_quota_is_what_is_left_and_holds(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("simulator.dialects.evolink.files.MOST_FILES", 2)
    body = {"base64_data": base64.b64encode(PNG).decode()}
    for used in range(2):
        data = (await ask(server, "/quota"))[1]["data"]
        assert data == {
            "user_group": "default",
            "used_files": used,
            "max_files": 2,
            "remain_files": 2 - used,
        }
        await upload(server, "base64", body)
    url = f"{server.base}/evolink/api/v1/files/upload/base64"
    async with server.client.post(url, json=body) as answer:
        assert (answer.status, (await answer.json())["success"]) == (400, False)
    assert (await ask(server, "/quota"))[1]["data"]["remain_files"] == 0
    await server.advance("72h")
    assert (await ask(server, "/quota"))[1]["data"]["used_files"] == 0


async def test_a_deleted_file_is_gone_for_everything(server: Server) -> None:
    link = await upload(server, "base64", {"base64_data": base64.b64encode(PNG).decode()})
    (file,) = (await ask(server, "/list"))[1]["data"]["files"]
    path = f"/{file['file_id']}"
    assert (await ask(server, path, "DELETE", "sk-other"))[0] == 404
    status, body = await ask(server, path, "DELETE")
    assert (status, body["success"], body["code"]) == (200, True, 200)
    assert (await ask(server, "/list"))[1]["data"]["total"] == 0
    async with server.anonymous.get(link) as answer:
        assert answer.status == 404
    url = f"{server.base}/evolink/v1/videos/generations"
    async with server.client.post(url, json={**ORDER, "image_urls": [link]}) as answer:
        assert answer.status == 400
        assert (await answer.json())["error"]["param"] == "image_urls[0]"
    for gone in (path, "/file-0", "/list"):
        status, body = await ask(server, gone, "DELETE")
        assert (status, body["success"], body["code"]) == (404, False, 404)
