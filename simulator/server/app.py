"""The aiohttp shell: it mounts every dialect, reads calls and writes replies."""

import logging
import re
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from aiohttp import hdrs, web

from simulator import control
from simulator.callbacks import Deliverer
from simulator.clips.lazy import LateStudio
from simulator.core.config import Config
from simulator.core.problems import Kind, Problem, Refusal, refuse
from simulator.dialects import NAMES, CallingBack, Dialects
from simulator.engine import Engine
from simulator.engine.answers import Answers
from simulator.engine.call import Call, Clip
from simulator.engine.cross_origin import OPEN
from simulator.engine.dialect import Dialect
from simulator.faults.active import Strike
from simulator.faults.registry import Registry
from simulator.faults.terms import OnAcceptance
from simulator.http import logs, reading
from simulator.http.arrival import NOWHERE, PARTS, Aim, aim_of, arrived, base
from simulator.http.pipeline import answer
from simulator.http.protocol import NAME, Listener
from simulator.http.responses import bring_file, carry, response_of
from simulator.http.writing import date, write
from simulator.store import journal
from simulator.store.opening import opened

log = logging.getLogger("seedance")
_START = re.compile(rb"([A-Z]{1,20}) (?:https?://[^/ ]*)?(/[^ ?#]*)[^ ]* HTTP/1", re.DOTALL)
_NAMED_HOST = re.compile(rb"\r\nhost: *([^\r\n]{1,300})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class World:
    """What the handlers of one server share."""

    config: Config
    engine: Engine
    studio: LateStudio
    dialects: Dialects
    root: Dialect | None
    plane: control.Plane
    answers: Answers

    async def begin(self) -> None:
        """Go on with what a lasting store has from before: its clock, and whom to call back."""
        await self.engine.begin()
        if self.engine.store.lasting:
            await self.plane.deliverer.restore()

    def end_feeds(self) -> None:
        for feed in self.plane.feeds:
            feed.close()

    async def close(self) -> None:
        if self.engine.fetch is not None:
            await self.engine.fetch.close()
        await self.plane.deliverer.close()
        await self.plane.samples.close()
        await self.studio.close()
        self.engine.store.close()


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


def create_world(config: Config) -> World:
    """Everything that ``handle`` needs to answer requests."""
    dialects = Dialects(observed=config.fidelity == "observed")
    root = None if config.dialect is None else dialects[config.dialect]
    engine = Engine(config, opened(config.store))
    callbacks = CallingBack(dialects)
    faults = Registry(engine, dialects, config.defect)
    deliverer = Deliverer(engine, callbacks, faults)
    engine.settle_by(OnAcceptance(faults))
    engine.on_change += [deliverer.changed, logs.changed]
    if config.references == "fetch":
        from simulator.http.fetching import Fetcher

        engine.fetch = Fetcher(config.allow_host)
    plane = control.Plane(engine, deliverer, dialects, control.Samples(config.ffmpeg), faults)
    return World(config, engine, _studio(config), dialects, root, plane, Answers())


def _studio(config: Config) -> LateStudio:
    folder = None if config.cache_dir is None else Path(config.cache_dir)
    return LateStudio(ffmpeg=config.ffmpeg, cache_dir=folder, mode=config.clips)


async def handle(world: World, request: web.BaseRequest) -> web.StreamResponse:
    """Answer any request."""
    request = arrived(request, world.config)
    aim = aim_of(request.host, request.raw_path)
    if aim.place == "_sim":
        response = await control.serve(request, world.plane)
    else:
        response = await _recorded(world, request, aim)
    if not response.prepared:
        response.headers.setdefault("Date", date(world.engine.clocks.seen() // 1000))
        response.headers.setdefault("Server", NAME)
    if response.status >= 400:
        logs.refused(request, response)
    else:
        logs.answered(request, response)
    return response


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
            response = await _speak(request, world, dialect, aim)
        else:
            response = await _elsewhere(request, world, aim)
        # Streams have none. (To ask for the class takes longer: these classes are abstract ones.)
        body = getattr(response, "body", None)
        journal.answered(exchange, response.status, response.headers, body)
        transport = request.transport
        if not exchange.ended_here and (transport is None or transport.is_closing()):
            exchange.lost = exchange.lost or "the client had closed the connection"
        return response
    except BaseException as error:
        exchange.lost = exchange.lost or f"the answer broke off: {type(error).__name__}"
        raise
    finally:
        kept.end(exchange, engine.clocks.seen)


async def _elsewhere(request: web.BaseRequest, world: World, aim: Aim) -> web.StreamResponse:
    """What is of no dialect, or of the one that is served at the root."""
    place, path = aim.place, aim.path
    if place == "tos":
        from simulator.http.storage import serve_link  # the first link comes after the first task

        return await serve_link(
            request, world.engine, world.studio, world.plane.faults, world.plane.tell
        )
    if place == "files":
        from simulator.http.storage import serve_file

        return await serve_file(request, world.engine)
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
    return await _speak(request, world, world.root, aim)


def _index(request: web.BaseRequest, world: World) -> web.Response:
    from simulator.console import index

    here = base(request, world.config)
    for name in world.dialects:
        here = here.replace(f"://{name}.", "://", 1)
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


async def _speak(
    request: web.BaseRequest, world: World, dialect: Dialect, aim: Aim
) -> web.StreamResponse:
    across = dialect.cross_origin
    if across.asked(request.method, request.headers):
        return web.Response(status=204, headers=across.preflight)
    here = base(request, world.config)
    call = Call(request.method, aim.path, aim.query, request.headers, here, _reader(request))
    faults = world.plane.faults
    found = await answer(dialect, call, world.engine, faults, world.answers)
    reply = found.reply
    if isinstance(reply, Clip):
        return await _clip(request, world, dialect, call, reply, found.strike)
    response = write(request, reply, plain=found.plain, across=across)
    if reply.delivery is None:
        return response
    return await carry(request, response, reply.delivery, world.plane.tell)


async def _clip(
    request: web.BaseRequest,
    world: World,
    dialect: Dialect,
    call: Call,
    clip: Clip,
    strike: Strike | None,
) -> web.StreamResponse:
    """The bytes of a clip that a dialect serves itself, to a caller with a key."""
    from simulator.http.storage import Denied, content_type, ranged, render

    try:
        rendered = await render(clip.task, clip.rendition, world.engine, world.studio, strike)
    except Denied as denied:
        problem = Problem(Kind.RENDER, detail=denied.detail)
        return write(request, dialect.refuse(problem, call), False, dialect.cross_origin)
    await world.engine.note_fetched(clip.task)
    headers = {**clip.headers}
    if hdrs.ORIGIN in request.headers:
        headers |= dialect.cross_origin.answer
    data, etag = rendered.data, rendered.etag
    kind = content_type(clip.rendition, clip.task)
    response = ranged(request, data, etag, kind, headers, stream=strike is None, whole=clip.whole)
    if strike is None or not isinstance(response, web.Response):
        return response
    return await bring_file(request, response, strike, world.plane.tell)


def _reader(request: web.BaseRequest) -> Callable[[int], Awaitable[bytes]]:
    """Reads the body up to a limit; what exceeds it is refused without being read."""

    async def read(limit: int) -> bytes:
        exchange = journal.current()
        exchange.body_size = request.content_length or 0
        try:
            raw = await reading.read(request, limit)
        except reading.TooLarge:
            detail = "the body is too large"
            raise refuse(Kind.TOO_LARGE, detail=detail, limit=limit) from None
        except reading.Unreadable as error:
            detail = "the body cannot be decoded"
            raise refuse(
                Kind.UNREADABLE, detail=detail, aspect="encoding", got=str(error)
            ) from None
        exchange.body, exchange.body_size = raw, len(raw)
        return raw

    return read
