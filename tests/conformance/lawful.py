"""Servers that keep every sentence of their documents, and are odd where these leave it open.

Each oddity is one thing that a real gateway does: links that lead on to a store of files, errors
in Chinese, answers always coded, HTTP/1.0, a poll that fails once, a callback told twice. They are
bent on the way to the simulator and back, so that all of them can be met at once:

    python -m tests.conformance.lawful DIALECT [ODDITY …]

runs the suite against them and prints what it says otherwise than of the simulator itself.
"""

import argparse
import asyncio
import io
import json
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import ClientSession, DummyCookieJar, HttpVersion10, web
from multidict import CIMultiDict
from yarl import URL

from conformance.catalogue import documents, orders
from conformance.catalogue.rows import thaw
from conformance.judge.verdicts import Result
from tests.conformance.bending import Answer, put
from tests.conformance.meeting import judged, noticed, recorded, serving
from tests.serving import listening

HOPS = ("connection", "content-encoding", "content-length", "host", "transfer-encoding")
CHINESE = "请求参数有误,请检查后重试。"
Value = Callable[[documents.Catalogue, Any], Any]


def as_floats(catalogue: documents.Catalogue, value: Any) -> Any:
    """Whole numbers with a point, as some encoders of JSON write them."""
    if isinstance(value, dict):
        return {key: as_floats(catalogue, item) for key, item in value.items()}
    if isinstance(value, list):
        return [as_floats(catalogue, item) for item in value]
    return float(value) if type(value) is int and abs(value) < 2**53 else value


def in_chinese(catalogue: documents.Catalogue, value: Any) -> Any:
    """A refusal whose words are Chinese; its code is as it was."""
    for place in catalogue.dialect.refusals.message:
        if isinstance(orders.at(value, place)[1], str):
            return put(value, place, CHINESE)
    return value


def bare(catalogue: documents.Catalogue, value: Any) -> Any:
    """An answer without all that no row speaks of."""
    return _kept(value, "", named(catalogue))


def nulled(catalogue: documents.Catalogue, value: Any) -> Any:
    """An answer with null for all that no row speaks of."""
    return _kept(value, "", named(catalogue), null=True)


def _kept(value: Any, place: str, known: frozenset[str], null: bool = False) -> Any:
    if isinstance(value, list):
        return [_kept(item, f"{place}/0", known, null) for item in value]
    if not isinstance(value, dict):
        return value
    kept = {}
    for key, item in value.items():
        if key in known:
            kept[key] = _kept(item, f"{place}/{key}", known, null)
        elif null:
            kept[key] = None
    return kept


def named(catalogue: documents.Catalogue) -> frozenset[str]:
    """The keys that stand in any place that a row or the head of a dialect names."""
    parts = [thaw(row.expect) for row in catalogue.testable]
    dialect = catalogue.dialect
    heads = [dialect.answer, dialect.id, dialect.refusals.code, dialect.refusals.message]
    told = dialect.credits and [dialect.credits.left, dialect.credits.used]
    texts = _texts([*parts, *map(thaw, heads), dialect.list.items, told])
    return frozenset(key for text in texts if "/" in text for key in text.split("/"))


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield str(key)
            yield from _texts(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, str):
        yield value


VALUES: Mapping[str, Value] = {
    "floats": as_floats,
    "chinese": in_chinese,
    "bare": bare,
    "nulls": nulled,
}
ODDITIES = (*VALUES, "redirects", "coded", "http10", "one-502", "told-twice", "retry-after")


