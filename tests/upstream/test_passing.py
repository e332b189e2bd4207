"""A server whose calls are passed on: the upstream is a second simulator, in the same loop."""

import asyncio
import gzip
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest
from aiohttp import ClientError

from simulator.core.task import Phase
from simulator.dialects import load
from simulator.engine.dialect import Dialect
from simulator.server.app import WORLD
from simulator.store.journal import Exchange
from tests.driving import KEY
from tests.ordering import NAMES, encoded
from tests.serving import Server, serve

TASKS = "/api/v3/contents/generations/tasks"


@dataclass
class Pair:
    """A server in front, and the one behind it that stands for the real endpoint."""

    front: Server
    behind: Server
    dialect: Dialect

    @property
    def url(self) -> str:
        return f"{self.front.base}/{self.dialect.name}"

    async def order(self) -> tuple[int, Any]:
        body, kind = encoded(self.dialect)
        create = self.dialect.route("create")
        call = self.front.client.post(
            self.url + create.target(), data=body, headers={"Content-Type": kind}
        )
        async with call as answer:
            return answer.status, await answer.json()

    async def get(self, path: str) -> tuple[int, bytes]:
        async with self.front.client.get(self.url + path) as answer:
            return answer.status, await answer.read()

    async def poll(self, task: str) -> Any:
        status, raw = await self.get(self.dialect.route("query").target(id=task))
        assert status == 200, raw
        return json.loads(raw)

    async def control(self, method: str, path: str, body: Any = None) -> Any:
        call = self.front.anonymous.request(method, f"{self.front.base}/_sim{path}", json=body)
        async with call as answer:
            assert answer.status < 300, await answer.text()
            return await answer.json()


@asynccontextmanager
async def pair(name: str = "ark", **settings: Any) -> AsyncIterator[Pair]:
    async with (
        serve(seed=2) as behind,
        serve(dialect=name, upstream=f"{behind.base}/{name}", **settings) as front,
    ):
        yield Pair(front, behind, load(name))


# One with links, and one that serves its clips itself.
QUICK = ("ark", "openai")
OTHERS = [pytest.param(name, marks=pytest.mark.slow) for name in NAMES if name not in QUICK]


@pytest.mark.parametrize("name", [*QUICK, *OTHERS])
async def test_a_life_passes_through_in_every_dialect(name: str) -> None:
    async with pair(name) as here:
        status, made = await here.order()
        assert status < 300, made
        task = here.dialect.reader.created_id(made)
        phase = here.dialect.reader.read(await here.poll(task)).phase
        assert phase in (Phase.QUEUED, Phase.RUNNING)
        await here.behind.advance("1h")
        await here.front.advance("1h")
        told = here.dialect.reader.read(await here.poll(task))
        assert told.phase is Phase.SUCCEEDED
        if told.link:
            assert told.link.startswith(here.front.base)
            headers = {"Range": "bytes=0-99"}
            async with here.front.anonymous.get(told.link, headers=headers) as answer:
                part = await answer.read()
                if "/passed/" in told.link:
                    assert (answer.status, len(part)) == (206, 100)
                    assert part[4:8] == b"ftyp"
        if here.dialect.has("download"):
            route = here.dialect.route("download")
            status, clip = await here.get(route.target(id=task))
            assert (status, clip[4:8]) == (200, b"ftyp")
        (known,) = (await here.control("GET", f"/tasks?key={KEY}"))["items"]
        assert known["id"] == here.dialect.reader.meant(task)
        ledger = await here.control("GET", f"/ledger?key={KEY}")
        assert (ledger["bill"]["tasks"], ledger["bill"]["under_way"]) == (1, 0)


async def test_links_stay_as_they_are_where_that_is_asked_for() -> None:
    async with pair(keep_links=True) as here:
        told = await _finished(here)
        assert told["content"]["video_url"].startswith(f"{here.behind.base}/tos/")
        direct = f"{here.behind.base}/ark{TASKS}/{told['id']}"
        async with here.behind.client.get(direct) as answer:
            assert await answer.json() == told


