"""A gateway is judged by what it does with its one key, not by what its users do."""

from collections.abc import Mapping
from typing import Any

import pytest

from simulator.cli.main import main
from tests.driving import KEY
from tests.receiving import receiver
from tests.serving import Server, serve
from tests.verdict.clients import Careful, ask, findings
from tests.verdict.test_careless import NeverFetches, Reorders

BASE = "/ark/api/v3/contents/generations/tasks"


async def as_gateway(server: Server) -> Mapping[str, str]:
    await server.advance("1h")
    return await findings(server, subject="gateway")


async def ordered(server: Server, **fields: Any) -> str:
    client = Careful(server, order=fields)
    return await client.create()


async def polled(server: Server, task: str, times: int) -> None:
    for _ in range(times):
        async with server.client.get(f"{server.base}{BASE}/{task}"):
            await server.advance("1s")


async def test_what_users_do_is_not_the_gateways_fault() -> None:
    async with serve() as server:
        for _ in range(2):
            await NeverFetches(server).run()
        await ask(server, "/faults", {"fault": {"status": 500}, "times": 5})
        for _ in range(3):
            async with server.client.get(f"{server.base}{BASE}/cgt-20260101000000-abcde"):
                pass
        await server.advance("1h")
        assert "clip-never-fetched" in await findings(server)
        assert await as_gateway(server) == {}


@pytest.mark.parametrize("end", ["expired", "cancelled"])
async def test_an_end_that_is_polled_on_although_others_are_recognised(end: str) -> None:
    async with serve() as server:
        await Careful(server).run()
        await ask(server, "/plans", {"plan": {"end": end, "queue": "1s", "run": "1s"}})
        task = await ordered(server)
        await polled(server, task, 6)
        assert await as_gateway(server) == {}, "users may ask a few times"
        await polled(server, task, 12)
        assert await as_gateway(server) == {"end-not-recognised": "error"}


async def test_users_who_ask_again_about_any_end_are_users() -> None:
    async with serve() as server:
        for end in ("failed", "expired"):
            await ask(server, "/plans", {"plan": {"end": end, "queue": "1s", "run": "1s"}})
            await polled(server, await ordered(server), 20)
        assert await as_gateway(server) == {}


@pytest.mark.parametrize("id", ["None", "undefined", "null"])
async def test_an_order_that_was_refused_and_is_asked_for(id: str) -> None:
    async with serve() as server:
        await polled(server, id, 1)
        assert (await as_gateway(server))["error-swallowed"] == "error"


async def test_a_query_that_is_refused_for_ever() -> None:
    async with serve() as server:
        await polled(server, "cgt-20260101000000-abcde", 5)
        assert await as_gateway(server) == {}
        await polled(server, "cgt-20260101000000-abcde", 1)
        assert await as_gateway(server) == {"error-swallowed": "error"}


async def test_a_lost_answer_leaves_an_orphan_also_where_the_order_comes_again() -> None:
    async with serve() as server:
        await ask(server, "/faults", {"fault": "drop-after-accept"})
        await Reorders(server).run()
        assert await as_gateway(server) == {"orphaned-task": "warning"}


async def test_a_key_in_a_body_is_a_leak() -> None:
    async with serve() as server:
        await Careful(server, order={"safety_identifier": KEY}).run()
        assert await as_gateway(server) == {"key-leaked": "error"}


async def test_users_callback_addresses_are_not_for_the_upstream() -> None:
    async with serve(callbacks="local") as server, receiver() as told, receiver() as other:
        await Careful(server, order={"callback_url": f"{told.url}/hook"}).run()
        assert await as_gateway(server) == {}
        await Careful(server, order={"callback_url": f"{other.url}/hook"}).run()
        assert await as_gateway(server) == {"callback-passed-on": "warning"}


async def test_retry_after_is_for_gateways_too() -> None:
    async with serve() as server:
        await ask(server, "/faults", {"fault": "429-retry-after", "match": {"call": "query"}})
        await polled(server, await ordered(server), 2)
        assert (await as_gateway(server))["retry-after-ignored"] == "warning"


async def test_a_subject_that_there_is_not_is_named() -> None:
    async with serve() as server:
        params = {"key": KEY, "as": "reseller"}
        async with server.anonymous.get(f"{server.base}/_sim/verdict", params=params) as answer:
            assert answer.status == 400
            error = (await answer.json())["error"]
        assert (error["field"], "client, gateway" in error["message"]) == ("as", True)


def test_the_command_knows_both(capsys: pytest.CaptureFixture[str]) -> None:
    given = ["verdict", "--base-url", "http://127.0.0.1:9", "--key", KEY]
    assert main([*given, "--as", "reseller"]) == 2
    assert "--as" in capsys.readouterr().err
    assert main([*given, "--as", "gateway"]) == 3
