"""Clips behind signed links: who may fetch one, and the bytes that were asked for."""

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from email.utils import formatdate
from urllib.parse import unquote, urlsplit

from aiohttp import web

from simulator.clips.lazy import LateStudio
from simulator.clips.process import StudioError
from simulator.clips.spec import Clip as Rendered
from simulator.clips.spec import ClipSpec, Picture
from simulator.core import links
from simulator.core.media import Facts, Rendition
from simulator.core.task import Phase, Reference, Task
from simulator.engine import Engine, uploads
from simulator.engine.call import Call, Reply
from simulator.faults import middleware
from simulator.faults.active import Strike
from simulator.faults.registry import Registry
from simulator.http.arrival import base
from simulator.http.responses import Tell, bring_file, early_file
from simulator.media.link import label
from simulator.media.pieces import PORTION, Pieces, Streamed
from simulator.media.reading import Unreadable
from simulator.store import journal

_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")

# What the object store says to a link that does not hold: status, Code, Message, EC. The two
# documented ECs are those of volcengine's pages 6349/1188927 and 6349/1188928, and 0003-00000015
# was captured; the others are this simulator's own choice, in the same form.
ERRORS: Mapping[str, tuple[int, str, str, str]] = {
    "authorization": (
        400,
        "InvalidArgument",
        "Only one auth mechanism allowed: a signed link needs no Authorization header.",
        "0002-00000001",
    ),
    "algorithm": (403, "AccessDenied", "X-Tos-Algorithm is not valid.", "0002-00000030"),
    "expires": (403, "AccessDenied", "X-Tos-Expires is not valid.", "0002-00000031"),
    "parameters": (403, "AccessDenied", "Access Denied", "0003-00000015"),
    "signature": (
        403,
        "SignatureDoesNotMatch",
        "The request signature we calculated does not match the signature you provided.",
        "0003-00000012",
    ),
    "old": (403, "AccessDenied", "Request has expired.", "0003-00000013"),
    "gone": (404, "NoSuchKey", "The specified key does not exist.", "0017-00000003"),
    "render": (500, "InternalError", "", "0000-00000001"),
}
ERRORS = {**ERRORS, "method": ERRORS["signature"]}


@dataclass(frozen=True, slots=True)
class Denied(Exception):
    """A download that the store refuses, by a name in ``ERRORS``."""

    name: str
    detail: str = ""


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


async def render(
    task: Task,
    rendition: Rendition,
    engine: Engine,
    studio: LateStudio,
    strike: Strike | None = None,
) -> Rendered:
    """The bytes of a file that a task has made."""
    spec = await spec_of(task, engine)
    if strike is not None:
        spec = strike.remake(spec)
    try:
        made = await studio.rendition(spec, rendition)
    except StudioError as error:
        raise Denied("render", str(error)) from None
    return made if strike is None else replace(made, data=strike.spoil(made.data))


async def spec_of(task: Task, engine: Engine) -> ClipSpec:
    """What to render for a task, with the pictures whose bytes are known."""
    order = task.order
    by_role = {reference.role: reference for reference in order.references}
    return ClipSpec(
        task=task.id,
        dialect=task.dialect,
        model=order.model,
        mode=order.mode,
        prompt=order.prompt,
        resolution=order.resolution,
        ratio=order.ratio,
        width=order.width,
        height=order.height,
        frames=order.frames,
        seed=order.seed,
        digest=task.digest,
        sound=order.sound,
        watermark=order.watermark,
        camera_fixed=order.camera_fixed,
        draft=order.draft,
        tier=order.tier,
        container=order.container,
        first=await _bytes(by_role.get("first_frame"), engine),
        last=await _bytes(by_role.get("last_frame"), engine),
        references=tuple(
            [
                Picture(reference.kind, reference.name, await _bytes(reference, engine))
                for reference in order.references
                if reference.role not in ("first_frame", "last_frame")
            ]
        ),
    )


async def _bytes(reference: Reference | None, engine: Engine) -> bytes | None:
    if reference is None or reference.kind != "image":
        return None
    if reference.digest:
        return await engine.store.blob(reference.digest)
    if reference.facts is None or reference.facts.format in ("heic", "heif"):
        return None
    return await asyncio.to_thread(_sample, replace(reference.facts, size=0), label(reference.name))


def _sample(facts: Facts, written: str) -> bytes | None:
    """The picture behind a link to one of the simulator's own samples."""
    from simulator.media.samples import render as draw  # pillow is not needed before

    try:
        return draw(facts, "", written)
    except Unreadable:
        return None


def content_type(rendition: Rendition, task: Task) -> str:
    """The media type of a file of a task."""
    mov = rendition is Rendition.CLIP and task.order.container == "mov"
    return "video/quicktime" if mov else rendition.value


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


def ranged(
    request: web.BaseRequest,
    data: bytes | Pieces,
    etag: str,
    kind: str,
    headers: Mapping[str, str],
    *,
    stream: bool = True,
    whole: bool = False,
) -> web.StreamResponse:
    """The whole of the bytes, or the one range that the request asks for.

    What is long is streamed, unless somebody still has to change the bytes of the answer. Who gives
    ``whole`` files only passes the headers on that speak of parts.
    """
    headers = {**headers, "ETag": f'"{etag}"', "Accept-Ranges": "bytes"}
    known = request.headers.get("If-None-Match", "").replace(" ", "").split(",")
    if f'"{etag}"' in known and not whole:
        return web.Response(status=304, headers=headers)
    asked = None if whole else request.headers.get("Range")
    size, status = len(data), 200
    if asked is None or request.headers.get("If-Range", f'"{etag}"') != f'"{etag}"':
        span = None
    else:
        span = _span(asked, size)
    first, last = (0, size - 1) if span is None else span
    if first > last and size:
        return web.Response(status=416, headers={**headers, "Content-Range": f"bytes */{size}"})
    if span is not None:
        status, headers["Content-Range"] = 206, f"bytes {first}-{last}/{size}"
    if isinstance(data, bytes) and (size <= PORTION or not stream):
        return web.Response(
            status=status, body=data[first : last + 1], content_type=kind, headers=headers
        )
    source = Pieces.of(data) if isinstance(data, bytes) else data
    return Streamed(status, headers, kind, source, first, last + 1)


def _span(asked: str, size: int) -> tuple[int, int] | None:
    """First and last byte of a range; last before first if it cannot be had, None if it is odd."""
    found = _RANGE.fullmatch(asked.strip())
    if found is None or found.group(0) == "bytes=-":
        return None
    first, last = found.groups()
    if not first:
        length = min(int(last), size)
        return (size - length, size - 1) if length else (1, 0)
    if last and int(last) < int(first):
        return None
    return (
        (int(first), min(int(last), size - 1) if last else size - 1)
        if int(first) < size
        else (1, 0)
    )


def identified(token: str) -> dict[str, str]:
    """The headers of every file: whose server it is, and the id of the request."""
    return {"server": "TosServer", "x-tos-request-id": token, "x-tos-id-2": token[::-1]}


def denial(denied: Denied, request: web.BaseRequest, token: str) -> web.Response:
    """What the store says to a download that it refuses."""
    status, code, message, ec = ERRORS[denied.name]
    body = {
        "Code": code,
        "RequestId": token,
        "HostId": token[::-1],
        "Message": denied.detail or message,
        "EC": ec,
    }
    headers = {"server": "TosServer", "x-tos-request-id": token, "x-tos-ec": ec}
    if request.method == "HEAD":
        return web.Response(status=status, headers=headers)
    return web.json_response(body, status=status, headers=headers)