async def test_a_link_that_somebody_made_up_leads_nowhere() -> None:
    async with pair() as here:
        link = (await _finished(here))["content"]["video_url"]
        other = link.replace("/http/127.0.0.1", "/http/127.0.0.2")
        assert other != link
        for url in (other, link[:-1], f"{here.front.base}/passed/x/y/http/127.0.0.1/"):
            async with here.front.anonymous.get(url) as answer:
                assert answer.status == 403, url


async def test_a_link_in_an_order_is_the_one_that_the_upstream_can_fetch() -> None:
    async with pair() as here:
        link = (await _finished(here))["content"]["video_url"]
        forged = link.replace("/http/127.0.0.1", "/http/127.0.0.2")
        for url, seen in ((link, f"{here.behind.base}/tos/"), (forged, f"{here.front.base}/pass")):
            video = {"type": "video_url", "video_url": {"url": url}, "role": "reference_video"}
            order = {**here.dialect.example, "content": [*here.dialect.example["content"], video]}
            async with here.front.client.post(f"{here.url}{TASKS}", json=order) as answer:
                assert answer.status == 200, await answer.text()
            call = here.behind.anonymous.get(f"{here.behind.base}/_sim/calls?key={KEY}")
            async with call as answer:
                sent = (await answer.json())["items"][-1]["request"]["body"]
            assert sent["content"][-1]["video_url"]["url"].startswith(seen)


async def _finished(here: Pair) -> Any:
    _, made = await here.order()
    await here.behind.advance("1h")
    return await here.poll(made["id"])


async def test_the_journal_and_the_verdict_are_of_what_really_happened() -> None:
    async with pair() as here:
        _, made = await here.order()
        await here.poll(made["id"])
        await here.behind.advance("1h")
        await here.front.advance("1h")
        for _ in range(3):
            await here.poll(made["id"])
        await here.front.advance("9h")
        calls = await here.control("GET", f"/calls?key={KEY}")
        kinds = [one["kind"] for one in calls["items"]]
        assert kinds == ["create", *["query"] * 4]
        assert {one["task"] for one in calls["items"]} == {made["id"]}
        verdict = await here.control("GET", f"/verdict?key={KEY}")
        found = {one["id"] for one in verdict["findings"]}
        assert any("fetch" in name for name in found), found


@pytest.mark.parametrize("name", [*QUICK, *OTHERS])
async def test_the_budget_refuses_orders_before_they_are_sent(name: str) -> None:
    async with pair(name, max_cost=Decimal("0.000001")) as here:
        status, said = await here.order()
        assert 400 <= status < 500, said
        call = here.behind.anonymous.get(f"{here.behind.base}/_sim/calls?key={KEY}")
        async with call as answer:
            assert (await answer.json())["items"] == []


async def test_a_refused_order_gives_its_part_of_the_budget_back() -> None:
    async with pair(max_cost=Decimal(1)) as here:
        promised = []
        for order in ({"model": "none"}, dict(here.dialect.example), {"model": "none"}):
            call = here.front.client.post(f"{here.url}{TASKS}", json=order)
            async with call as answer:
                promised.append(answer.status)
        assert promised == [403, 200, 403]  # what has no price is not sent


async def test_a_lost_answer_to_a_paid_order_needs_a_yes() -> None:
    for yes in (False, True):
        async with pair(yes=yes) as here:
            await here.control("POST", "/faults", {"fault": "drop-after-accept"})
            try:
                status, said = await here.order()
            except ClientError:
                status, said = 0, None
            assert (status, "--yes" in str(said)) == ((0, False) if yes else (500, True))
            assert len(await _tasks(here.behind)) == yes
            assert len(await _tasks(here.front)) == yes


async def _tasks(server: Server) -> Any:
    async with server.anonymous.get(f"{server.base}/_sim/tasks?key={KEY}") as answer:
        return (await answer.json())["items"]


