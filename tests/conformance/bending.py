"""A gateway before the simulator that breaks one sentence, and that at one value only."""

import json
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from aiohttp import ClientSession, web
from multidict import CIMultiDict
from yarl import URL

from tests.serving import listening

HOPS = ("connection", "content-encoding", "content-length", "host", "transfer-encoding")


@dataclass(frozen=True)
class Call:
    """What a client asked: `order` is the text of its body, `of` the order of the task it names."""

    method: str
    path: str
    key: str
    order: str = ""
    of: str = ""


@dataclass(frozen=True)
class Answer:
    """What it is told."""

    status: int
    headers: CIMultiDict[str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body, where it is JSON."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None

    def saying(self, value: Any) -> "Answer":
        """The same answer with another body."""
        return replace(self, body=json.dumps(value).encode())


Ask = Callable[[Call], str]
Tell = Callable[[Call, Answer], Answer]


@dataclass(frozen=True)
class Bend:
    """A defect with the row whose sentence it breaks; `ask` changes orders, `tell` answers."""

    name: str
    row: str
    ask: Ask = lambda call: call.order
    tell: Tell = lambda call, answer: answer
    warns: bool = False

    @property
    def dialect(self) -> str:
        """The dialect that has it."""
        return self.row.partition(".")[0]


def swapped(pattern: str, other: str) -> Ask:
    """An order in which something stands for something else: taken or refused in its place."""
    return lambda call: re.sub(pattern, other, call.order)


@dataclass
class Gateway:
    """Passes calls on, bent."""

    upstream: str
    client: ClientSession
    bend: Bend
    orders: dict[str, str] = field(default_factory=dict)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """One call."""
        raw = await request.read()
        usual = not request.path.startswith("/_sim/")
        call = Call(request.method, request.path_qs, request.headers.get("Authorization", ""))
        if usual and (text := _text(raw)):
            call = replace(call, order=text, of=text)
            raw = self.bend.ask(call).encode()
        call = replace(call, of=call.of or self._known(request.path))
        answer = await self._passed(request, raw)
        if usual:
            self._learn(call, answer)
            answer = self.bend.tell(call, answer)
        return web.Response(status=answer.status, headers=answer.headers, body=answer.body)

    async def _passed(self, request: web.Request, raw: bytes) -> Answer:
        url = URL(self.upstream + request.raw_path, encoded=True)
        headers = [(n, v) for n, v in request.headers.items() if n.lower() not in HOPS]
        async with self.client.request(
            request.method, url, data=raw, headers=headers, allow_redirects=False
        ) as reply:
            kept = [(n, v) for n, v in reply.headers.items() if n.lower() not in HOPS]
            return Answer(reply.status, CIMultiDict(kept), await reply.read())

    def _learn(self, call: Call, answer: Answer) -> None:
        for id in re.findall(rb'"(?:task_)?id":"([^"]+)"', answer.body) if call.order else ():
            self.orders[id.decode()] = call.order

    def _known(self, path: str) -> str:
        return next((self.orders[part] for part in path.split("/") if part in self.orders), "")


def _text(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return ""


@asynccontextmanager
async def before(upstream: str, bend: Bend) -> AsyncIterator[str]:
    """The gateway on a free port."""
    async with ClientSession(auto_decompress=True) as client:
        app = web.Application(client_max_size=2**28)
        app.router.add_route("*", "/{path:.*}", Gateway(upstream, client, bend).handle)
        async with listening(app, 0.1, access_log=None) as base:
            yield base
