"""A gateway before the simulator that answers another order than the one it took."""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import ClientSession, web

from tests.serving import listening

LEFT = ("content-length", "transfer-encoding", "connection", "date", "server")


@asynccontextmanager
async def swapping(
    behind: str, change: Callable[[Any], Any] = lambda body: body, without: str = ""
) -> AsyncIterator[str]:
    """A server that hands everything on and changes the JSON that the dialects answer with.

    One header of the calls may get lost on the way.
    """

    async def handle(request: web.Request) -> web.Response:
        call = client.request(
            request.method,
            behind + request.raw_path,
            headers={k: v for k, v in request.headers.items() if k.lower() != without},
            data=await request.read(),
            allow_redirects=False,
        )
        async with call as answer:
            body = await answer.read()
            kept = {k: v for k, v in answer.headers.items() if k.lower() not in LEFT}
            if "json" in answer.content_type and not request.path.startswith("/_sim"):
                body = json.dumps(change(json.loads(body))).encode()
            return web.Response(status=answer.status, body=body, headers=kept)

    app = web.Application(client_max_size=80 << 20)
    app.router.add_route("*", "/{path:.*}", handle)
    async with (
        ClientSession(auto_decompress=False) as client,
        listening(app, 0.1, access_log=None) as base,
    ):
        yield base


def swapped(was: dict[str, Any], by: dict[str, Any]) -> Callable[[Any], Any]:
    """A change: every object that has these keys with these values gets the other values."""

    def change(value: Any) -> Any:
        if isinstance(value, list):
            return [change(each) for each in value]
        if not isinstance(value, dict):
            return value
        inner = {key: change(each) for key, each in value.items()}
        here = all(inner.get(key) == each for key, each in was.items())
        return inner | by if here else inner

    return change
