"""The console over HTTP: its files, who may have them, and what it asks the control plane for."""

import re
from typing import Any

import pytest
from aiohttp import FormData

from simulator.console import files
from tests.driving import KEY
from tests.serving import Server, serve

MOST_BYTES = 150 * 1024


def at(told: Any, pointer: str) -> Any:
    """What stands at a JSON pointer, None where nothing does."""
    for name in pointer.split("/")[1:]:
        told = told.get(name) if isinstance(told, dict) else None
    return told


async def created(server: Server) -> str:
    """A task of ark, by its id."""
    from simulator.dialects import load

    ark = load("ark")
    url = f"{server.base}/ark{ark.route('create').path}"
    async with server.client.post(url, json=dict(ark.example)) as answer:
        return str((await answer.json())["id"])


async def test_every_file_is_served_under_a_strict_policy() -> None:
    async with serve() as server:
        for name in ("", *(f"console/{one}" for one in files.texts())):
            async with server.anonymous.get(f"{server.base}/_sim/{name}") as answer:
                assert answer.status == 200, name
                policy = answer.headers["Content-Security-Policy"]
                assert "default-src 'none'" in policy
                assert "unsafe" not in policy
                assert answer.headers["X-Content-Type-Options"] == "nosniff"
        async with server.anonymous.get(f"{server.base}/_sim", allow_redirects=False) as answer:
            assert (answer.status, answer.headers["Location"]) == (308, "_sim/")
        for name in ("console/none.js", "console/../index.py", "console/%2e%2e/files.py"):
            async with server.anonymous.get(f"{server.base}/_sim/{name}") as answer:
                assert answer.status == 404, name


def test_the_files_are_light_and_write_no_markup() -> None:
    texts = files.texts()
    assert sum(len(text.encode()) for text in texts.values()) <= MOST_BYTES
    for name, text in texts.items():
        assert not re.search(r"innerHTML|outerHTML|insertAdjacent|document\.write|eval\(", text), (
            name
        )
        assert not re.search(r"""(src|href)="(https?:)?//""", text), name
        assert not re.search(r"\bfrom \"(?!\./)", text), name


async def test_only_the_shell_is_to_be_had_without_the_admin_token() -> None:
    async with serve(admin_token="of-tests") as server:
        for path, status in (("", 200), ("console/app.js", 200), ("overview.json", 401)):
            async with server.anonymous.get(f"{server.base}/_sim/{path}") as answer:
                assert answer.status == status, path
        headers = {"Origin": "http://elsewhere.test"}
        async with server.anonymous.get(f"{server.base}/_sim/", headers=headers) as answer:
            assert answer.status == 403


async def test_a_clip_is_shown_without_its_being_fetched() -> None:
    async with serve() as server:
        task = await created(server)
        url = f"{server.base}/_sim/tasks/{task}"
        async with server.anonymous.get(f"{url}/clip") as answer:
            assert answer.status == 404
            assert "queued" in (await answer.json())["error"]["message"]
        await server.advance("1h")
        for name, kind in (("clip", "video/mp4"), ("last-frame", "image/png")):
            async with server.anonymous.get(f"{url}/{name}") as answer:
                assert (answer.status, answer.content_type) == (200, kind)
        async with server.anonymous.get(url) as answer:
            found = await answer.json()
            assert found["fetched"] is False
            assert found["kept_until_ms"] > found["ends_ms"]
        async with server.anonymous.get(f"{server.base}/_sim/calls?key={KEY}") as answer:
            assert (await answer.json())["total"] == 1
        for name in ("no-such-task/clip", f"{task}/poster"):
            async with server.anonymous.get(f"{server.base}/_sim/tasks/{name}") as answer:
                assert answer.status == 404, name


async def test_every_key_is_offered_however_many_tasks_another_has() -> None:
    async with serve() as server:
        await created(server)
        headers = {"Authorization": "Bearer sk-refused"}
        url = f"{server.base}/ark/api/v3/contents/generations/tasks"
        async with server.anonymous.post(url, json={}, headers=headers) as answer:
            assert answer.status == 400
        async with server.anonymous.get(f"{server.base}/_sim/keys.json") as answer:
            assert await answer.json() == {"keys": sorted([KEY, "sk-refused"]), "total": 2}


@pytest.mark.parametrize("fidelity", ["documented", "observed"])
async def test_the_id_of_a_new_task_is_where_the_console_looks_for_it(fidelity: str) -> None:
    """In every dialect, also where the answer shows it in a form of its own."""
    from simulator.dialects import ALL

    async with serve(fidelity=fidelity) as server:
        async with server.anonymous.get(f"{server.base}/_sim/overview.json") as answer:
            orders = {one["name"]: one["order"] for one in (await answer.json())["dialects"]}
        for dialect in ALL:
            order = orders[dialect.name]
            body = {name: str(value) for name, value in order["body"].items()}
            form = FormData(body, default_to_multipart=True)
            given: dict[str, Any] = {"data": form} if order["form"] else {"json": order["body"]}
            async with server.client.post(
                f"{server.base}/{dialect.name}{order['path']}", **given
            ) as answer:
                told = await answer.json()
            shown = next(filter(None, (at(told, pointer) for pointer in order["created"])))
            async with server.anonymous.get(f"{server.base}/_sim/tasks/{shown}") as answer:
                assert answer.status == 200, (dialect.name, shown)
                assert (await answer.json())["dialect"] == dialect.name


async def test_a_call_keeps_what_the_plan_for_it_asked() -> None:
    async with serve() as server:
        plan = {"run": "90s", "end": "failed", "code": "OutputVideoSensitiveContentDetected"}
        body = {"plan": plan, "match": {"key": KEY}}
        async with server.anonymous.post(f"{server.base}/_sim/plans", json=body) as answer:
            assert answer.status == 200
        await created(server)
        await created(server)
        async with server.anonymous.get(f"{server.base}/_sim/calls") as answer:
            first, second = (await answer.json())["items"]
        asked = {name: value for name, value in first["planned"].items() if value is not None}
        assert asked == {**plan, "run": 90_000}
        assert second["planned"] is None


@pytest.mark.parametrize("path", ["overview.json", "reference.json", "keys.json"])
async def test_what_the_console_reads_is_not_in_the_journal(path: str) -> None:
    async with serve() as server:
        async with server.anonymous.get(f"{server.base}/_sim/{path}") as answer:
            assert answer.status == 200
            assert await answer.json()
        async with server.anonymous.get(f"{server.base}/_sim/calls") as answer:
            assert (await answer.json())["total"] == 0
