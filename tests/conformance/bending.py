"""A gateway before the simulator that breaks one sentence, and that at one value only."""

import json
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from aiohttp import ClientSession, web
from multidict import CIMultiDict
from yarl import URL

from tests.conformance.meeting import judged, recorded, serving
from tests.serving import listening

HOPS = ("connection", "content-encoding", "content-length", "host", "transfer-encoding")


@dataclass(frozen=True)
class Call:
    """What a client asked: `order` is the text of its body, `of` the order of the task it names.

    Bytes of files that are no text stand in it as surrogates, so that a form can be bent too.
    """

    method: str
    path: str
    key: str
    order: str = ""
    of: str = ""
    owner: str = ""

    @property
    def foreign(self) -> bool:
        """Whether it names a task that another key ordered."""
        return bool(self.owner) and self.owner != self.key


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


def put(value: Any, place: str, item: Any) -> Any:
    """The JSON with another item at a place; `...` takes the place away."""
    head, _, rest = place.lstrip("/").partition("/")
    if not isinstance(value, dict):
        return value
    if rest:
        return {**value, head: put(value[head], rest, item)}
    others = {key: kept for key, kept in value.items() if key != head}
    return others if item is ... else {**others, head: item}


Ask = Callable[[Call], str]
Tell = Callable[[Call, Answer], Answer]


@dataclass(frozen=True)
class Bend:
    """A defect with the row whose sentence it breaks.

    `ask` changes orders, `way` addresses, `tell` answers; `lent`: everybody's tasks are anybody's.
    """

    name: str
    row: str
    ask: Ask = lambda call: call.order
    tell: Tell = lambda call, answer: answer
    way: Callable[[str], str] = lambda path: path
    lent: bool = False
    level: str = "fail"

    def __str__(self) -> str:
        return f"{self.row} {self.name}"

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
    orders: dict[str, Call] = field(default_factory=dict)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """One call."""
        raw = await request.read()
        usual = not request.path.startswith("/_sim/")
        call = Call(request.method, request.path_qs, request.headers.get("Authorization", ""))
        if usual and (text := raw.decode(errors="surrogateescape")):
            call = replace(call, order=text, of=text)
            raw = self.bend.ask(call).encode(errors="surrogateescape")
        if known := self._known(request.path):
            call = replace(call, of=known.order, owner=known.key)
        answer = await self._passed(request, raw, call)
        if usual:
            self._learn(call, answer)
            answer = self.bend.tell(call, answer)
        return web.Response(status=answer.status, headers=answer.headers, body=answer.body)

    async def _passed(self, request: web.Request, raw: bytes, call: Call) -> Answer:
        url = URL(self.upstream + self.bend.way(request.raw_path), encoded=True)
        headers = CIMultiDict((n, v) for n, v in request.headers.items() if n.lower() not in HOPS)
        if self.bend.lent and call.foreign:
            headers["Authorization"] = call.owner
        async with self.client.request(
            request.method, url, data=raw, headers=headers, allow_redirects=False
        ) as reply:
            kept = [(n, v) for n, v in reply.headers.items() if n.lower() not in HOPS]
            return Answer(reply.status, CIMultiDict(kept), await reply.read())

    def _learn(self, call: Call, answer: Answer) -> None:
        for id in re.findall(rb'"(?:task_)?id":"([^"]+)"', answer.body) if call.order else ():
            self.orders[id.decode()] = call

    def _known(self, path: str) -> Call | None:
        return next((self.orders[part] for part in path.split("/") if part in self.orders), None)


@asynccontextmanager
async def before(upstream: str, bend: Bend) -> AsyncIterator[str]:
    """The gateway on a free port."""
    async with ClientSession(auto_decompress=True) as client:
        app = web.Application(client_max_size=2**28)
        app.router.add_route("*", "/{path:.*}", Gateway(upstream, client, bend).handle)
        async with listening(app, 0.1, access_log=None) as base:
            yield base


async def told(bend: Bend, folder: Path) -> str:
    """What the suite says of the row before a bent gateway."""
    async with serving() as base, before(base, bend) as gateway:
        found = judged(await recorded(gateway, bend.dialect, (bend.row,), folder), (bend.row,))
    return found[bend.row].result