async def test_a_fault_stands_in_front_of_queries_and_files() -> None:
    async with pair() as here:
        task = await _finished(here)
        await here.control("POST", "/faults", {"fault": "download-truncated", "times": 1})
        async with here.front.anonymous.get(task["content"]["video_url"]) as answer:
            short = await answer.read()
        async with here.front.anonymous.get(task["content"]["video_url"]) as answer:
            whole = await answer.read()
        assert 0 < len(short) < len(whole)


Wire = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def saying(raw: bytes) -> Wire:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(raw)
        await writer.drain()
        writer.close()

    return answer


def _headed(body: bytes, *lines: str, status: str = "200 OK", version: str = "1.1") -> bytes:
    head = [f"HTTP/{version} {status}", *lines, f"Content-Length: {len(body)}", "", ""]
    return "\r\n".join(head).encode("latin-1") + body


ODD: dict[str, tuple[bytes, int, str]] = {
    "closes": (b"", 500, "isconnected"),
    "no HTTP": (b"hello\r\n\r\n", 500, ""),
    "redirects": (_headed(b"", "Location: http://169.254.169.254/", status="302 F"), 500, "redire"),
    "not gzip": (_headed(b"{}", "Content-Encoding: gzip"), 500, "decompressed"),
    "a bomb": (
        _headed(gzip.compress(bytes(40_000_000), 1), "Content-Encoding: gzip"),
        500,
        "more than",
    ),
    "gzip": (_headed(gzip.compress(b'{"a":1}'), "Content-Encoding: gzip"), 200, '"a"'),
    "HTTP/1.0": (_headed(b'{"a":1}', version="1.0"), 200, '"a"'),
    "odd letters": (_headed(b'{"a":1}', "X-Name: gr\xfc\xdf"), 200, '"a"'),
    "no JSON": (_headed(b"<h1>Bad gateway", "Content-Type: text/html", status="502 B"), 502, "<h1"),
    "cut": (_headed(b"{}")[:-1], 500, "upstream"),
}


@pytest.mark.parametrize("odd", ODD)
async def test_an_odd_upstream_is_told_of_in_the_words_of_the_dialect(odd: str) -> None:
    raw, status, part = ODD[odd]
    server = await asyncio.start_server(saying(raw), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server:
        found, said = await _asked(f"http://127.0.0.1:{port}")
    assert found == status, said
    assert part in said
    if status == 500:
        assert "error" in json.loads(said)


async def _asked(upstream: str) -> tuple[int, str]:
    async with (
        serve(dialect="ark", upstream=upstream) as front,
        front.client.get(f"{front.base}{TASKS}/cgt-1") as answer,
    ):
        return answer.status, await answer.text()


async def test_an_upstream_that_is_down_is_told_of() -> None:
    status, said = await _asked("http://127.0.0.1:9")
    assert status == 500
    assert "the upstream gave no answer" in said


async def test_what_is_no_call_of_the_dialect_is_never_sent() -> None:
    async with pair() as here:
        status, _ = await here.get("/api/v3/chat/completions")
        assert status == 404
        async with here.behind.anonymous.get(f"{here.behind.base}/_sim/calls") as answer:
            assert (await answer.json())["items"] == []


async def endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000000\r\n\r\n")
    with suppress(ConnectionError):
        while True:
            writer.write(bytes(65536))
            await writer.drain()


async def test_a_client_that_goes_away_is_not_taken_for_a_silent_upstream(
    caplog: pytest.LogCaptureFixture,
) -> None:
    server = await asyncio.start_server(endless, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server, serve(dialect="openai", upstream=f"http://127.0.0.1:{port}") as front:
        ended: asyncio.Queue[Exchange] = asyncio.Queue()
        front.app[WORLD].engine.journal.on_end.append(ended.put_nowait)
        answer = await front.client.get(f"{front.base}/v1/videos/video_1/content")
        await answer.content.readexactly(100_000)
        answer.close()
        async with asyncio.timeout(10):
            seen = await ended.get()
    assert (seen.status, seen.lost) == (200, "the client had closed the connection")
    assert "the upstream gave no file" not in caplog.text
