"""The aiohttp shell: which part of the server a request is for, and its place in the journal."""

import logging
import re
from collections.abc import Awaitable
from contextlib import suppress
from functools import partial
from time import perf_counter

from aiohttp import hdrs, web

from simulator import control
from simulator.core import links
from simulator.core.config import Config
from simulator.core.problems import Kind, Problem, Refusal
from simulator.dialects import NAMES
from simulator.engine.call import Call
from simulator.engine.cross_origin import OPEN
from simulator.http import logs
from simulator.http.arrival import NOWHERE, PARTS, Aim, aim_of, arrived, base
from simulator.http.protocol import NAME, Listener
from simulator.http.responses import response_of
from simulator.http.writing import date
from simulator.server.speaking import speak
from simulator.server.world import World, create_world
from simulator.store import Broken, journal

log = logging.getLogger("seedance")
_START = re.compile(rb"([A-Z]{1,20}) (?:https?://[^/ ]*)?(/[^ ?#]*)[^ ]* HTTP/1", re.DOTALL)
_NAMED_HOST = re.compile(rb"\r\nhost: *([^\r\n]{1,300})", re.IGNORECASE)


WORLD = web.AppKey("world", World)


def create_app(config: Config | None = None) -> web.Application:
    """The whole simulator as an aiohttp application, to be served or embedded."""
    app = web.Application(client_max_size=0)
    app[WORLD] = world = create_world(Config() if config is None else config)
    app.router.add_route("*", r"/{path:[\s\S]*}", partial(handle, world))

    async def begin(app: web.Application) -> None:
        await world.begin()

    async def end_feeds(app: web.Application) -> None:
        world.end_feeds()

    async def close(app: web.Application) -> None:
        await world.close()

    app.on_startup.append(begin)
    app.on_shutdown.append(end_feeds)
    app.on_cleanup.append(close)
    return app


