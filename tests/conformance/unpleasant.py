"""A gateway before the simulator that keeps every rule, and is unpleasant in all that is free."""

import asyncio
import io
import json
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from random import Random
from typing import Any

from aiohttp import ClientSession, DummyCookieJar, web
from yarl import URL

from conformance.catalogue import orders
from conformance.catalogue.wire import Dialect
from tests.serving import listening

# Where the documents say no more of an id than how it begins, and no callback repeats it.
RESHAPED = ("nbility", "uniall")
HOPS = {
    "connection", "content-encoding", "content-length", "date", "host", "keep-alive", "server",
    "transfer-encoding",
}  # fmt: skip


def more_keys(value: Any, chance: Random) -> Any:
    """The same JSON with keys that nobody has documented, the same ones for the same seed."""
    if isinstance(value, dict):
        more = {f"x_{chance.randrange(1000)}": chance.choice([None, 7, "x", {"y": [1]}])}
        return {key: more_keys(item, chance) for key, item in value.items()} | more
    return [more_keys(item, chance) for item in value] if isinstance(value, list) else value


def reordered(value: Any, chance: Random) -> Any:
    """The same JSON with its keys in another order."""
    if isinstance(value, dict):
        keys = list(value)
        chance.shuffle(keys)
        return {key: reordered(value[key], chance) for key in keys}
    return [reordered(item, chance) for item in value] if isinstance(value, list) else value


def replaced(value: Any, names: Mapping[str, str]) -> Any:
    """The same JSON with whole strings replaced."""
    if isinstance(value, dict):
        return {key: replaced(item, names) for key, item in value.items()}
    if isinstance(value, list):
        return [replaced(item, names) for item in value]
    return names.get(value, value) if isinstance(value, str) else value


def other_id(id: str, dialect: Dialect, chance: Random) -> str:
    """An id that begins as the documents say, and goes on in another form where they leave it."""
    head = re.search(dialect.id["pattern"], id)
    if dialect.name not in RESHAPED or head is None:
        return id
    return head[0] + "".join(chance.choices("ABCDEFGHJKLMNPQRSTUVWXYZ0123456789_-", k=40))


class Gateway:
    """One gateway; everything that it does comes from its seed."""

    def __init__(self, upstream: str, seed: int, dialect: Dialect) -> None:
        self._upstream, self._seed = upstream, seed
        self._places: tuple[str, ...] = dialect.id["create"]
        self._dialect, self._chance = dialect, Random(seed)
        self._reshaping = dialect.name in RESHAPED
        self._shown: dict[str, str] = {}
        self._meant: dict[str, str] = {}

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Pass a call on, and its answer back in another form."""
        async with self._sent(request) as reply:
            raw = await reply.read()
            headers = [(n, v) for n, v in reply.headers.items() if n.lower() not in HOPS]
        control = request.path.startswith("/_sim/")
        if not control:
            raw = self._told(request.method, raw)
            await asyncio.sleep(self._chance.random() / 500)
        answer = web.Response(body=raw, status=reply.status)
        answer.headers.popall("Content-Type", None)
        for name, value in headers:
            answer.headers.add(name if control else self._cased(name), value)
        if not control:
            self._carried(request, answer)
        return answer

    def _sent(self, request: web.Request) -> Any:
        path = "/".join(self._meant.get(part, part) for part in request.raw_path.split("/"))
        # A body goes on as it came, coded or not; an answer is read decoded.
        left = HOPS - {"content-encoding"} | {"accept-encoding"}
        headers = [(n, v) for n, v in request.headers.items() if n.lower() not in left]
        return _Call(request, URL(self._upstream + path, encoded=True), headers, self._meant)

    def _told(self, method: str, raw: bytes) -> bytes:
        try:
            value = json.loads(raw)
        except ValueError:
            return raw
        if self._reshaping and method == "POST":
            self._learn(value)
        value = replaced(value, self._shown)
        value = more_keys(value, Random(self._seed))
        return json.dumps(reordered(value, self._chance), ensure_ascii=False).encode()

    def _learn(self, value: Any) -> None:
        id = orders.first_at(value, self._places)
        if isinstance(id, str) and id not in self._shown:
            other = other_id(id, self._dialect, self._chance)
            self._shown[id], self._meant[other] = other, id

    def _cased(self, name: str) -> str:
        return self._chance.choice([name.lower(), name.upper(), name.title()])

    def _carried(self, request: web.Request, answer: web.Response) -> None:
        if "gzip" in request.headers.get("Accept-Encoding", ""):
            answer.enable_compression(web.ContentCoding.gzip)
        elif self._chance.random() < 0.5 and answer.body:
            answer.enable_chunked_encoding()
        if self._chance.random() < 0.3:
            answer.force_close()


class _Call:
    """One call to the server behind, for as long as its answer is read."""

    def __init__(
        self,
        request: web.Request,
        url: URL,
        headers: list[tuple[str, str]],
        meant: Mapping[str, str],
    ) -> None:
        self._request, self._url, self._headers, self._meant = request, url, headers, meant

    async def __aenter__(self) -> Any:
        raw = await self._request.read()
        for shown, id in self._meant.items():
            raw = raw.replace(shown.encode(), id.encode())
        client: ClientSession = self._request.app[CLIENT]
        self._reply = await client.request(
            self._request.method,
            self._url,
            data=io.BytesIO(raw) if raw else None,
            headers=[*self._headers, ("Accept-Encoding", "identity")],
            skip_auto_headers=("Content-Type", "User-Agent"),
            allow_redirects=False,
        )
        return self._reply

    async def __aexit__(self, *_: object) -> None:
        self._reply.release()


CLIENT = web.AppKey("client", ClientSession)


@asynccontextmanager
async def before(upstream: str, seed: int, dialect: Dialect) -> AsyncIterator[str]:
    """The gateway's address; the server behind keeps its own for files."""
    gateway = Gateway(upstream, seed, dialect)
    app = web.Application(client_max_size=2**28)
    app.router.add_route("*", "/{path:.*}", gateway.handle)
    async with ClientSession(cookie_jar=DummyCookieJar()) as client:
        app[CLIENT] = client
        async with listening(app, 0.1, access_log=None, auto_decompress=False) as base:
            yield base
