"""Clips behind signed links: who may fetch one, and the bytes that were asked for."""

from email.utils import formatdate
from urllib.parse import unquote, urlsplit

from aiohttp import web

from simulator.clips.lazy import LateStudio
from simulator.core import links
from simulator.core.media import Rendition
from simulator.core.task import Phase, Task
from simulator.engine import Engine, uploads
from simulator.engine.call import Call, Reply
from simulator.faults import middleware
from simulator.faults.active import Strike
from simulator.faults.registry import Registry
from simulator.http.arrival import base
from simulator.http.denials import Denied, denial, identified
from simulator.http.ranges import ranged
from simulator.http.rendering import content_type, render
from simulator.http.responses import Tell, bring_file, early_file
from simulator.store import journal


async def serve_link(
    request: web.BaseRequest, engine: Engine, studio: LateStudio, faults: Registry, tell: Tell
) -> web.StreamResponse:
    """Answer a request for ``/tos/…`` as the upstream's object store would."""
    token = f"{engine.serial():032x}"
    try:
        strike = await _struck(request, engine, faults)
        task, rendition = await _admitted(request, engine)
        early = None if strike is None else await _early(request, engine, strike)
        if early is not None:
            return await early_file(request, early, tell)
        rendered = await render(task, rendition, engine, studio, strike)
    except Denied as denied:
        return denial(denied, request, token)
    await engine.note_fetched(task)
    at = task.made()
    headers = {"Last-Modified": formatdate(at / 1000, usegmt=True), **identified(token)}
    if engine.observed:
        headers |= links.expiration(at)
    data, etag, kind = rendered.data, rendered.etag, content_type(rendition, task)
    response = ranged(request, data, etag, kind, headers, stream=strike is None)
    if strike is None or not isinstance(response, web.Response):
        return response
    return await bring_file(request, response, strike, tell)


async def _struck(request: web.BaseRequest, engine: Engine, faults: Registry) -> Strike | None:
    """The faults that a download meets, unless its link does not hold anyway."""
    path = request.raw_path.partition("?")[0]
    task = await engine.task(unquote(path).rpartition("/")[2].rpartition(".")[0])
    if task is None or not await faults.near(task.account):
        return None
    now = await engine.clocks.now(task.account)
    call = Call(request.method, path, headers=request.headers, now=now)
    if "Authorization" not in request.headers:
        await _admitted(request, engine)
    strike = await middleware.of_link(faults, task, call)
    word = strike.deny()
    if word is not None:
        await strike.close()
        raise Denied(word)
    return strike


async def _early(request: web.BaseRequest, engine: Engine, strike: Strike) -> Reply | None:
    """What a fault answers in the place of the file."""
    place = strike.redirect()
    reply = strike.instead() if place is None else _elsewhere(request, engine, place)
    if reply is not None:
        await strike.close()
    return reply


def _elsewhere(request: web.BaseRequest, engine: Engine, place: str) -> Reply:
    """Another link to the same file, which holds as long as the one that was presented."""
    link, here = presented(request, engine), base(request, engine.config)
    life = (link.expires - link.minted) // 1000
    name = unquote(request.raw_path.partition("?")[0]).rpartition("/")[2]
    location = links.sign(engine.secret, here, place + name, link.minted, life)
    return Reply(302, b"", {"Location": location})


async def serve_file(request: web.BaseRequest, engine: Engine) -> web.StreamResponse:
    """Answer a request for ``/files/…``, where uploaded files are."""
    if request.method not in ("GET", "HEAD"):
        return web.json_response({"error": "only GET"}, status=405, headers={"Allow": "GET, HEAD"})
    file = await uploads.find(engine, request.raw_path.partition("?")[0])
    if file is None or await uploads.expired(engine, file):
        return web.json_response({"error": "the file does not exist or has expired"}, status=404)
    data = await engine.store.blob(file.digest)
    if data is None and file.source:
        return web.Response(status=302, headers={"Location": file.source})
    if data is None:
        return web.json_response({"error": "there was no room to keep the file"}, status=404)
    headers = {"X-Content-Type-Options": "nosniff"}
    return ranged(request, data, file.digest, file.content_type, headers)


async def _admitted(request: web.BaseRequest, engine: Engine) -> tuple[Task, Rendition]:
    """The task whose file the link gives, and which of its files that is."""
    path = request.raw_path.partition("?")[0]
    name, _, suffix = unquote(path).rpartition("/")[2].rpartition(".")
    task = await engine.task(name)
    await _note(task, engine)
    link = presented(request, engine)
    if task is None:
        raise Denied("gone")
    now = await engine.clocks.now(task.account)
    if now >= link.expires:
        raise Denied("old")
    if not task.kept(now) or task.phase(now) is not Phase.SUCCEEDED:
        raise Denied("gone")
    return task, Rendition.LAST_FRAME if suffix == "png" else Rendition.CLIP


def presented(request: web.BaseRequest, engine: Engine) -> links.Link:
    """The link that is presented, once its signature is verified; it may be too old by now."""
    path, _, query = request.raw_path.partition("?")
    hosts, signed = _hosts(request, engine), "Authorization" in request.headers
    try:
        return links.verify(engine.secret, request.method, hosts, path, query, signed)
    except links.BadLink as bad:
        raise Denied(bad.fault) from None


def _hosts(request: web.BaseRequest, engine: Engine) -> tuple[str, ...]:
    """The hosts for which a link that leads here may be signed."""
    public = engine.config.public_url
    return (request.host,) if public is None else (request.host, urlsplit(public).netloc)


async def _note(task: Task | None, engine: Engine) -> None:
    """Whose download this is, also when it is refused."""
    exchange = journal.current()
    exchange.kind = "download"
    if task is not None:
        exchange.dialect, exchange.account, exchange.task = task.dialect, task.account, task.id
        exchange.at = await engine.clocks.now(task.account)
