"""What a dialect answers, as it does: its calls are made in a world of their own, and kept.

Nothing here is an account of anybody: the engine is made for this, its clock stands still, and its
seed is fixed, so that the same code always gives the same examples.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import msgspec
from multidict import CIMultiDict

from simulator.core.config import Config
from simulator.core.plan import Match, Wish
from simulator.core.problems import Kind, Problem, Refusal
from simulator.core.rules import OfType
from simulator.core.samples import Sample, filled
from simulator.engine import Engine
from simulator.engine.call import Call, Clip, Reply, Stream
from simulator.engine.dialect import Dialect, Route
from simulator.http.pipeline import answer
from simulator.openapi.sent import FORM, JSON, choices, encoded, least, named
from simulator.store import journal

KEY = "sk-example"
START = 1_790_000_000_000  # 2026-09-21T13:33:20Z
_LINKS = {"image": "image.png", "video": "video.mp4", "audio": "audio.mp3"}

_OF_CALLER = (
    Kind.NO_KEY,
    Kind.BAD_KEY,
    Kind.UNKNOWN_KEY,
    Kind.EXPIRED_KEY,
    Kind.BANNED,
    Kind.RENDER,
)
_OF_BYTES = (Kind.TOO_LARGE, Kind.CONTENT_TYPE, Kind.UNREADABLE, Kind.NOT_OBJECT)
_OF_FIELDS = (
    Kind.MISSING,
    Kind.TYPE,
    Kind.CHOICE,
    Kind.RANGE,
    Kind.COUNT,
    Kind.MODEL,
    Kind.UNSUPPORTED,
    Kind.CONFLICT,
    Kind.NEEDS,
    Kind.NO_GROUP,
)
_OF_ORDERS = (
    Kind.ADDRESS,
    Kind.MEDIA,
    Kind.FACE,
    Kind.ASSET,
    Kind.BROKE,
    Kind.LIMITED,
    Kind.QUEUE_FULL,
    Kind.KEY_REUSED,
    Kind.IN_FLIGHT,
)
_OF_TASKS = (Kind.UNKNOWN_TASK, Kind.UNKNOWN_FILE, Kind.STATE)


@dataclass
class Answers:
    """What was seen of one route: bodies by status and type, and what requests it reads.

    ``lenient`` are fields whose reader passes over what is of the wrong type, ahead of the rules.
    """

    bodies: dict[tuple[int, str], dict[str, Any]] = field(default_factory=dict)
    reads: tuple[str, ...] = ()
    lenient: tuple[str, ...] = ()

    def add(self, name: str, reply: Reply | Clip) -> None:
        """Keep an answer under the name of what it shows."""
        if isinstance(reply, Clip):
            self.bodies.setdefault((200, str(reply.rendition)), {})
            return
        raw = reply.data()
        kind = reply.content_type.partition(";")[0] if raw is not None else ""
        known = self.bodies.setdefault((reply.status, kind), {})
        if raw is not None and kind == JSON:
            known.setdefault(name, msgspec.json.decode(raw))


async def seen(dialect: Dialect, observed: bool = False) -> dict[tuple[str, str], Answers]:
    """The answers of every route of a dialect."""
    return await Client(dialect, observed).collected()


def orders(dialect: Dialect, base: str) -> dict[str, Mapping[str, Any]]:
    """The example orders by name, as JSON: with links to samples, or names of files to send."""

    def put(sample: Sample) -> Any:
        if sample.form == "file":
            return _LINKS[sample.kind]
        return f"{base}/_sim/media/{_LINKS[sample.kind]}"

    found: dict[str, Mapping[str, Any]] = {"example": dialect.example}
    return found | {name: filled(order, put) for name, order in dialect.examples.items()}


class Client:
    """Somebody who makes every call of a dialect, and keeps what it is told."""

    def __init__(self, dialect: Dialect, observed: bool) -> None:
        fidelity = "observed" if observed else "documented"
        config = Config(seed=1, start=START, freeze=True, fidelity=fidelity)  # type: ignore[arg-type]
        self.dialect, self.engine = dialect, Engine(config)
        self.found = {_of(route): Answers() for route in dialect.routes}

    async def collected(self) -> dict[tuple[str, str], Answers]:
        for route in self.dialect.routes:
            self.found[_of(route)].reads = await self._reads(route)
            self.found[_of(route)].lenient = await self._lenient(route)
            self._refusals(route)
        await self._life("succeeded", Wish())
        code = next(iter(self.dialect.failures), None)
        await self._life("failed", Wish(end="failed", code=code))
        for end in ("expired", "cancelled"):
            await self._life(end, Wish(end=end))
        await self._life("at once", Wish(queue=0, run=0))
        for route in (route for route in self.dialect.routes if route.kind == "create"):
            order = {**self.dialect.example, "model": "no-such-model"}
            await self._create("unknown model", route, order)
        for route in self.dialect.routes:
            if route.kind == "other":
                await self._send("asked", route, KEY, body=least(route))
                self._suppose(route)
            if "{" not in route.place:
                await self._send("nothing yet", route, "sk-other")
        return self.found

    async def _reads(self, route: Route) -> tuple[str, ...]:
        """The content types that a route's reader takes."""
        if route.read is None:
            return ()
        found = []
        for kind in (JSON, FORM):
            try:
                await route.read(self._call(route, "", *encoded(kind, self.dialect.example)))
            except Refusal as refusal:
                if refusal.problem.kind is Kind.CONTENT_TYPE:
                    continue
            found.append(kind)
        return tuple(found)

    async def _lenient(self, route: Route) -> tuple[str, ...]:
        if route.read is None or JSON not in self.found[_of(route)].reads:
            return ()
        found, odd = [], [None]
        for row in route.rules:
            if isinstance(row, OfType) and row.types == ("object",) and "." not in row.field:
                order = {**self.dialect.example, row.field: odd}
                body = await route.read(self._call(route, "", *encoded(JSON, order)))
                if body.get(row.field) != odd:
                    found.append(row.field)
        return tuple(found)

    def _refusals(self, route: Route) -> None:
        """What is said of every problem that the call can meet."""
        kinds = [*_OF_CALLER]
        if route.read is not None:
            kinds += [*_OF_BYTES, *_OF_FIELDS, *_OF_ORDERS]
        if route.asks:
            kinds += _OF_FIELDS
        if "{" in route.path or route.asks or route.kind == "other":
            kinds += [*_OF_TASKS, Kind.MISSING]
        call = self._call(route, "an-id", b"", JSON)
        for kind in kinds:
            place = named(self.dialect, route) if kind in _OF_FIELDS else ""
            problem = Problem(kind, place, str(kind), limit="", got="")
            with suppress(TypeError, ValueError, KeyError, IndexError):  # needs what it is of
                self.found[_of(route)].add(str(kind), self.dialect.refuse(problem, call))

    async def _life(self, end: str, wish: Wish) -> None:
        """An order and its task from beginning to end, with all calls that are about it."""
        for create in (route for route in self.dialect.routes if route.kind == "create"):
            await self.engine.plans.add(Match(), wish, 1)
            made = await self._create("at once" if end == "at once" else "accepted", create)
            task = self._made(made)
            if task is None:
                continue
            await self._look("queued", task)
            await self._advance(1500)
            await self._look("running", task)
            await self._advance(600_000)
            await self._look(end, task)
            if end in ("succeeded", "failed"):
                await self._delete(task)
        if end == "succeeded":
            await self._cancel()

    async def _cancel(self) -> None:
        """Every way to delete, each of an order that waits."""
        creates = [route for route in self.dialect.routes if route.kind == "create"]
        for route in (route for route in self.dialect.routes if route.kind == "delete"):
            waiting = self._made(await self._create("accepted", creates[0]))
            await self._send("deleted", route, KEY, waiting or "")

    def _suppose(self, route: Route) -> None:
        """Where no example could succeed, that a good call is answered with an object."""
        known = self.found[_of(route)].bodies
        if not any(status < 400 for status, _ in known) and route.read is not None:
            known[200, JSON] = {}

    def _made(self, reply: Reply | Clip) -> str | None:
        if isinstance(reply, Clip) or reply.status >= 300:
            return None
        data = reply.data()
        return self.dialect.reader.created_id(msgspec.json.decode(data or b"{}")) or None

    async def _create(
        self, name: str, route: Route, order: Mapping[str, Any] | None = None
    ) -> Reply | Clip:
        kinds = self.found[_of(route)].reads
        reply: Reply | Clip = Reply(500)
        for kind in kinds[:1]:
            raw, content_type = encoded(kind, order or self.dialect.example)
            reply = await self._send(name, route, KEY, body=raw, content_type=content_type)
        return reply

    async def _look(self, name: str, task: str) -> None:
        for route in self.dialect.routes:
            if route.kind in ("query", "list", "download") or (
                route.kind == "other" and "{id}" in route.path and route.method == "GET"
            ):
                await self._send(name, route, KEY, task)
            if route.kind == "download":
                for query in choices(route):
                    await self._send(name, route, KEY, task, query=query)

    async def _delete(self, task: str) -> None:
        for route in self.dialect.routes:
            if route.kind == "delete":
                await self._send("deleted", route, KEY, task)

    async def _advance(self, ms: int) -> None:
        await self.engine.clocks.move(KEY, lambda clock, real: clock.advanced(ms, real))

    async def _send(
        self,
        name: str,
        route: Route,
        key: str,
        task: str = "an-id",
        body: bytes | None = None,
        content_type: str = JSON,
        query: str = "",
    ) -> Reply | Clip:
        if body is None:
            body = b"{}" if route.read is not None else b""
        call = self._call(route, task, body, content_type, key, query)
        kept = self.engine.journal
        exchange = kept.begin(call.method, f"/{self.dialect.name}{call.path}", ())
        journal.enter(exchange)
        reply = (await answer(self.dialect, call, self.engine)).reply
        assert not isinstance(reply, Stream), "nothing is passed on here"
        if isinstance(reply, Reply):
            journal.answered(exchange, reply.status, reply.headers, reply.data())
        kept.end(exchange, self.engine.clocks.seen)
        self.found[_of(route)].add(name, reply)
        return reply

    def _call(
        self,
        route: Route,
        task: str,
        raw: bytes,
        content_type: str,
        key: str = KEY,
        more: str = "",
    ) -> Call:
        names = {"id": task, "name": self._model, "model": self._model}
        path, _, query = route.target(**names).partition("?")

        async def read(limit: int) -> bytes:
            return raw

        headers = {"Authorization": f"Bearer {key}", "Content-Type": content_type}
        sent: CIMultiDict[str] = CIMultiDict(headers)
        return Call(route.method, path, query or more, sent, read=read)

    @property
    def _model(self) -> str:
        return str(self.dialect.example.get("model", ""))


def _of(route: Route) -> tuple[str, str]:
    return route.method, route.path
