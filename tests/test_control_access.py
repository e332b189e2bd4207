"""Who may use the control plane: hosts, origins, tokens, peers."""

from collections.abc import AsyncIterator, Mapping

import pytest

from simulator.control.access import is_this_machine
from tests.serving import Server, serve

TOKEN = "secret-token"


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    async with serve() as running:
        yield running


async def status(server: Server, path: str = "/_sim/clock", **headers: str) -> int:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return await get(server, path, named)


async def get(server: Server, path: str, headers: Mapping[str, str]) -> int:
    async with server.anonymous.get(server.base + path, headers=headers) as answer:
        if answer.status >= 400:
            assert set((await answer.json())["error"]) == {"code", "message", "field"}
        assert "Access-Control-Allow-Origin" not in answer.headers
        return answer.status


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.0.0.1:8000",
        "127.8.8.8:80",
        "localhost",
        "LOCALHOST:8000",
        "localhost.",
        "sim.localhost:8000",
        "[::1]",
        "[::1]:8000",
    ],
)
async def test_loopback_hosts_are_answered(server: Server, host: str) -> None:
    assert await status(server, Host=host) == 200


@pytest.mark.parametrize(
    "host",
    [
        "",
        "rebound.example",
        "rebound.example:8000",
        "127.0.0.1.rebound.example",
        "localhost.rebound.example",
        "192.168.0.5:8000",
        "8.8.8.8",
        "[::2]:8000",
        "localhost@rebound.example",
        "localhost:x",
        "rebound.example/localhost",
        "0.0.0.0:8000",
    ],
)
async def test_other_hosts_are_refused(server: Server, host: str) -> None:
    assert await status(server, Host=host) == 403
    assert await status(server, "/_sim/health", Host=host) == 403


@pytest.mark.parametrize(
    "origin",
    [
        "http://rebound.example",
        "https://rebound.example:8000",
        "null",
        "",
        "file://",
        "http://localhost:1",
        "http://127.0.0.1",
        "http://127.0.0.1:x",
        "chrome-extension://abc",
    ],
)
@pytest.mark.parametrize("control", ["loopback", "open"])
async def test_foreign_origins_are_refused(origin: str, control: str) -> None:
    async with serve(control=control) as server:
        assert await status(server, Origin=origin) == 403
        async with server.anonymous.post(
            f"{server.base}/_sim/reset", headers={"Origin": origin}
        ) as answer:
            assert answer.status == 403


async def test_the_own_origin_is_answered(server: Server) -> None:
    assert await status(server, Origin=server.base) == 200
    assert await status(server, Host="localhost", Origin="http://localhost:80") == 200
    assert await status(server, Host="localhost:443", Origin="https://LOCALHOST") == 200


async def test_open_answers_any_host() -> None:
    async with serve(control="open") as server:
        assert await status(server, Host="sim.example") == 200
        assert await status(server, Host="sim.example", Origin="https://sim.example") == 200
        assert await status(server, Host="sim.example", Origin="https://other.example") == 403


@pytest.mark.parametrize("control", ["loopback", "open"])
async def test_an_admin_token_is_asked_for_in_addition(control: str) -> None:
    async with serve(control=control, admin_token=TOKEN) as server:
        assert await status(server, "/_sim/health") == 200
        for wrong in ("Bearer wrong", "Bearer", f"Basic {TOKEN}", TOKEN, "Bearer t\u00f6ken", ""):
            assert await status(server, Authorization=wrong) == 401
        assert await status(server) == 401
        assert await status(server, "/_sim/nothing") == 401
        assert await status(server, Authorization=f"Bearer {TOKEN}") == 200
        assert await status(server, Authorization=f"bearer  {TOKEN} ") == 200
        foreign = {"Authorization": f"Bearer {TOKEN}", "Origin": "http://rebound.example"}
        assert await get(server, "/_sim/clock", foreign) == 403


async def test_samples_are_checked_like_the_rest() -> None:
    url = "/_sim/media/image?width=16&height=16"
    async with serve() as server:
        assert await status(server, url, Host="sim.example") == 403
        assert await status(server, url, Origin="http://rebound.example") == 403
        assert await status(server, url) == 200
    async with serve(admin_token=TOKEN) as server:
        assert await status(server, url) == 401
        assert await status(server, url, Authorization=f"Bearer {TOKEN}") == 200


@pytest.mark.parametrize("peer", ["127.0.0.1", "127.5.5.5", "::1", "::ffff:127.0.0.1"])
def test_peers_of_this_machine(peer: str) -> None:
    assert is_this_machine(peer)


@pytest.mark.parametrize(
    "peer", [None, "", "/tmp/socket", "192.168.0.5", "8.8.8.8", "fe80::1%eth0", "0.0.0.0", "::"]
)
def test_other_peers(peer: str | None) -> None:
    assert not is_this_machine(peer)
