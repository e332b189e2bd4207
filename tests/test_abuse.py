"""Clients that are broken, slow or hostile: what they are told, and what is logged."""

import asyncio
import gzip
import json
import logging
import time
import zlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import brotli
import pytest
from aiohttp import web

from simulator.core.config import Config
from simulator.dialects import NAMES
from simulator.dialects.ark import TASKS
from simulator.http.reading import TooLarge, Unreadable, decoded
from simulator.server.app import listener
from simulator.server.world import World, create_world
from tests.driving import KEY, START
from tests.test_app import ORDER

SECRET = "sk-very-secret-key"


class Abused:
    """A server as the command runs it, and raw connections to it."""

    def __init__(self, world: World, port: int, server: web.Server) -> None:
        self.world, self.port, self.server = world, port, server

    async def send(self, *pieces: bytes) -> bytes:
        """What comes back until the server closes."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            for piece in pieces:
                writer.write(piece)
                await writer.drain()
            async with asyncio.timeout(5):
                return await reader.read()
        finally:
            writer.close()

    async def leave(self, *pieces: bytes) -> None:
        """Send something, see that it has come in, and go away in the middle of it."""
        _, writer = await asyncio.open_connection("127.0.0.1", self.port)
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
        async with asyncio.timeout(5):
            await until(lambda: self.server.requests_count > 0)
            writer.transport.abort()
            await until(lambda: not self.server.connections)


async def until(true: Callable[[], bool]) -> None:
    while not true():  # noqa: ASYNC110 (nobody tells of it)
        await asyncio.sleep(0)


@asynccontextmanager
async def abused(head_s: float = 30, idle_s: float = 60, **settings: Any) -> AsyncIterator[Abused]:
    world = create_world(Config(seed=1, start=START, freeze=True, **settings))
    server = listener(world)
    server.head_s, server.idle_s = head_s, idle_s
    runner = web.ServerRunner(server, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield Abused(world, runner.addresses[0][1], server)
    finally:
        await runner.cleanup()
        await world.close()


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> Callable[[], str]:
    """Everything that was logged by anybody, with tracebacks."""
    caplog.set_level(logging.INFO)
    return lambda: caplog.text


def body_of(answer: bytes) -> Any:
    return json.loads(answer.partition(b"\r\n\r\n")[2])


MALFORMED = (
    "Authorization: Bearer {key}\x01\r\n\r\n",
    "Authorization Bearer {key}\r\n\r\n",
    "X: y\r\n Auth\x00orization: Bearer {key}\r\n\r\n",
    "Authorization: Bearer {key}" + "x" * 9000 + "\r\n\r\n",
    "Authorization: Bearer {key}\r\nContent-Length: nine\r\n\r\n",
    "Authorization: Bearer {key}\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
    "Authorization: Bearer {key}\r\n" + "A: b\r\n" * 200 + "\r\n",
)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("rest", MALFORMED)
async def test_malformed_requests_are_refused_in_the_words_of_their_dialect(
    name: str, rest: str, log: Callable[[], str]
) -> None:
    head = f"POST /{name}/v1/anything?api_key={SECRET} HTTP/1.1\r\nHost: x\r\n"
    async with abused() as server:
        answer = await server.send((head + rest.format(key=SECRET)).encode())
        unknown = await server.send(
            f"GET /{name}/v1/nowhere HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {KEY}\r\n"
            "Connection: close\r\n\r\n".encode()
        )
        kept = server.world.engine.journal.exchanges()
    assert answer.startswith((b"HTTP/1.1 400 ", b"HTTP/1.0 400 "))
    assert body_of(answer).keys() == body_of(unknown).keys()
    assert b"Python/" not in answer
    assert b"secret" not in answer
    assert "secret" not in log()
    assert "Traceback" not in log()
    assert log().count("malformed request") == 1
    assert (kept[0].dialect, kept[0].status, len(kept[0].notes)) == (name, 400, 1)


async def test_what_is_meant_for_no_dialect_is_refused_in_words_of_none() -> None:
    broken = b"HTTP/1.1\r\nHost: x\r\nno header\r\n\r\n"
    async with abused() as server:
        for first in (b"GET /_sim/calls ", b"GET /nothing ", b"GET /tos/a/b ", b"\x16\x03\x01 "):
            error = body_of(await server.send(first + broken))["error"]
            assert error["code"] == "malformed_request"
        assert "not HTTPS" in error["message"]
    async with abused(dialect="evolink") as server:
        assert "type" in body_of(await server.send(b"GET /v1/tasks/x " + broken))["error"]
    async with abused() as server:
        named = b"GET /v1/tasks/x HTTP/1.1\r\nHost: evolink.localhost\r\nno header\r\n\r\n"
        assert "type" in body_of(await server.send(named))["error"]


def order(*headers: str, body: bytes = b"", key: str = KEY, length: int | None = None) -> bytes:
    lines = [f"POST /ark{TASKS} HTTP/1.1", "Host: x", "Connection: close"]
    lines += [f"Authorization: Bearer {key}", "Content-Type: application/json", *headers]
    if length != -1:
        lines.append(f"Content-Length: {len(body) if length is None else length}")
    return "\r\n".join([*lines, "", ""]).encode() + body


CODED = {
    "gzip": gzip.compress,
    "x-gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": brotli.compress,
}


@pytest.mark.parametrize("coding", CODED)
async def test_compressed_orders_are_read(coding: str) -> None:
    raw = CODED[coding](json.dumps(ORDER).encode())
    async with abused() as server:
        answer = await server.send(order(f"Content-Encoding: {coding}", body=raw))
        assert answer.startswith(b"HTTP/1.1 200"), answer
        cut = await server.send(order(f"Content-Encoding: {coding}", body=raw[:-6]))
        assert cut.startswith(b"HTTP/1.1 400"), cut


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd", "rot13", "gzip, gzip"])
@pytest.mark.parametrize("path", [TASKS, "/nothing", ""])
@pytest.mark.parametrize("key", [KEY, "sk-sim-invalid"])
async def test_a_wrong_content_encoding_is_refused_without_a_traceback(
    coding: str, path: str, key: str, log: Callable[[], str]
) -> None:
    whole = order(f"Content-Encoding: {coding}", body=b"\x81\x80 no such thing", key=key)
    async with abused() as server:
        answer = await server.send(whole.replace(f"/ark{TASKS}".encode(), f"/ark{path}".encode()))
    assert answer.startswith(b"HTTP/1.1 4"), answer
    assert "Traceback" not in log()


@pytest.mark.parametrize("at", [order(length=100), order(body=b'{"a"', length=100)])
async def test_clients_that_leave_in_a_body_are_no_news(at: bytes, log: Callable[[], str]) -> None:
    async with abused() as server:
        await server.leave(at)
        (exchange,) = server.world.engine.journal.exchanges()
        assert exchange.lost
    assert log() == ""


@pytest.mark.parametrize("body", [b"", b"5\r\nab"])
async def test_clients_that_leave_while_they_are_asked_to_go_on(
    body: bytes, log: Callable[[], str]
) -> None:
    head = order("Expect: 100-continue", "Transfer-Encoding: chunked", length=-1)
    async with abused() as server:
        await server.leave(head + body)
    assert log() == ""


async def test_a_body_that_is_refused_anyway_is_not_decompressed() -> None:
    """Each of them would be a thousand megabytes; the loop must not wait for any."""
    bomb = brotli.compress(bytes(1 << 30), quality=5)
    assert len(bomb) < 2000
    coded = "Content-Encoding: br"
    async with abused() as server:
        began = time.process_time()
        refused = await server.send(order(coded, body=bomb, key="sk-sim-invalid"))
        text = order(coded, body=bomb).replace(b"application/json", b"text/plain")
        wrong_type = await server.send(text)
        nowhere = await server.send(order(coded, body=bomb).replace(b"/ark/", b"/none/", 1))
        spent = time.process_time() - began
    assert refused.startswith(b"HTTP/1.1 401")
    assert wrong_type.startswith(b"HTTP/1.1 400")
    assert nowhere.startswith(b"HTTP/1.1 404")
    assert spent < 0.2


@pytest.mark.parametrize("coding", CODED)
def test_no_more_is_decompressed_than_may_be(coding: str) -> None:
    bomb = CODED[coding](bytes(10_000))
    assert decoded(bomb, coding, 10_000) == bytes(10_000)
    with pytest.raises(TooLarge):
        decoded(bomb, coding, 9_999)
    with pytest.raises(Unreadable):
        decoded(bomb[:-1], coding, 10_000)


async def test_other_clients_do_not_wait_for_a_body_that_is_decompressed() -> None:
    bomb, answered = brotli.compress(bytes(1 << 28), quality=5), 0
    async with abused() as server:
        heavy = asyncio.create_task(server.send(order("Content-Encoding: br", body=bomb)))
        while not heavy.done():
            await server.send(
                b"GET /_sim/health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
            )
            answered += 1
        assert (await heavy).startswith(b"HTTP/1.1 4")
    # Who waits for the whole body has one answer before it and one behind. It is counted and not
    # timed: a machine that stands still for a moment holds up everybody.
    assert answered > 5


async def test_a_head_must_come_in_in_time() -> None:
    async with abused(head_s=0.05) as server:
        assert await server.send() == b""
        slow = await server.send(
            f"GET /evolink/v1/tasks/x HTTP/1.1\r\nHost: x\r\nA: {SECRET}".encode()
        )
        assert slow.split(b" ", 2)[1] == b"400"  # the dialect has no word for it but that
        nobody = await server.send(b"GET /nothing HTTP/1.1\r\nHost")
        assert nobody.split(b" ", 2)[1] == b"408"
        assert "type" in body_of(slow)["error"]
        assert b"secret" not in slow


@pytest.mark.parametrize("together", [True, False])
async def test_a_second_head_must_come_in_in_time_too(together: bool) -> None:
    whole, part = b"GET /_sim/health HTTP/1.1\r\nHost: localhost\r\n\r\n", b"GET /_sim/he"
    pieces = (whole + part,) if together else (whole, part)
    async with abused(head_s=0.05, idle_s=0.1) as server:
        assert (await server.send(*pieces)).startswith(b"HTTP/1.1 200")


async def test_a_head_that_is_complete_is_no_slower_for_its_answer() -> None:
    """Keep-alive connections outlive the time of a head."""
    whole = b"GET /_sim/health HTTP/1.1\r\nHost: localhost\r\n\r\n"
    async with abused(head_s=0.01) as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        for _ in range(3):
            writer.write(whole)
            assert (await reader.readuntil(b"}")).startswith(b"HTTP/1.1 200")
            await asyncio.sleep(0.02)  # twice the time that a head has
        writer.close()


async def test_the_server_as_a_whole_has_options_and_is_no_proxy() -> None:
    async with abused() as server:
        for target in ("*", "http://x.test"):
            head = f"OPTIONS {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
            assert (await server.send(head.encode())).startswith(b"HTTP/1.1 204")
        index = await server.send(
            b"GET HTTP://x?y HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        )
        assert index.startswith(b"HTTP/1.1 200")
        for head in ("GET *", "CONNECT x.test:443"):
            said = await server.send(
                f"{head} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode()
            )
            assert b" 400 " in said.partition(b"\r\n")[0], said


async def test_no_answer_tells_what_it_is_written_with() -> None:
    async with abused() as server:
        for head in (
            "GET / HTTP/1.1\r\nHost: x",
            "GET /nothing HTTP/1.1\r\nHost: x",
            "GET /_sim/health HTTP/1.1\r\nHost: localhost",
            "GET /tos/a/b HTTP/1.1\r\nHost: x",
            "GET /files/x HTTP/1.1\r\nHost: x",
            "GET /ark/api/v3/x HTTP/1.1\r\nHost: x",
            "OPTIONS /ark/api/v3/x HTTP/1.1\r\nHost: x",
            "GET / HTTP/1.1\r\nHost x",
        ):
            said = await server.send(f"{head}\r\nConnection: close\r\n\r\n".encode())
            assert b"aiohttp" not in said, said
            assert b"Python/" not in said, said
            assert said.lower().count(b"\r\nserver: ") == 1, said


async def test_a_fault_of_the_simulator_says_so_and_is_logged(
    monkeypatch: pytest.MonkeyPatch, log: Callable[[], str]
) -> None:
    async with abused() as server:
        monkeypatch.setattr(type(server.world.engine), "serial", lambda self: 1 // 0)
        answer = await server.send(order(body=json.dumps(ORDER).encode()))
    assert answer.startswith(b"HTTP/1.1 500")
    assert body_of(answer)["error"]["code"] == "simulator_fault"
    assert log().count("ZeroDivisionError") >= 1
