"""What the control plane has for people: the console, clips to look at, and OpenAPI documents."""

import re
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import msgspec
from aiohttp import web

from simulator.console import files, index
from simulator.control import PREFIX
from simulator.control.calls import Wrong
from simulator.core.media import Rendition
from simulator.core.task import Phase
from simulator.http.arrival import base
from simulator.server.world import World

# The field for a key offers so many.
MOST_KEYS = 1000

_encode = msgspec.json.Encoder(decimal_format="number").encode
_DIALECT = re.compile(r"/openapi/(\w+)\.json")
_FILE = re.compile(r"/tasks/([^/]+)/(clip|last-frame)")
_FILES = {"clip": Rendition.CLIP, "last-frame": Rendition.LAST_FRAME}


async def answer(request: web.BaseRequest, world: World, path: str) -> web.StreamResponse | None:
    """The page, document or clip at a path of ``/_sim``; None where it is none of them."""
    made = _made(request, world, path)
    if made is None:
        return None
    if request.method not in ("GET", "HEAD"):
        text = f"{path} answers GET, HEAD, not {request.method}"
        raise Wrong("method_not_allowed", text, None, 405, {"Allow": "GET, HEAD"})
    return await made()


def _made(
    request: web.BaseRequest, world: World, path: str
) -> Callable[[], Awaitable[web.StreamResponse]] | None:
    """How what is at a path comes to be."""
    here = index.root_of(base(request, world.config), world.dialects)
    if path == "":
        return _moved
    if path == "/" or path.startswith("/console/"):
        return partial(_shell, path.removeprefix("/console/") if path != "/" else files.PAGE)
    if path == "/overview.json":
        return partial(_overview, world, here)
    if path == "/keys.json":
        return partial(_keys, world)
    if path == "/reference.json":
        return partial(_reference, world)
    if path == "/openapi.json":
        return partial(_control, here)
    if (named := _DIALECT.fullmatch(path)) is not None:
        return partial(_dialect, world, named[1], here)
    if (file := _FILE.fullmatch(path)) is not None:
        return partial(_file, request, world, *file.groups())
    return None


async def _moved() -> web.Response:
    return web.Response(status=308, headers={"Location": f"{PREFIX[1:]}/"})


async def _shell(name: str) -> web.Response:
    text = files.texts().get(name)
    if text is None:
        raise Wrong("not_found", f"the console has no {name[:100]}", None, 404)
    kind = files.content_type(name)
    return web.Response(text=text, content_type=kind, charset="utf-8", headers=files.HEADERS)


async def _overview(world: World, here: str) -> web.Response:
    return _json(index.overview(world.dialects.values(), here, world.config))


async def _keys(world: World) -> web.Response:
    """The keys that orders or calls came with, the first of them where they are very many."""
    engine = world.engine
    await engine.journal.catch_up()
    seen = sorted({*await engine.store.accounts(), *engine.journal.accounts()} - {""})
    return _json({"keys": seen[:MOST_KEYS], "total": len(seen)})


async def _reference(world: World) -> web.Response:
    from simulator.client.fixture import Seedance
    from simulator.console.reference import reference

    return _json(await reference(world.plane, world.dialects.values(), Seedance))


async def _control(here: str) -> web.Response:
    from simulator.openapi import plane

    return _json(await plane.document(here))


async def _dialect(world: World, name: str, here: str) -> web.Response:
    from simulator.openapi import dialect

    if name not in world.dialects:
        names = ", ".join(world.dialects)
        raise Wrong("not_found", f"there is no dialect {name}, but {names}", "dialect", 404)
    observed = world.engine.observed
    return _json(await dialect.document(world.dialects[name], here, observed))


async def _file(
    request: web.BaseRequest, world: World, name: str, wanted: str
) -> web.StreamResponse:
    """A file that a task has made, for somebody who looks on: nobody has fetched it by that."""
    from simulator.http.denials import Denied
    from simulator.http.ranges import ranged
    from simulator.http.rendering import content_type, render

    task = await world.engine.task(name)
    if task is None:
        raise Wrong("not_found", f"there is no task {name}", "id", 404)
    phase = task.phase(await world.engine.clocks.now(task.account))
    if phase is not Phase.SUCCEEDED:
        raise Wrong("not_found", f"the task is {phase}: it has no clip", "id", 404)
    rendition = _FILES[wanted]
    try:
        made = await render(task, rendition, world.engine, world.studio)
    except Denied as denied:
        raise Wrong("no_clip", denied.detail, None, 500) from None
    headers = {"Cache-Control": "private, max-age=3600"}
    return ranged(request, made.data, made.etag, content_type(rendition, task), headers)


def _json(body: Any) -> web.Response:
    return web.Response(body=_encode(body), content_type="application/json")
