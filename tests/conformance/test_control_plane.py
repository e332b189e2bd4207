"""What a run asks of a control plane is asked of the right one, and taken back at its end."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession, web

from conformance.__main__ import main
from conformance.cli.arguments import parser
from conformance.collect import options, preparing, running
from conformance.collect.transcript import Exchange
from simulator.core.config import Key
from tests.conformance.meeting import serving
from tests.serving import listening

KEY = "sk-user"
RUN = ("run", "--dialect", "apiyi", "--api-key", KEY, "--select", "apiyi.status")


@asynccontextmanager
async def gateway(upstream: str) -> AsyncIterator[str]:
    """A gateway that sells a simulator's tasks to its users, all of them for one key of its own."""
    async with ClientSession(headers={"Authorization": "Bearer sk-gateway"}) as client:

        async def passed(request: web.Request) -> web.Response:
            url, raw = f"{upstream}/apiyi{request.path_qs}", await request.read()
            headers = {"Content-Type": "application/json"}
            async with client.request(request.method, url, data=raw, headers=headers) as reply:
                return web.json_response(await reply.json(), status=reply.status)

        app = web.Application()
        app.router.add_route("*", "/{path:.*}", passed)
        async with listening(app, 0.1, access_log=None) as base:
            yield base


async def run(base: str, folder: Path, *more: str, seen: Any = lambda exchange: None) -> None:
    arguments = [*RUN, "--base-url", base, "--report-dir", str(folder), *more]
    chosen = options.endpoint(parser().parse_args(arguments))
    async with running.session(chosen) as client:
        prepared = await preparing.prepare(chosen, client)
        await running.collect(chosen, prepared, client, seen)


async def left(simulator: str) -> tuple[int, bool]:
    """How many plans there are, and whether the user's clock stands still."""
    async with ClientSession() as client:
        async with client.get(f"{simulator}/_sim/plans") as answer:
            plans = (await answer.json())["total"]
        async with client.get(f"{simulator}/_sim/clock?key={KEY}") as answer:
            return plans, (await answer.json())["frozen"]


async def test_the_control_plane_of_an_upstream_is_refused_and_left_as_it_was(
    tmp_path: Path,
) -> None:
    async with serving() as simulator, gateway(simulator) as base:
        with pytest.raises(options.UsageError, match=r"knows no task of this run.*--control none"):
            await run(base, tmp_path, "--control", simulator)
        assert await left(simulator) == (0, False)


@pytest.mark.parametrize("interrupted", [False, True])
async def test_plans_are_taken_back_and_a_clock_goes_on(interrupted: bool, tmp_path: Path) -> None:
    async with serving() as simulator:
        ordered = asyncio.Event()

        def seen(exchange: Exchange) -> None:
            if exchange.cost == "shared":
                ordered.set()

        work = asyncio.create_task(run(f"{simulator}/apiyi", tmp_path, seen=seen))
        if interrupted:
            await ordered.wait()
            work.cancel()
        with suppress(asyncio.CancelledError):
            await work
        assert work.cancelled() is interrupted
        assert await left(simulator) == (0, False)


async def test_a_resumed_run_goes_on_with_its_control_plane(tmp_path: Path) -> None:
    async with serving() as simulator:
        await run(f"{simulator}/apiyi", tmp_path)
        path = tmp_path / "run.jsonl"
        whole = await asyncio.to_thread(path.read_text, "utf-8")
        await run(f"{simulator}/apiyi", tmp_path, "--resume", str(path))
        more = (await asyncio.to_thread(path.read_text, "utf-8")).removeprefix(whole)
    assert '"kind": "end"' in more


@pytest.mark.slow
async def test_a_key_of_few_slots_gets_the_same_verdict(tmp_path: Path) -> None:
    few = Key(KEY, slots=3, queue=2)
    async with serving(keys=(few,)) as simulator:
        arguments = ["run", "--dialect", "apiyi", "--base-url", f"{simulator}/apiyi"]
        arguments += ["--api-key", KEY, "--report-dir", str(tmp_path), "--select", "apiyi.status"]
        arguments += ["--select", "apiyi.duration", "--select", "apiyi.ratio"]
        started = time.monotonic()
        code = await asyncio.to_thread(main, arguments)
    report = json.loads(await asyncio.to_thread((tmp_path / "report.json").read_text))
    assert (code, [row["id"] for row in report["rows"] if row["result"] != "pass"]) == (0, [])
    seen = await asyncio.to_thread((tmp_path / "run.jsonl").read_text)
    assert '"status": 429' in seen, "there was no room for all of them at once"
    assert time.monotonic() - started < 20
