"""Callbacks with an upstream: received at the public address, kept, and passed on to the client."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession, web

from simulator.dialects import load
from simulator.server.app import WORLD
from simulator.store import Broken
from tests.driving import KEY, START
from tests.receiving import Receiver, receiver
from tests.serving import Server, listening, serve, serve_at
from tests.upstream.test_passing import TASKS, Pair


@asynccontextmanager
async def public(**settings: Any) -> AsyncIterator[Server]:
    """A server whose public address is its own."""
    with socket.create_server(("127.0.0.1", 0)) as place:
        base = f"http://127.0.0.1:{place.getsockname()[1]}"
        async with serve_at(place, {"public_url": base, **settings}) as server:
            yield server


@asynccontextmanager
async def called(name: str = "ark", **settings: Any) -> AsyncIterator[tuple[Pair, Receiver]]:
    """A server in front with a public address, one behind it, and a client's receiver."""
    async with (
        receiver() as told,
        serve(seed=2, callbacks="local") as behind,
        public(
            dialect=name, upstream=f"{behind.base}/{name}", **{"callbacks": "local", **settings}
        ) as front,
    ):
        yield Pair(front, behind, load(name)), told


async def order(here: Pair, url: str) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(json.dumps(here.dialect.example))
    holder = body.get("metadata", body)
    holder["callback_url"] = url
    create = here.dialect.route("create")
    async with here.front.client.post(here.url + create.target(), json=body) as answer:
        assert answer.status == 200, await answer.text()
        found: dict[str, Any] = await answer.json()
        return found


async def finished(here: Pair) -> None:
    await here.front.advance("1h")
    await here.behind.advance("1h")


def lines(file: Path, kind: str) -> list[dict[str, Any]]:
    found = map(json.loads, file.read_text("utf-8").splitlines())
    return [line for line in found if line["kind"] == kind]


@pytest.mark.parametrize("name", ["ark", "evolink", "octopusx"])
async def test_a_callback_comes_to_the_client_by_this_server(name: str, tmp_path: Path) -> None:
    file = tmp_path / "run.jsonl"
    async with called(name, record=str(file)) as (here, told):
        await order(here, f"{told.url}/mine?for=me")
        await finished(here)
        (seen,) = (await _control(here.behind, f"/tasks?key={KEY}"))["items"]
        assert seen["callbacks"][-1]["status"] == 200
        link = here.dialect.reader.read(told.got[-1].body).link
        assert {one.path for one in told.got} == {"/mine"}
        assert link.startswith(f"{here.front.base}/passed/")
        calls = (await _control(here.front, f"/calls?key={KEY}"))["items"]
        ours = [one for one in calls if one["kind"] == "callback"]
        assert [one["reply"]["status"] for one in ours] == [200] * len(told.got)
        assert {one["request"]["path"] for one in ours} == {f"{told.url}/mine"}
        (mine,) = (await _control(here.front, f"/tasks?key={KEY}"))["items"]
        assert mine["phase"] == "succeeded"  # which nobody has asked the upstream
    kept = lines(file, "callback")
    assert [one["task"] for one in kept] == [mine["id"]] * len(told.got)
    assert f"{told.url}/mine" in kept[0]["path"]
    (created,) = [one for one in lines(file, "exchange") if one["call"] == "create"]
    assert f"{told.url}/mine" in json.dumps(created["sent"])
    assert "/called/" not in file.read_text("utf-8")


async def _control(server: Server, path: str, body: Any = None) -> Any:
    method = "GET" if body is None else "POST"
    call = server.anonymous.request(method, f"{server.base}/_sim{path}", json=body)
    async with call as answer:
        assert answer.status < 300, await answer.text()
        return await answer.json()


async def test_what_the_client_refuses_the_upstream_makes_again() -> None:
    async with called("evolink") as (here, told):
        told.answers = [503]
        await order(here, told.url)
        await finished(here)
        await here.behind.advance("1m")
        assert len(told.got) == 2
        (seen,) = (await _control(here.behind, f"/tasks?key={KEY}"))["items"]
        assert [one["status"] for one in seen["callbacks"]] == [503, 200]


@pytest.mark.parametrize(
    ("fault", "arrived", "answers"),
    [
        ("callback-duplicate", 2, [200]),
        ("callback-missing", 0, [200]),
        ("callback-retried", 4, [500, 500, 500, 500]),
    ],
)
async def test_faults_of_callbacks_stand_in_front_of_the_upstream(
    fault: str, arrived: int, answers: list[int]
) -> None:
    async with called("evolink") as (here, told):
        await _control(here.front, "/faults", {"fault": fault})
        await order(here, told.url)
        await finished(here)
        await here.behind.advance("1h")
        assert len(told.got) == arrived
        (seen,) = (await _control(here.behind, f"/tasks?key={KEY}"))["items"]
        assert [one["status"] for one in seen["callbacks"]] == answers
        (fired,) = (await _control(here.front, "/faults"))["items"]
        assert fired["fired"] == len(answers)


