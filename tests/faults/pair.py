"""Two servers with the same seed, of which one has a fault: what is told apart is the fault's."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import ClientTimeout

from simulator.dialects import ALL, faithful
from simulator.engine.dialect import Dialect
from simulator.faults.catalogue import CATALOGUE
from tests.driving import KEY
from tests.ordering import encoded, saying
from tests.serving import Server, serve

DIALECTS = {dialect.name: dialect for dialect in ALL}
# What the default pace does. Gateways that ask their upstream only now and then do so at once at
# the pace of an instant, so that the course is the same in every dialect.
WALK = "[[sim: queue=1s run=3s]]"
# The order of each dialect, for a small clip without sound where there is the choice.
ORDERS: dict[str, dict[str, Any]] = {one.name: saying(one, f"A lantern {WALK}") for one in ALL}
NO_HEADERS: dict[str, str] = {}


def fitting(name: str) -> list[str]:
    """The dialects that a fault makes sense for."""
    return [d.name for d in ALL if CATALOGUE[name].lacks(d) is None]


@dataclass(frozen=True)
class Answer:
    """What came back: ``body`` is None where it is no JSON."""

    status: int
    headers: dict[str, str]
    raw: bytes
    body: Any


@dataclass
class Side:
    """One of the servers, and the task that was made there."""

    server: Server
    dialect: Dialect
    key: str = KEY
    task: str = ""

    async def send(
        self,
        method: str,
        path: str,
        *,
        data: Any = None,
        headers: dict[str, str] = NO_HEADERS,
        limit: float = 10,
    ) -> Answer:
        url = path if path.startswith("http") else f"{self.server.base}/{self.dialect.name}{path}"
        given = {} if path.startswith("http") else {"Authorization": f"Bearer {self.key}"}
        async with self.server.anonymous.request(
            method,
            url,
            data=data,
            headers={**given, **headers},
            timeout=ClientTimeout(total=limit),
            allow_redirects=False,
        ) as answer:
            raw = await answer.read()
            try:
                body = json.loads(raw)
            except ValueError:
                body = None
            return Answer(answer.status, dict(answer.headers), raw, body)

    async def create(
        self, fields: Mapping[str, Any] | None = None, *, limit: float = 10, **also: Any
    ) -> Answer:
        order = {**ORDERS[self.dialect.name], **(fields or {}), **also}
        raw, kind = encoded(self.dialect, order)
        route = self.dialect.route("create")
        headers = {"Content-Type": kind}
        answer = await self.send(route.method, route.path, data=raw, headers=headers, limit=limit)
        tasks = await self.sim("GET", f"/tasks?key={self.key}")
        if tasks["items"]:
            shown = self.dialect.reader.created_id(answer.body)
            self.task = shown or tasks["items"][-1]["id"]
        return answer

    async def query(self, task: str | None = None, **also: Any) -> Answer:
        return await self.call("query", task, **also)

    async def call(self, kind: str, task: str | None = None, **also: Any) -> Answer:
        route = self.dialect.route(kind)
        return await self.send(route.method, route.target(id=task or self.task), **also)

    async def advance(self, span: str) -> Any:
        return await self.server.advance(span, self.key)

    async def sim(self, method: str, path: str, body: Any = None) -> Any:
        url = f"{self.server.base}/_sim{path}"
        async with self.server.anonymous.request(method, url, json=body) as answer:
            assert answer.status == 200, await answer.text()
            return await answer.json()

    async def plan(self, **plan: Any) -> None:
        await self.sim("POST", "/plans", {"plan": plan, "match": {"key": self.key}, "times": None})

    async def fault(self, fault: Any, **order: Any) -> str:
        match = {"key": self.key, **order.pop("match", {})}
        made = await self.sim("POST", "/faults", {"fault": fault, "match": match, **order})
        return str(made["id"])

    async def fired(self) -> int:
        return sum(item["fired"] for item in (await self.sim("GET", "/faults"))["items"])

    async def ledger(self) -> list[tuple[str, int, int]]:
        found = (await self.sim("GET", f"/ledger?key={self.key}"))["items"]
        return [(item["kind"], item["amount"], item["at_ms"]) for item in found]


@dataclass
class Pair:
    """The same world twice; ``both`` does the same in the two."""

    plain: Side
    faulty: Side
    seen: list[tuple[Answer, Answer]] = field(default_factory=list)

    @property
    def dialect(self) -> Dialect:
        return self.plain.dialect

    async def both(self, doing: str, *given: Any, **also: Any) -> tuple[Any, Any]:
        sides = (self.plain, self.faulty)
        first, second = [await getattr(side, doing)(*given, **also) for side in sides]
        return first, second

    async def polls(self, *spans: str) -> list[set[str]]:
        """Query both after each span, and say where the answers differ."""
        found = []
        for span in spans:
            await self.both("advance", span)
            self.seen.append(await self.both("query"))
            found.append(differences(*self.seen[-1]))
        return found


@asynccontextmanager
async def pair(
    dialect: str, name: Any = None, *, order: dict[str, Any] | None = None, **settings: Any
) -> AsyncIterator[Pair]:
    """A server without and a server with a fault."""
    settings.setdefault("seed", 7)
    settings.setdefault("pace", "instant")
    spoken = faithful(dialect, settings.get("fidelity") == "observed")
    async with AsyncExitStack() as stack:
        plain, faulty = [
            Side(await stack.enter_async_context(serve(**settings)), spoken) for _ in range(2)
        ]
        made = Pair(plain, faulty)
        if name is not None:
            await made.faulty.fault(name, **(order or {}))
        yield made


LIVE_HEADERS = ("Content-Length", "Content-Type", "Content-Encoding", "Retry-After", "Server")


def differences(one: Answer, other: Answer) -> set[str]:
    """The places in which two answers differ: pointers, headers, status."""
    found = set() if one.status == other.status else {"status"}
    found |= {name for name in LIVE_HEADERS[1:] if one.headers.get(name) != other.headers.get(name)}
    bases = ("http://127.0.0.1:",)
    return found | _differ(_neutral(one.body, bases), _neutral(other.body, bases), "")


def _neutral(body: Any, bases: tuple[str, ...]) -> Any:
    """The body without the port of its server, and what is signed for it."""
    if isinstance(body, dict):
        return {name: _neutral(value, bases) for name, value in body.items()}
    if isinstance(body, list):
        return [_neutral(value, bases) for value in body]
    if isinstance(body, str) and "X-Tos-Signature=" in body:
        head, _, tail = body.partition("X-Tos-Signature=")
        return head.partition("/tos/")[2] + tail[64:] + ("" if "://" in head else "(relative)")
    return body


def _differ(one: Any, other: Any, place: str) -> set[str]:
    if isinstance(one, dict) and isinstance(other, dict):
        return {
            found
            for name in {*one, *other}
            for found in (
                _differ(one[name], other[name], f"{place}/{name}")
                if name in one and name in other
                else {f"{place}/{name}"}
            )
        }
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        pairs = enumerate(zip(one, other, strict=True))
        return {found for at, two in pairs for found in _differ(*two, f"{place}/{at}")}
    if type(one) is type(other) and one == other:
        return set()
    return {place or "body"}


async def read(side: Side, request: bytes, until: float = 5) -> bytes:
    """Everything that comes over one connection until it is closed, or silent for a moment."""
    host, port = side.server.base.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(request)
    got = bytearray()
    try:
        while chunk := await asyncio.wait_for(reader.read(65536), until):
            got += chunk
    except (TimeoutError, ConnectionResetError):
        pass
    writer.close()
    return bytes(got)