async def handle(world: World, request: web.BaseRequest) -> web.StreamResponse:
    """Answer any request."""
    began = perf_counter()
    request = arrived(request, world.config)
    aim = aim_of(request.host, request.raw_path)
    if aim.place == "_sim":
        response = await control.serve(request, world.plane, partial(_page, world))
    else:
        response = await _recorded(world, request, aim)
    if not response.prepared:
        response.headers.setdefault("Date", date(world.engine.clocks.seen() // 1000))
        response.headers.setdefault("Server", NAME)
    if response.status >= 400:
        logs.refused(request, response, began)
    else:
        logs.answered(request, response, began)
    return response


async def _page(world: World, request: web.BaseRequest, path: str) -> web.StreamResponse | None:
    from simulator.server import pages  # for people: nobody's first answer waits for it

    return await pages.answer(request, world, path)


def listener(world: World) -> Listener:
    """The server of these answers, to be run in any way that aiohttp knows."""

    async def patient(request: web.BaseRequest) -> web.StreamResponse:
        await go_on(request)
        return await handle(world, request)

    def answer(request: web.BaseRequest) -> Awaitable[web.StreamResponse]:
        return patient(request) if hdrs.EXPECT in request.headers else handle(world, request)

    # Without an application around it: there is nothing to route, and a poll costs a tenth less.
    return Listener(answer, partial(_malformed, world))


async def go_on(request: web.BaseRequest) -> None:
    """Ask a client that waits with its body (``Expect: 100-continue``) to send it."""
    if request.headers["Expect"].lower() == "100-continue":
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        request.writer.output_size = 0  # the answer itself has not begun


def _malformed(world: World, head: bytes, status: int, why: str) -> web.Response:
    """What bytes that are no request are told, by whom they were meant for if that can be seen."""
    start, named = _START.match(head.lstrip(b"\r\n")), _NAMED_HOST.search(head)
    method, target = ("", "/") if start is None else (start[1].decode(), start[2].decode("latin-1"))
    first = target[1:].partition("/")[0]
    label = "" if named is None else named[1].decode("latin-1").partition(".")[0]
    exchange = world.engine.journal.begin(method, target, ())
    exchange.notes = (why,)
    name = next((name for name in (label, first) if name in NAMES), world.config.dialect)
    if name is None or first in PARTS:
        body = {"error": {"code": "malformed_request", "message": why, "field": None}}
        response = web.json_response(body, status=status)
    else:
        exchange.dialect, dialect = name, world.dialects[name]
        now = world.engine.clocks.seen()
        reply = dialect.refuse(Problem(Kind.UNREADABLE, detail=why), Call(method, target, now=now))
        response = response_of(reply)
    response.headers["Date"] = date(world.engine.clocks.seen() // 1000)
    journal.answered(exchange, response.status, response.headers, response.body)
    world.engine.journal.end(exchange, world.engine.clocks.seen)
    logs.malformed(target, response.status, why)
    return response


async def _recorded(world: World, request: web.BaseRequest, aim: Aim) -> web.StreamResponse:
    """Answer a request and keep the exchange in the journal."""
    engine, kept = world.engine, world.engine.journal
    exchange = kept.begin(request.method, aim.target, request.raw_headers)
    journal.enter(exchange)
    try:
        if aim.dialect:
            dialect = world.dialects[aim.place]
            response = await speak(request, world, dialect, aim)
        else:
            response = await _elsewhere(request, world, aim)
        # Streams have none. (To ask for the class takes longer: these classes are abstract ones.)
        body = getattr(response, "body", None)
        journal.answered(exchange, response.status, response.headers, body)
        transport = request.transport
        if not exchange.ended_here and (transport is None or transport.is_closing()):
            exchange.lost = exchange.lost or "the client had closed the connection"
        return response
    except Broken as broken:  # of what is of no dialect
        response = web.json_response({"error": str(broken)}, status=503)
        journal.answered(exchange, response.status, response.headers, response.body)
        return response
    except BaseException as error:
        exchange.lost = exchange.lost or f"the answer broke off: {type(error).__name__}"
        raise
    finally:
        kept.end(exchange, engine.clocks.seen)
        if kept.lasting:
            await kept.written()


async def _elsewhere(request: web.BaseRequest, world: World, aim: Aim) -> web.StreamResponse:
    """What is of no dialect, or of the one that is served at the root."""
    place, path = aim.place, aim.path
    if place == "tos" and path.startswith(links.LIBRARY):
        from simulator.http.library import serve_asset

        return await serve_asset(request, world.engine)
    if place == "tos":
        from simulator.http.storage import serve_link  # the first link comes after the first task

        return await serve_link(
            request, world.engine, world.studio, world.plane.faults, world.plane.tell
        )
    if place == "files":
        from simulator.http.storage import serve_file

        return await serve_file(request, world.engine)
    if place == "passed" and world.files is not None:
        from simulator.upstream.streaming import serve_passed  # only where there is an upstream

        return await serve_passed(request, world.files)
    if place == "called" and world.files is not None and world.files.relay is not None:
        return await world.files.relay.serve(request, path)
    if path == "/" and request.method in ("GET", "HEAD"):
        return _index(request, world)
    if path == "*" and request.method == "OPTIONS":  # of the server as a whole
        return web.Response(
            status=204, headers={**OPEN.preflight, "Allow": "GET, POST, PUT, DELETE, OPTIONS"}
        )
    if path[:1] != "/":
        text = "the target must be a path, such as /ark/api/v3, or an http:// URL; this is no proxy"
        return web.json_response({"error": text}, status=400)
    if world.root is None or place == NOWHERE:
        return _lost(request, world, path)
    return await speak(request, world, world.root, aim)


def _index(request: web.BaseRequest, world: World) -> web.Response:
    from simulator.console import index

    here = index.root_of(base(request, world.config), world.dialects)
    found = index.overview(world.dialects.values(), here, world.config)
    headers = {**OPEN.answer, "Vary": "Accept"}
    if not index.wants_page(request.headers.get("Accept", "")):
        return web.json_response(found, headers=headers)
    headers["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'"
    return web.Response(text=index.page(found), content_type="text/html", headers=headers)


def _lost(request: web.BaseRequest, world: World, path: str) -> web.Response:
    """What is said where no dialect is: whose call it was is noted, for its verdict."""
    exchange = journal.current()
    with suppress(Refusal):
        exchange.account = Call(request.method, path, headers=request.headers).token()
    meant = [name for name, dialect in world.dialects.items() if dialect.serves(path)]
    hint = f"; that is a path of {' and '.join(f'/{name}' for name in meant)}" if meant else ""
    exchange.astray = f"{request.method} {path[:200]} is of no dialect{hint}"
    bases = {name: f"/{name}{dialect.base_path}" for name, dialect in world.dialects.items()}
    body = {"error": f"nothing is served at {request.path}", "dialects": bases}
    return web.json_response(body, status=404)