async def test_a_callback_can_come_before_the_answer_to_its_order() -> None:
    async with called(yes=True) as (here, told):
        await _control(here.front, "/faults", {"fault": "callback-before-create-answer"})
        task = (await order(here, told.url))["id"]
        assert [one.body["id"] for one in told.got] == [task]


async def test_a_callback_before_the_answer_is_of_its_task_all_the_same() -> None:
    """The upstream tells first: bill, faults and journal know of which order it is."""
    async with called() as (here, told):
        await _control(here.behind, "/faults", {"fault": "callback-before-create-answer"})
        await _control(here.front, "/faults", {"fault": "callback-missing"})
        task = (await order(here, told.url))["id"]
        assert told.got == []
        fired = {
            one["fault"]: one["fired"] for one in (await _control(here.front, "/faults"))["items"]
        }
        assert fired == {"callback-missing": 1}
        (mine,) = (await _control(here.front, f"/tasks?key={KEY}"))["items"]
        assert mine["id"] == task
        calls = (await _control(here.front, f"/calls?key={KEY}"))["items"]
        assert {one["task"] for one in calls} == {task}


async def test_a_callback_tells_of_an_order_whose_answer_was_lost() -> None:
    async def lost(request: web.Request) -> web.Response:
        url = (await request.json())["callback_url"]
        body = {"id": "cgt-1", "status": "running"}
        async with ClientSession() as session, session.post(url, json=body) as answer:
            assert answer.status == 200
        return web.Response(status=504)

    app = web.Application()
    app.router.add_post(TASKS, lost)
    settings = {"callbacks": "local"}
    async with (
        receiver() as told,
        listening(app) as base,
        public(dialect="ark", upstream=base, **settings) as front,
    ):
        body = {**load("ark").example, "callback_url": told.url}
        async with front.client.post(f"{front.base}{TASKS}", json=body) as answer:
            assert answer.status == 504
        (mine,) = (await _control(front, f"/tasks?key={KEY}"))["items"]
        assert (mine["id"], mine["phase"]) == ("cgt-1", "running")
        assert (await _control(front, f"/ledger?key={KEY}"))["bill"]["tasks"] == 1


@pytest.mark.parametrize("who", [{"key": KEY}, {}])
async def test_after_a_reset_nobody_waits_for_callbacks_of_before(who: dict[str, str]) -> None:
    async with called("evolink") as (here, told):
        await order(here, told.url)
        await _control(here.front, "/reset", who)
        async with asyncio.timeout(5):
            await here.front.app[WORLD].plane.others_tell[0](KEY, 600)
        assert told.got == []


async def test_an_address_that_may_not_be_called_is_not() -> None:
    async with called(callbacks="strict") as (here, told):
        await order(here, told.url)
        await finished(here)
        assert told.got == []
        calls = (await _control(here.front, f"/calls?key={KEY}"))["items"]
        lost = [one["lost"] for one in calls if one["kind"] == "callback"]
        assert lost
        assert all("--callbacks local" in one for one in lost)


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "/called/" + "0" * 32, b"{}", 404),
        ("POST", "/called/../../etc/passwd", b"{}", 404),
        ("GET", "", b"", 405),
        ("POST", "", b"[" * 100_000, 200),
        ("POST", "", b"\xff\x00", 200),
        ("POST", "", b" " * (2 << 20), 413),
    ],
)
async def test_strangers_are_told_so(method: str, path: str, body: bytes, status: int) -> None:
    app = web.Application(client_max_size=1 << 30)
    app.router.add_post("/", _fine)
    async with called() as (here, _), listening(app) as client:
        if not path:
            await order(here, client)
            calls = (await _control(here.behind, f"/calls?key={KEY}"))["items"]
            path = calls[0]["request"]["body"]["callback_url"].removeprefix(here.front.base)
        call = here.front.anonymous.request(method, here.front.base + path, data=BytesIO(body))
        async with call as answer:
            assert answer.status == status, await answer.text()


async def _fine(request: web.Request) -> web.Response:
    return web.Response()


