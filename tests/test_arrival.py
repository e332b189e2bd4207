"""Requests as their clients meant them: prefixes, proxies, absolute targets."""

import asyncio

import pytest
from yarl import URL

from simulator.dialects.ark import TASKS
from tests.driving import KEY
from tests.serving import Server, serve
from tests.test_app import ORDER

FORWARDED = {
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": "sim.example.com",
    "X-Forwarded-Prefix": "/seedance",
}


async def link_of(server: Server, mount: str, **headers: str) -> str:
    """The link of a task that was ordered below a mount."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    url = f"{server.base}{mount}{TASKS}"
    async with server.client.post(url, json=ORDER, headers=named) as answer:
        assert answer.status == 200, await answer.text()
        task = (await answer.json())["id"]
    await server.advance("4s")
    async with server.client.get(f"{url}/{task}", headers=named) as answer:
        return str((await answer.json())["content"]["video_url"])


async def fetched(server: Server, target: str, headers: dict[str, str] | None = None) -> int:
    url = URL(server.base + target, encoded=True)
    async with server.anonymous.get(url, headers=headers) as answer:
        await answer.read()
        return answer.status


@pytest.mark.parametrize("passed_on", ["", "/seedance/sim"])
async def test_a_public_url_may_have_a_path(passed_on: str) -> None:
    """A proxy may pass on the whole path, or what is behind its own part of it."""
    public = "https://ci.example.com/seedance/sim"
    async with serve(public_url=public) as server:
        link = await link_of(server, f"{passed_on}/ark")
        assert link.startswith(f"{public}/tos/")
        target = passed_on + link.removeprefix(public)
        assert await fetched(server, target) == 200
        assert await fetched(server, target.replace("Expires=", "Expires=1")) == 403
        async with server.anonymous.get(f"{server.base}{passed_on}/") as answer:
            assert (await answer.json())["dialects"][0]["base_url"].startswith(f"{public}/")


async def test_a_prefix_that_is_called_like_a_mount_is_left_to_the_proxy() -> None:
    async with serve(public_url="http://ci.example.com/ark") as server:
        link = await link_of(server, "/ark")
        assert link.startswith("http://ci.example.com/ark/tos/")
        assert await fetched(server, link.removeprefix("http://ci.example.com/ark")) == 200


@pytest.mark.parametrize("passed_on", ["", "/seedance"])
async def test_a_trusted_proxy_says_where_clients_are(passed_on: str) -> None:
    async with serve(trust_proxy=True) as server:
        link = await link_of(server, f"{passed_on}/ark", **FORWARDED)
        assert link.startswith("https://sim.example.com/seedance/tos/")
        target = link.removeprefix("https://sim.example.com/seedance")
        assert await fetched(server, passed_on + target, FORWARDED) == 200
        assert await fetched(server, target) == 403  # signed for another host


async def test_nobody_else_says_so() -> None:
    async with serve() as server:
        link = await link_of(server, "/ark", **FORWARDED)
        assert link.startswith(f"{server.base}/tos/")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("X-Forwarded-Proto", "javascript"),
        ("X-Forwarded-Host", "evil.test/x?"),
        ("X-Forwarded-Host", "a b"),
        ("X-Forwarded-Prefix", "/a?b"),
        ("X-Forwarded-Prefix", "//evil.test"),
        ("X-Forwarded-Prefix", "a"),
        ("X-Forwarded-Prefix", "/"),
    ],
)
async def test_what_a_proxy_cannot_mean_is_not_believed(name: str, value: str) -> None:
    async with serve(trust_proxy=True) as server:
        link = await link_of(server, "/ark", **{name: value})
        assert link.startswith(f"{server.base}/tos/")


async def test_the_first_of_several_proxies_knows_the_client_best() -> None:
    headers = {"X-Forwarded-Proto": "https, http", "X-Forwarded-Host": "outer.example, inner"}
    async with serve(trust_proxy=True) as server:
        link = await link_of(server, "/ark", **headers)
        assert link.startswith("https://outer.example/tos/")


async def test_the_control_plane_sees_through_a_trusted_proxy() -> None:
    async with serve(trust_proxy=True) as server:
        clock = "/_sim/clock"
        assert await fetched(server, clock, {"X-Forwarded-For": "127.0.0.1"}) == 200
        assert await fetched(server, clock, {"X-Forwarded-For": "127.0.0.1, 192.0.2.1"}) == 403
        assert await fetched(server, clock, {"X-Forwarded-For": "no address"}) == 403
        assert await fetched(server, clock, {"X-Forwarded-For": ""}) == 403
        assert await fetched(server, clock, {"X-Forwarded-Host": "sim.example.com"}) == 403
        assert await fetched(server, clock, {"X-Forwarded-Host": "localhost"}) == 200


async def raw(server: Server, head: str) -> bytes:
    host, port = server.base.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(f"{head}\r\nConnection: close\r\n\r\n".encode())
    answer = await reader.read()
    writer.close()
    return answer


async def test_an_absolute_target_is_its_path_and_its_host() -> None:
    key = f"Authorization: Bearer {KEY}"
    async with serve() as server:
        listed = await raw(server, f"GET http://x.test/ark{TASKS} HTTP/1.1\r\nHost: y\r\n{key}")
        assert listed.startswith(b"HTTP/1.1 200")
        named = await raw(server, f"GET http://ark.test{TASKS} HTTP/1.1\r\nHost: y\r\n{key}")
        assert named.startswith(b"HTTP/1.1 200")
        calls = await raw(server, "GET http://localhost/_sim/calls HTTP/1.1\r\nHost: y.test")
        assert calls.startswith(b"HTTP/1.1 200")
        assert calls.count(f'"path":"/ark{TASKS}"'.encode()) == 1
        foreign = await raw(server, "GET http://y.test/_sim/calls HTTP/1.1\r\nHost: localhost")
        assert foreign.startswith(b"HTTP/1.1 403")
