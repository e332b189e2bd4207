"""A run takes only so much time, waiting and memory, and says which bound it hit."""

import asyncio
import io
import json
import random
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from conformance.__main__ import main
from conformance.collect import bounds
from conformance.collect.bounds import Bounds
from conformance.collect.connector import Connector
from conformance.collect.receiver import Receiver
from conformance.untrusted import bounded
from conformance.untrusted.bounds import is_link
from tests.bench import siege
from tests.conformance.gateway import KEY, bare, serving
from tests.conformance.gateway import Gateway as Lenient
from tests.serving import listening

RUN = ("run", "--dialect", "apiyi", "--api-key", KEY, "--control", "none")


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """A suite that is in a hurry: nothing here has to wait for bounds made for real gateways."""
    monkeypatch.setattr("conformance.collect.transport.PATIENCE", 5.0)


async def ran(name: str, folder: Path, *more: str) -> tuple[int, str]:
    """Exit status and summary of a run against a besieging gateway."""
    gateway = siege.Gateway(name)

    app = web.Application(client_max_size=2**28)
    app.router.add_route("*", "/{path:.*}", gateway.handle)
    async with listening(app, 0.1, access_log=None) as gateway.base:
        given = (*RUN, "--base-url", gateway.base, "--report-dir", str(folder), *more)
        code = await asyncio.to_thread(main, given)
    report = folder / "report.json"
    return code, "\n".join(json.loads(await asyncio.to_thread(report.read_text))["gaps"])


async def test_waiting_that_is_asked_for_is_the_runs_own(tmp_path: Path) -> None:
    started = time.monotonic()
    code, gaps = await ran("Retry-After: 60 after the first calls", tmp_path, "--max-wait", "1s")
    assert (code, "(HTTP 429) than --max-wait 1 s" in gaps) == (4, True), gaps
    assert time.monotonic() - started < 20


async def test_the_whole_run_has_a_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "LEAST_S", 0.5)
    monkeypatch.setattr(bounds, "CALL_S", 0.001)
    started = time.monotonic()
    code, gaps = await ran("clip at 2 bytes a second", tmp_path, "--max-wait", "1s")
    assert code in (1, 4)
    assert "the run was cut off before its end: it took longer than 1.5 s" in gaps
    assert time.monotonic() - started < 20


@pytest.mark.parametrize(
    "name", ["deep JSON", pytest.param("megabytes of lists", marks=pytest.mark.slow)]
)
async def test_json_beyond_bounds_is_no_answer_and_the_run_goes_on(
    name: str, tmp_path: Path
) -> None:
    code, _ = await ran(name, tmp_path, "--profile", "free")
    assert code in (1, 4)
    said = await asyncio.to_thread((tmp_path / "run.jsonl").read_text)
    assert "nested deeper than 64" in said or "holds more than 20000 values" in said


async def test_what_is_kept_in_all_is_bounded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Bounds, "__init__", limited(Bounds.__init__, bytes=20_000))
    body = json.dumps({"error": {"message": "x" * 5000}}).encode()
    async with serving(Lenient(raw=body, status=400)) as gateway:
        given = (*RUN, "--base-url", gateway.base, "--report-dir", str(tmp_path))
        assert await asyncio.to_thread(main, given) in (1, 4)
        assert gateway.calls < 40
    report = json.loads(await asyncio.to_thread((tmp_path / "report.json").read_text))
    assert "said more than the 48 MB that a run keeps" in report["gaps"][0]


def limited(made: Callable[..., None], **fixed: Any) -> Callable[..., None]:
    def init(self: object, *values: Any, **named: Any) -> None:
        made(self, *values, **{**named, **fixed})

    return init


async def test_a_stream_of_interim_answers_is_cut_off() -> None:
    flood = b"HTTP/1.1 103 Early Hints\r\n\r\n" * 50_000 + b"HTTP/1.1 200 OK\r\n\r\n"
    async with bare(flood) as base, aiohttp.ClientSession(connector=Connector()) as client:
        with pytest.raises(aiohttp.ClientError, match="answers of the 100 range"):
            await client.get(base)
    few = (
        b"HTTP/1.1 103 Early Hints\r\n\r\n" * 3 + b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
    )
    async with (
        bare(few) as base,
        aiohttp.ClientSession(connector=Connector()) as client,
        client.get(base) as answer,
    ):
        assert await answer.text() == "ok"