async def test_without_a_public_address_the_upstream_calls_the_client() -> None:
    async with (
        receiver() as told,
        serve(seed=2, callbacks="local") as behind,
        serve(dialect="ark", upstream=f"{behind.base}/ark") as front,
    ):
        here = Pair(front, behind, load("ark"))
        await order(here, f"{told.url}/mine")
        await finished(here)
        assert {one.path for one in told.got} == {"/mine"}
        calls = (await _control(front, f"/calls?key={KEY}"))["items"]
        assert "--public-url lets callbacks come here" in str(calls[0]["notes"])
        assert not [one for one in calls if one["kind"] == "callback"]


async def test_an_address_that_the_upstream_repeats_is_the_clients_own() -> None:
    async def echo(request: web.Request) -> web.Response:
        return web.json_response({"id": "cgt-1", "told": (await request.json())["callback_url"]})

    app = web.Application()
    app.router.add_post(TASKS, echo)
    async with listening(app) as base, public(dialect="ark", upstream=base) as front:
        here = Pair(front, front, load("ark"))
        assert (await order(here, "https://a.test/x?y=1&z=2"))["told"] == "https://a.test/x?y=1&z=2"


async def test_an_order_is_told_of_though_the_store_breaks_meanwhile(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def broken(*given: Any) -> Any:
        raise Broken("nobody is there")

    async def echo(request: web.Request) -> web.Response:
        monkeypatch.setattr(front.app[WORLD].engine.store, "find", broken)
        return web.json_response({"id": "cgt-1", "told": (await request.json())["callback_url"]})

    app = web.Application()
    app.router.add_post(TASKS, echo)
    async with listening(app) as base, public(dialect="ark", upstream=base) as front:
        here = Pair(front, front, load("ark"))
        assert (await order(here, "https://a.test/x"))["id"] == "cgt-1"


async def test_many_callbacks_at_once_each_come_to_their_own_client() -> None:
    async with called() as (here, told):
        await asyncio.gather(*(order(here, f"{told.url}/{n}") for n in range(8)))
        await finished(here)
        paths = [one.path for one in told.got]
        assert {paths.count(f"/{n}") for n in range(8)} == {len(paths) // 8}
        ids = {one.path: one.body["id"] for one in told.got}
        assert len(set(ids.values())) == 8


@pytest.mark.parametrize(
    ("name", "early"), [("ark", False), ("evolink", False), ("octopusx", False), ("ark", True)]
)
async def test_recorded_callbacks_are_made_again_on_the_clock(
    name: str, early: bool, tmp_path: Path
) -> None:
    """Also one that came before the answer to its order: its line is ahead of that."""
    file = tmp_path / "run.jsonl"
    async with called(name, record=str(file)) as (here, told):
        if early:
            fault = {"fault": "callback-before-create-answer"}
            await _control(here.behind, "/faults", fault)
        await order(here, f"{told.url}/then")
        for _ in range(5):
            await here.front.advance("1s")
            await here.behind.advance("1s")
        then = [one.body for one in told.got]
        link = here.dialect.reader.read(then[-1]).link
        async with here.front.anonymous.get(link) as answer:
            clip = await answer.read()
    async with (
        receiver() as told,
        serve(dialect=name, replay=str(file), callbacks="local", start=START + 86_400_000) as front,
    ):
        here = Pair(front, front, load(name))
        reader = here.dialect.reader
        ids = [reader.created_id(await order(here, f"{told.url}/then")) for _ in range(2)]
        assert len(told.got) <= 2  # what was told at once
        await front.advance("1s")
        by_then = len(told.got)
        await front.advance("4s")
        assert len(told.got) == 2 * len(then) > by_then
        bodies = [[one.body for one in told.got if reader.shown_id(one.body) == i] for i in ids]
        for mine in bodies:
            assert [reader.read(one).phase for one in mine] == [reader.read(o).phase for o in then]
            link = reader.read(mine[-1]).link
            assert link.startswith(f"{front.base}/passed/")
            async with front.anonymous.get(link) as answer:
                assert (answer.status, await answer.read()) == (200, clip)
        assert str(START // 1000 + 86_400)[:5] in json.dumps(bodies[0][-1])
        assert {one.path for one in told.got} == {"/then"}
        items = (await _control(front, f"/tasks?key={KEY}"))["items"]
        assert [one["phase"] for one in items] == ["succeeded"] * 2  # which nobody has asked


async def test_callbacks_of_simulated_orders_are_made_beside_a_recording(file: Path) -> None:
    settings: dict[str, Any] = {"replay": str(file), "otherwise": "simulate", "callbacks": "local"}
    async with receiver() as told, serve(dialect="ark", **settings) as front:
        await order(Pair(front, front, load("ark")), told.url)
        await front.advance("1h")
        assert told.words == ["queued", "running", "succeeded"]
