"""What goes out on the wire: the same bytes from the command's server and from an embedded one."""

import asyncio
import json

from aiohttp import web

from simulator.core.config import Config
from simulator.dialects.ark import TASKS
from simulator.server.app import create_app, listener
from simulator.server.world import create_world
from tests.driving import KEY, START
from tests.test_app import ORDER

CONFIG = Config(seed=1, start=START, freeze=True, pace="instant")
HEAD = f"Host: sim.test\r\nAuthorization: Bearer {KEY}\r\n"


def asking(method: str, path: str, *headers: str, version: str = "1.1", body: str = "") -> str:
    if body:
        headers = (*headers, "Content-Type: application/json", f"Content-Length: {len(body)}")
    also = "".join(f"{line}\r\n" for line in headers)
    return f"{method} /ark{path} HTTP/{version}\r\n{HEAD}{also}\r\n{body}"


async def told(runner: web.ServerRunner | web.AppRunner, *requests: str) -> bytes:
    """All that comes back for the requests, sent at once on a connection; the last one closes."""
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    reader, writer = await asyncio.open_connection(*runner.addresses[0][:2])
    try:
        writer.write("".join(requests).encode())
        async with asyncio.timeout(5):
            return await reader.read()
    finally:
        writer.close()


async def both(*requests: str) -> tuple[bytes, bytes]:
    """What the command's own server says, and what an application says."""
    world = create_world(CONFIG)
    own = web.ServerRunner(listener(world), shutdown_timeout=1)
    embedded = web.AppRunner(create_app(CONFIG), shutdown_timeout=1)
    try:
        for runner in (own, embedded):
            await runner.setup()
        return await told(own, *requests), await told(embedded, *requests)
    finally:
        await own.cleanup()
        await embedded.cleanup()
        await world.close()


async def made() -> str:
    """The id of the first task, which the seed and the clock decide."""
    answer, _ = await both(
        asking("POST", TASKS, "Connection: close", body=json.dumps(ORDER)),
    )
    return str(json.loads(answer.partition(b"\r\n\r\n")[2])["id"])


async def test_both_servers_write_the_same_bytes() -> None:
    poll = f"{TASKS}/{await made()}"
    own, embedded = await both(
        asking("POST", TASKS, body=json.dumps(ORDER)),
        asking("GET", poll),
        asking("GET", poll, "Origin: http://a.test", "X-Client-Request-Id: mine"),
        asking("HEAD", poll),
        asking("OPTIONS", poll),
        asking("GET", f"{TASKS}/unknown%20one"),
        asking("PATCH", TASKS),
        asking("POST", TASKS, body="[]"),
        asking("DELETE", poll),
        asking("GET", poll, "Connection: close"),
    )
    assert own == embedded
    assert own.count(b"HTTP/1.1 ") == 10
    assert own.count(b'"status":"succeeded"') == 2
    assert own.count(b"Connection: close") == 1


async def test_both_servers_write_the_same_bytes_to_old_clients() -> None:
    old = asking("GET", f"{TASKS}/none", version="1.0")
    staying = asking("GET", f"{TASKS}/none", "Connection: keep-alive", version="1.0")
    for requests in ((old,), (staying, old)):
        own, embedded = await both(*requests)
        assert own == embedded
        assert own.count(b"HTTP/1.0 404 ") == len(requests)


async def test_a_poll_is_kept_in_the_journal_as_it_went_out() -> None:
    world = create_world(CONFIG)
    runner = web.ServerRunner(listener(world), shutdown_timeout=1)
    await runner.setup()
    try:
        answer = await told(
            runner,
            asking("GET", f"{TASKS}/none"),
            asking("GET", f"{TASKS}/none", "Connection: close"),
        )
        first = world.engine.journal.exchanges()[0]
    finally:
        await runner.cleanup()
        await world.close()
    head, _, rest = answer.partition(b"\r\n\r\n")
    assert [f"{name}: {value}" for name, value in (first.reply_headers or {}).items()] == (
        head.decode().split("\r\n")[1:]
    )
    assert first.reply is not None
    assert rest.startswith(first.reply)
