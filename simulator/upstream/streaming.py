"""Files of the upstream, passed on piece by piece: behind links, and behind calls with a key."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Protocol

from aiohttp import hdrs, web

from simulator.core.problems import Kind, Problem
from simulator.core.task import Task
from simulator.engine import Engine
from simulator.engine.call import BODY_LIMIT, Call
from simulator.engine.dialect import Dialect
from simulator.faults import middleware
from simulator.faults.active import Strike
from simulator.faults.registry import Registry
from simulator.http.arrival import base
from simulator.http.denials import Denied, denial
from simulator.http.logs import tell as log
from simulator.http.responses import Tell, bring_file
from simulator.http.writing import write
from simulator.store import journal
from simulator.upstream import passed
from simulator.upstream.passed import Passed
from simulator.upstream.passing import Silent

MOST_BYTES = 4 * 1024 * 1024 * 1024
# For one piece. A client that takes nothing for so long holds a connection to the store for nobody.
STALLED_S = 60.0
# What a store needs to know of a download; a key is for the endpoint alone.
_ASKED = ("Accept", "If-Match", "If-Modified-Since", "If-None-Match", "If-Range", "Range")


@dataclass(slots=True)
class File:
    """A file as it begins to come: its pieces are read once, by whoever opened it."""

    status: int
    headers: Mapping[str, str]
    pieces: AsyncIterator[bytes]
    length: int | None = None


class Store(Protocol):
    """Where files come from: the upstream's store, or the folder of a recording."""

    def file(
        self, link: Passed, method: str, headers: Mapping[str, str], call: Call | None
    ) -> AbstractAsyncContextManager[File]:
        """The file behind a link, or behind the call of a dialect; Silent where there is none."""
        ...

    async def close(self) -> None:
        """Close all connections."""
        ...


class Relay(Protocol):
    """What receives callbacks on the clients' behalf."""

    async def serve(self, request: web.BaseRequest, path: str) -> web.Response:
        """Take one."""
        ...

    async def close(self) -> None:
        """Close all connections."""
        ...


class Watch(Protocol):
    """Who keeps what a download was."""

    def __call__(
        self, link: Passed, request: web.BaseRequest, call: Call | None, file: File
    ) -> File: ...


@dataclass(slots=True)
class Files:
    """Everything that passing files on needs."""

    engine: Engine
    store: Store
    faults: Registry
    tell: Tell
    keep_links: bool = False
    watches: list[Watch] = field(default_factory=list)
    ends: list[Callable[[], None]] = field(default_factory=list)
    relay: Relay | None = None

    async def close(self) -> None:
        """Close the connections to the store, and to receivers of callbacks."""
        await self.store.close()
        if self.relay is not None:
            await self.relay.close()
        for end in self.ends:
            end()


async def serve_passed(request: web.BaseRequest, files: Files) -> web.StreamResponse:
    """Answer a request for ``/passed/…``, which stands for a link of the upstream's store."""
    engine, exchange = files.engine, journal.current()
    exchange.kind = "download"
    token = f"{engine.serial():032x}"
    link = passed.read(engine.secret, request.raw_path)
    if link is None:
        return denial(Denied("signature"), request, token)
    task = await engine.task(link.task)
    headers = {name: request.headers[name] for name in _ASKED if name in request.headers}
    if task is None:
        strike = None
    else:
        exchange.dialect, exchange.account, exchange.task = task.dialect, task.account, task.id
        exchange.at = now = await engine.clocks.now(task.account)
        path = request.raw_path.partition("?")[0]
        call = Call(request.method, path, headers=request.headers, now=now)
        strike = await middleware.of_link(files.faults, task, call) or None
    if strike is not None and (word := strike.deny()) is not None:
        await strike.close()
        return denial(Denied(word), request, token)
    try:
        return await _brought(request, files, link, headers, None, strike, task)
    except Silent as silent:
        log("the upstream gave no file", path=link.url.partition("?")[0], reason=str(silent))
        return denial(Denied("render", str(silent)), request, token)


async def serve_content(
    request: web.BaseRequest, files: Files, dialect: Dialect, call: Call, strike: Strike | None
) -> web.StreamResponse:
    """Answer a call of a dialect whose answer is a file."""
    task = await files.engine.task(journal.current().task)
    link = Passed("" if task is None else task.id, "")
    try:
        return await _brought(request, files, link, request.headers, call, strike, task)
    except Silent as silent:
        why = f"the upstream gave no file: {silent}"
        log("the upstream gave no file", path=call.path, reason=str(silent))
        reply = dialect.refuse(Problem(Kind.RENDER, detail=why), call)
        return write(request, reply, False, dialect.cross_origin)


async def _brought(
    request: web.BaseRequest,
    files: Files,
    link: Passed,
    headers: Mapping[str, str],
    call: Call | None,
    strike: Strike | None,
    task: Task | None,
) -> web.StreamResponse:
    async with files.store.file(link, request.method, headers, call) as file:
        for watch in files.watches:
            file = watch(link, request, call, file)
        if task is not None and file.status in (200, 206) and request.method == "GET":
            await files.engine.note_fetched(task)
        shown = _relinked(file.headers, request, files, link)
        if strike is None:
            return await _streamed(request, file, shown)
        data = strike.spoil(await _whole(file))
        response = web.Response(status=file.status, body=data, headers=shown)
        return await bring_file(request, response, strike, files.tell)


def _relinked(
    headers: Mapping[str, str], request: web.BaseRequest, files: Files, link: Passed
) -> dict[str, str]:
    """The headers of a file, of which a redirect leads through here as well."""
    shown = dict(headers)
    for name in shown:
        if name.lower() == "location" and not files.keep_links:
            here = base(request, files.engine.config)
            shown[name] = passed.written(files.engine.secret, here, Passed(link.task, shown[name]))
    if hdrs.ORIGIN in request.headers:
        shown.setdefault("Access-Control-Allow-Origin", "*")
    return shown


async def _streamed(
    request: web.BaseRequest, file: File, headers: Mapping[str, str]
) -> web.StreamResponse:
    """Write a file as it comes. One that breaks off does so for the client too."""
    response = web.StreamResponse(status=file.status, headers=headers)
    response.content_length = file.length
    exchange, size = journal.current(), 0
    await response.prepare(request)
    try:
        async for piece in file.pieces:
            size += len(piece)
            if size > MOST_BYTES:
                raise Silent(f"the file has more than {MOST_BYTES} bytes")
            async with asyncio.timeout(STALLED_S):
                await response.write(piece)
    except Silent as silent:
        log("the upstream's file broke off", task=exchange.task, bytes=size, reason=str(silent))
        exchange.lost = f"the upstream's file broke off: {silent}"
        _cut(request)
        return response
    except TimeoutError:  # of the client alone: the store's silence comes as Silent
        exchange.lost = f"the client took nothing for {STALLED_S:g} seconds"
        _cut(request)
        return response
    except ConnectionError:  # the client has gone, which shows by its connection
        return response
    finally:
        exchange.reply_size = size
    await response.write_eof()
    return response


def _cut(request: web.BaseRequest) -> None:
    """Drop the client's connection, so that it takes no part of a file for the whole."""
    if request.transport is not None:
        request.transport.abort()


async def _whole(file: File) -> bytes:
    data = bytearray()
    async for piece in file.pieces:
        data += piece
        if len(data) > BODY_LIMIT:
            raise Silent(f"a fault needs the whole file, which has more than {BODY_LIMIT} bytes")
    return bytes(data)
