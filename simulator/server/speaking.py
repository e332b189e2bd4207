"""A request to a dialect: it becomes a ``Call``, goes through the pipeline and is written."""

from collections.abc import Awaitable, Callable

from aiohttp import hdrs, web

from simulator.core.problems import Kind, Problem, refuse
from simulator.engine.call import Call, Clip, Stream
from simulator.engine.dialect import Dialect
from simulator.faults.active import Strike
from simulator.http import reading
from simulator.http.arrival import Aim, base
from simulator.http.pipeline import answer
from simulator.http.responses import bring_file, carry
from simulator.http.writing import write
from simulator.server.world import World
from simulator.store import journal


async def speak(
    request: web.BaseRequest, world: World, dialect: Dialect, aim: Aim
) -> web.StreamResponse:
    """Let a dialect answer a request: made a call, through the pipeline, and written."""
    across = dialect.cross_origin
    if across.asked(request.method, request.headers):
        return web.Response(status=204, headers=across.preflight)
    here = base(request, world.config)
    call = Call(request.method, aim.path, aim.query, request.headers, here, _reader(request))
    faults = world.plane.faults
    passing = world.passing_of(dialect)
    found = await answer(dialect, call, world.engine, faults, world.answers, passing)
    reply = found.reply
    if isinstance(reply, Stream):
        from simulator.upstream.streaming import serve_content  # only where there is an upstream

        assert world.files is not None
        return await serve_content(request, world.files, dialect, call, found.strike)
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
    from simulator.http.denials import Denied
    from simulator.http.ranges import ranged
    from simulator.http.rendering import content_type, render

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