@dataclass
class Gateway:
    """One server with its oddities; of its `tasks`, those that are `failed` had a poll that did."""

    upstream: str
    catalogue: documents.Catalogue
    oddities: frozenset[str]
    client: ClientSession
    base: str = ""
    tasks: set[str] = field(default_factory=set)
    failed: set[str] = field(default_factory=set)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Pass a call on, and its answer back."""
        if request.path.startswith("/_sim/"):
            return await self._passed(request)
        if "http10" in self.oddities:
            request._version = HttpVersion10
        if request.path == "/_store":
            return web.Response(status=302, headers={"Location": request.query["to"]})
        if request.path == "/_call":
            return await self._called(request)
        if "one-502" in self.oddities and self._fails(request):
            return web.Response(status=502, text="<html>502 Bad Gateway</html>")
        return self._odd(await self._passed(request))

    def _fails(self, request: web.Request) -> bool:
        """Whether it is the first poll of a task, of every third."""
        task = request.path.rpartition("/")[2]
        if request.method != "GET" or task not in self.tasks - self.failed:
            return False
        self.failed.add(task)
        return len(self.failed) % 3 == 1

    async def _passed(self, request: web.Request) -> web.Response:
        raw, sim = await request.read(), request.path.startswith("/_sim/")
        if "told-twice" in self.oddities and not sim:
            raw = self._through(raw)
        # A body goes on as it came, coded or not; an answer is read decoded.
        left = {*HOPS} - {"content-encoding"}
        headers = CIMultiDict((n, v) for n, v in request.headers.items() if n.lower() not in left)
        url = URL(self.upstream + request.raw_path, encoded=True)
        async with self.client.request(
            request.method,
            url,
            data=io.BytesIO(raw) if raw else None,
            headers=headers,
            skip_auto_headers=("Content-Type", "User-Agent"),
            allow_redirects=False,
        ) as reply:
            kept = [(n, v) for n, v in reply.headers.items() if n.lower() not in HOPS]
            body = await reply.read()
            return web.Response(status=reply.status, headers=CIMultiDict(kept), body=body)

    def _through(self, raw: bytes) -> bytes:
        """An order whose callbacks come here first."""
        field = self.catalogue.dialect.request.first("callback")
        try:
            order = json.loads(raw)
            address = orders.value_of(order, field) if field else None
        except (ValueError, AttributeError, TypeError, RecursionError):
            return raw
        if not isinstance(address, str) or not address.startswith("http://127.0.0.1"):
            return raw
        here = str(URL(f"{self.base}/_call").with_query(to=address))
        return json.dumps(orders.put(order, field, here)).encode()

    async def _called(self, request: web.Request) -> web.Response:
        """Hand a callback on, and once more where it was taken."""
        raw, url = await request.read(), request.query["to"]
        headers = CIMultiDict((n, v) for n, v in request.headers.items() if n.lower() not in HOPS)
        if "redirects" in self.oddities:
            raw = json.dumps(self._linked(json.loads(raw))).encode()
        for _ in range(2):
            async with self.client.post(url, data=raw, headers=headers) as reply:
                status = reply.status
            if status >= 300:
                break
        return web.Response(status=status)

    def _odd(self, answer: web.Response) -> web.Response:
        found = Answer(answer.status, answer.headers, bytes(answer.body or b""))  # type: ignore[arg-type]
        if isinstance(value := found.json, dict):
            self.tasks.add(str(orders.first_at(value, self.catalogue.dialect.id["create"])))
            for name, change in VALUES.items():
                refused = answer.status >= 400
                if name in self.oddities and (name != "chinese" or refused):
                    value = change(self.catalogue, value)
            if "redirects" in self.oddities:
                value = self._linked(value)
            answer.body = json.dumps(value, ensure_ascii=False).encode()
        if "retry-after" in self.oddities:
            answer.headers["Retry-After"] = "3"
        if "coded" in self.oddities and answer.body:
            answer.enable_compression(web.ContentCoding.gzip)
        return answer

    def _linked(self, value: Any) -> Any:
        """Links to files that lead on to the store where the files are."""
        if isinstance(value, dict):
            return {key: self._linked(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self._linked(item) for item in value]
        files = isinstance(value, str) and value.startswith(self.upstream) and ".mp4" in value
        return str(URL(f"{self.base}/_store").with_query(to=value)) if files else value


@asynccontextmanager
async def before(
    upstream: str, catalogue: documents.Catalogue, oddities: Iterable[str]
) -> AsyncIterator[str]:
    """The gateway on a free port."""
    async with ClientSession(cookie_jar=DummyCookieJar()) as client:
        gateway = Gateway(upstream, catalogue, frozenset(oddities), client)
        app = web.Application(client_max_size=2**28)
        app.router.add_route("*", "/{path:.*}", gateway.handle)
        async with listening(app, 0.1, access_log=None, auto_decompress=False) as base:
            gateway.base = base
            yield base


async def met(
    name: str, oddities: Iterable[str], folder: Path, select: Iterable[str] = ()
) -> Mapping[str, Result]:
    """What the suite says otherwise of a server with these oddities than of the one behind it."""
    async with serving() as base:
        usual = judged(await recorded(base, name, select, folder))
        async with before(base, documents.catalogue(name), oddities) as gateway:
            found = judged(await recorded(gateway, name, select, folder))
    return {id: found[id] for id in noticed(usual, found)} | {
        id: each
        for id, each in found.items()
        if each.result in ("not-run", "error") and usual[id].result not in ("not-run", "error")
    }


def main() -> int:
    """Run one dialect against the oddities that are named, or all of them at once."""
    parser = argparse.ArgumentParser(prog="python -m tests.conformance.lawful", description=__doc__)
    parser.add_argument("dialect", choices=documents.dialects())
    parser.add_argument("--select", action="append", default=[], metavar="ROW")
    parser.add_argument("oddities", nargs="*", metavar="ODDITY", help=", ".join(ODDITIES))
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        oddities = given.oddities or ODDITIES
        found = asyncio.run(met(given.dialect, oddities, Path(folder), given.select))
    for each in found.values():
        sys.stdout.write(
            f"{each.result:8} {each.row.level:8} {each.row.id}: {each.message[:200]}\n"
        )
    return any(each.result == "fail" for each in found.values())


if __name__ == "__main__":
    sys.exit(main())
