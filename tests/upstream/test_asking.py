"""What goes out to an upstream, and what comes back: headers, bodies, and answers said again."""

from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from simulator.dialects import load
from simulator.upstream.asking import answered, sent
from tests.driving import KEY
from tests.serving import listening, serve
from tests.upstream.test_passing import TASKS, Pair


def test_headers_of_one_connection_stay_there() -> None:
    given = [("Host", "a"), ("Connection", "close, X-Mine"), ("x-mine", "1"), ("X-Two", "2")]
    assert dict(sent(given)) == {"X-Two": "2", "Accept-Encoding": "identity"}
    assert list(sent([("A", "1"), ("A", "2"), ("B", "\x01")]).items())[:-1] == [
        ("A", "1"),
        ("A", "2"),
    ]
    raw = [(b"X-Mine", b"1"), (b"Connection", b"x-mine"), (b"X-T\xfc", "grü\x07ß".encode())]
    assert answered(raw) == {"X-Tü": "grüß"}


@pytest.mark.parametrize("chunked", [False, True])
async def test_a_body_passes_whatever_the_method(chunked: bool) -> None:
    async def echo(request: web.Request) -> web.Response:
        return web.json_response({"said": await request.text()})

    async def pieces() -> AsyncIterator[bytes]:
        yield b"one "
        yield b"two"

    app = web.Application()
    app.router.add_get(TASKS + "/{id}", echo)
    async with listening(app) as base, serve(dialect="ark", upstream=base) as front:
        for body, said in ((pieces() if chunked else b"one two", "one two"), (None, "")):
            async with front.client.get(f"{front.base}{TASKS}/cgt-1", data=body) as answer:
                assert await answer.json() == {"said": said}


async def test_the_same_words_are_news_where_their_task_is_a_new_one() -> None:
    async def made(request: web.Request) -> web.Response:
        return web.json_response({"id": "cgt-1"})

    async def done(request: web.Request) -> web.Response:
        return web.json_response({"id": "cgt-1", "status": "succeeded"})

    app = web.Application()
    app.router.add_post(TASKS, made)
    app.router.add_get(TASKS + "/{id}", done)
    async with listening(app) as base, serve(dialect="ark", upstream=base) as front:
        here = Pair(front, front, load("ark"))
        for _ in range(2):
            await here.order()
            assert await here.poll("cgt-1") == await here.poll("cgt-1")
            (task,) = (await here.control("GET", f"/tasks?key={KEY}"))["items"]
            assert task["phase"] == "succeeded"
            await here.control("POST", "/reset", {"key": KEY})
