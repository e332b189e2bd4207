"""A gateway before the simulator that puts answers into other words, as real ones do.

What new-api answers was captured from its builds of June and July 2026.
"""

import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from aiohttp import ClientSession, DummyCookieJar, web
from yarl import URL

from tests.conformance.unpleasant import HOPS
from tests.serving import listening

PROMPT_REQUIRED = {"code": "invalid_request", "message": "prompt is required", "data": None}
KEY_REFUSED = {
    "error": {
        "code": "",
        "message": "Invalid token (request id: 2026112908440112345678268d9d6AbCdEfGh)",
        "type": "new_api_error",
    }
}
CLIENT = web.AppKey("client", ClientSession)


@dataclass(frozen=True)
class Translation:
    """What becomes of an answer; `refused` is what every order gets, a status and a body."""

    answer: Callable[[str, Any], Any] = lambda method, body: body
    refused: tuple[int, Mapping[str, Any]] | None = None


async def _handle(request: web.Request) -> web.StreamResponse:
    said: Translation = request.app[SAID]
    control = request.path.startswith("/_sim/")
    if request.path.endswith("/video/generations") and request.method == "POST" and said.refused:
        return web.json_response(said.refused[1], status=said.refused[0])
    raw = await request.read()
    headers = [(n, v) for n, v in request.headers.items() if n.lower() not in HOPS]
    url = URL(request.app[UPSTREAM] + request.raw_path, encoded=True)
    sent = request.app[CLIENT].request(
        request.method, url, data=raw or None, headers=headers, allow_redirects=False,
        skip_auto_headers=("Content-Type", "User-Agent"),
    )  # fmt: skip
    async with sent as reply:
        back = await reply.read()
        kept = [(n, v) for n, v in reply.headers.items() if n.lower() not in HOPS]
        if not control:
            back = _changed(back, lambda body: said.answer(request.method, body))
        answer = web.Response(body=back, status=reply.status)
        answer.headers.popall("Content-Type", None)
        for name, value in kept:
            answer.headers.add(name, value)
        return answer


def _changed(raw: bytes, change: Callable[[Any], Any]) -> bytes:
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError):
        return raw
    return json.dumps(change(body), ensure_ascii=False).encode()


SAID = web.AppKey("said", Translation)
UPSTREAM = web.AppKey("upstream", str)


@asynccontextmanager
async def translating(upstream: str, said: Translation) -> AsyncIterator[str]:
    """The gateway's address; the server behind keeps its own for files."""
    app = web.Application(client_max_size=2**28)
    app.router.add_route("*", "/{path:.*}", _handle)
    async with ClientSession(cookie_jar=DummyCookieJar()) as client:
        app[CLIENT], app[SAID], app[UPSTREAM] = client, said, upstream
        async with listening(app, 0.1, access_log=None) as base:
            yield base
