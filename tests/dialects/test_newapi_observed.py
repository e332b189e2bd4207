"""What nbility, uniall and octopusx observed have from the code base, where their pages differ."""

from typing import Any

import pytest

from simulator.core.config import Key
from simulator.dialects.newapi_base import CREATE
from tests.driving import KEY
from tests.faults.pair import DIALECTS
from tests.ordering import encoded
from tests.serving import Server, serve

NAMES = ("nbility", "uniall", "octopusx")
EACH = pytest.mark.parametrize("name", NAMES)


async def ask(server: Server, method: str, path: str, **also: Any) -> tuple[int, Any, Any]:
    """Status, headers and text of an answer."""
    given = also.pop("headers", {"Authorization": f"Bearer {KEY}"})
    url = server.base + path
    async with server.anonymous.request(method, url, headers=given, **also) as answer:
        return answer.status, answer.headers, await answer.text()


async def ordered(server: Server, name: str, key: str = KEY) -> tuple[str, Any]:
    """The id of a new task, and the headers of the answer."""
    raw, kind = encoded(DIALECTS[name])
    headers = {"Authorization": f"Bearer {key}", "Content-Type": kind}
    url = f"{server.base}/{name}{CREATE}"
    async with server.anonymous.post(url, data=raw, headers=headers) as answer:
        assert answer.status == 200
        return DIALECTS[name].reader.created_id(await answer.json()), answer.headers


@EACH
async def test_keys_without_bearer(name: str) -> None:
    for fidelity, status in (("documented", 401), ("observed", 200)):
        async with serve(fidelity=fidelity) as server:
            for headers in ({"Authorization": KEY}, {"mj-api-secret": KEY}):
                found, _, _ = await ask(server, "GET", f"/{name}/v1/models", headers=headers)
                assert found == status


@EACH
async def test_queries_name_no_characters_and_escape_links(name: str) -> None:
    for fidelity in ("documented", "observed"):
        async with serve(fidelity=fidelity) as server:
            task, _ = await ordered(server, name)
            await server.advance("1m")
            path = DIALECTS[name].route("query").target(id=task)
            _, headers, text = await ask(server, "GET", f"/{name}{path}")
        kind = "application/json" + ("; charset=utf-8" if fidelity == "documented" else "")
        assert headers["Content-Type"] == kind
        assert (r"\u0026X-Tos-" in text) == (fidelity == "observed")


@EACH
async def test_paths_that_lead_nowhere(name: str) -> None:
    async with serve(fidelity="observed") as server:
        status, headers, text = await ask(server, "GET", f"/{name}/v2/videos")
        assert (status, headers["Content-Type"]) == (200, "text/html; charset=utf-8")
        assert text.startswith("<!doctype html>")
        status, headers, text = await ask(server, "DELETE", f"/{name}{CREATE}")
        assert (status, headers["Cache-Control"]) == (404, "max-age=604800")
        assert f"Invalid URL (DELETE {CREATE})" in text
    async with serve() as server:
        assert (await ask(server, "GET", f"/{name}/v2/videos"))[0] == 404
        assert (await ask(server, "DELETE", f"/{name}{CREATE}"))[0] == 405


@EACH
async def test_bodies_that_cannot_be_unpacked(name: str) -> None:
    _, kind = encoded(DIALECTS[name])
    given = {"Authorization": f"Bearer {KEY}", "Content-Type": kind}
    async with serve(fidelity="observed") as server:
        headers = {**given, "Content-Encoding": "gzip"}
        found = await ask(server, "POST", f"/{name}{CREATE}", headers=headers, data=b"no gzip")
        assert (found[0], found[2]) == (400, "")


@EACH
async def test_a_key_with_a_list_of_models_asks_for_a_task_that_is_not_there(name: str) -> None:
    keys = (Key(KEY), Key("sk-one", models=("another",)))
    for fidelity, status in (("documented", (400, 404)), ("observed", (403,))):
        async with serve(fidelity=fidelity, keys=keys) as server:
            path = DIALECTS[name].route("query").target(id="task_x")
            headers = {"Authorization": "Bearer sk-one"}
            found, _, text = await ask(server, "GET", f"/{name}{path}", headers=headers)
            assert found in status
            assert ("no access to model  (request id: " in text) == (fidelity == "observed")


@pytest.mark.parametrize("name", ["uniall", "octopusx"])
async def test_prices_of_resolutions_and_their_header(name: str) -> None:
    videos: dict[str, dict[str, Any]] = {
        "uniall": {"model": "seedance2.0-1080p", "prompt": "A boat"},
        "octopusx": {
            "model": "doubao-seedance-2-0-260128",
            "content": [{"type": "text", "text": "A boat"}],
            "metadata": {"resolution": "1080p", "generate_audio": True},
        },
    }
    for fidelity, part, told in (
        ("documented", 1, None),
        ("observed", 51 / 46, '{"video_input":1.108695652173913}'),
    ):
        async with serve(fidelity=fidelity) as server:
            found = await ask(server, "POST", f"/{name}{CREATE}", json=videos[name])
            assert (found[0], found[1].get("X-New-Api-Other-Ratios")) == (200, told)
            _, _, ledger = await ask(server, "GET", f"/_sim/ledger?key={KEY}", headers={})
            assert f'"amount":{-int(787_671.2328767 * part)}' in ledger.replace(".0", "")


@pytest.mark.parametrize("name", ["uniall", "octopusx"])
async def test_clips_are_handed_through_whole_while_the_link_holds(name: str) -> None:
    async with serve(fidelity="observed") as server:
        task, _ = await ordered(server, name)
        await server.advance("1m")
        path = f"/{name}/v1/videos/{task}/content"
        headers = {"Authorization": f"Bearer {KEY}", "Range": "bytes=0-9"}
        url = server.base + path
        async with server.anonymous.get(url, headers=headers) as answer:
            assert (answer.status, len(await answer.read()) > 10) == (200, True)
        await server.advance("24h")
        status, _, text = await ask(server, "GET", path)
        assert (status, "Upstream service returned status 403" in text) == (502, True)