async def test_hostile_posts_to_the_receiver_say_nothing_and_end_nothing(
    capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    heard = []
    deep = b"[" * 100_000 + b"]" * 100_000
    async with Receiver("127.0.0.1", 0, lambda fact: heard.append(fact)) as receiver:
        async with aiohttp.ClientSession() as client:
            for body, status in ((deep, 200), (b"x" * 2_000_000, 413), (b'{"id": 1}', 200)):
                async with client.post(receiver.url, data=io.BytesIO(body)) as answer:
                    assert answer.status == status
        host, port = receiver.url.removeprefix("http://").removesuffix("/done").split(":")
        for raw in (
            b"POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n",
            b"\x16\x03\x01\x00\n\n",
            b"POST /",
        ):
            _, writer = await asyncio.open_connection(host, int(port))
            writer.write(raw)
            await writer.drain()
            writer.close()
    assert [type(each["body"]) for each in heard] == [str, dict]
    assert len(heard[0]["body"]) <= 65_536
    assert "Traceback" not in capsys.readouterr().err + caplog.text


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[" * 65 + "]" * 65, "nested deeper than 64"),
        ("[" * 100_000, "nested deeper than 64"),
        ("[" + "1," * 20_000 + "1]", "more than 20000 values"),
        (" " * 1_048_577, "longer than 1048576 bytes"),
        ("NaN", "NaN is no JSON"),
        ('{"a": [1e999]}', "a number that is out of bounds"),
        ("1" + "0" * 400, "a number that is out of bounds"),
    ],
)
def test_json_is_read_within_bounds(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        bounded.parse(text)


def test_json_within_bounds_is_read() -> None:
    assert bounded.weigh(bounded.parse("[" * 64 + "1" + "]" * 64)) == 65


@pytest.mark.parametrize("answer", [b"[]", b'{"now_ms": "soon"}', b"[" * 10_000, b"", b"\xff" * 99])
async def test_what_only_poses_as_a_simulator_ends_with_a_report(
    answer: bytes, tmp_path: Path
) -> None:
    async def handle(request: web.Request) -> web.StreamResponse:
        if request.path == "/_sim/health":
            return web.json_response({"status": "ok"})
        if request.path.startswith("/_sim/"):
            return web.Response(body=answer)
        return await Lenient().handle(request)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handle)
    async with listening(app, 0.1, access_log=None) as base:
        given = (*RUN[:5], "--base-url", base, "--report-dir", str(tmp_path))
        assert await asyncio.to_thread(main, given) in (1, 4)
    report = json.loads(await asyncio.to_thread((tmp_path / "report.json").read_text))
    assert "before its end: the control plane fails: POST /_sim/clock" in report["gaps"][0]


@pytest.mark.parametrize(
    "link", ["http://[::1", "http://[x/y.mp4", "ftp://x/y", "//x", "", "http://"]
)
def test_what_is_no_link_is_none(link: str) -> None:
    assert not is_link(link)


async def test_a_status_word_that_nobody_knows_is_waited_for_as_long_as_tasks_take(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("conformance.collect.in_real_time.USUAL_S", 0.2)
    started = time.monotonic()
    async with serving(Lenient()) as gateway:
        gateway.tasks = Unknown()
        given = (*RUN, "--base-url", gateway.base, "--report-dir", str(tmp_path))
        code = await asyncio.to_thread(main, (*given, "--select", "apiyi.status"))
    assert time.monotonic() - started < 20
    rows = json.loads(await asyncio.to_thread((tmp_path / "report.json").read_text))["rows"]
    assert code == 1
    assert any("almost" in row["message"] for row in rows if row["result"] == "fail")


class Unknown(dict[str, str]):
    """Tasks whose status is a word of no document."""

    def __getitem__(self, id: str) -> str:
        return "almost there"


class Narrow(Lenient):
    """A gateway with room for one task at a time, which ends once it has been asked for."""

    def __init__(self, ends: bool) -> None:
        super().__init__(lambda order: "busy" if self.running else "accept")
        self.ends, self.running = ends, set[str]()

    def _query(self, id: str) -> web.Response:
        answer = super()._query(id)
        if self.ends:
            self.running.discard(id)
        return answer

    def _bill(self) -> str:
        id = super()._bill()
        self.running.add(id)
        if not self.ends:
            self.tasks[id] = "running"
        return id


class Hurried(random.Random):
    """Pauses between polls that are none."""

    def uniform(self, a: float, b: float) -> float:
        return 0.0


@pytest.mark.parametrize("ends", [True, False])
async def test_orders_wait_for_room_as_long_as_for_tasks(
    ends: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hurried = SimpleNamespace(Random=Hurried)
    monkeypatch.setattr("conformance.collect.in_real_time.random", hurried)
    started = time.monotonic()
    async with serving(Narrow(ends)) as gateway:
        given = (*RUN, "--base-url", gateway.base, "--report-dir", str(tmp_path))
        more = ("--max-wait", "60s" if ends else "1s", "--select", "apiyi.duration")
        await asyncio.to_thread(main, (*given, *more))
    assert time.monotonic() - started < 20
    report = json.loads(await asyncio.to_thread((tmp_path / "report.json").read_text))
    assert not [gap for gap in report["gaps"] if "cut off" in gap]
    assert (gateway.billed > 5) is ends, gateway.billed
