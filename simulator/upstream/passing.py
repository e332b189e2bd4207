"""The handler of a dialect whose calls are passed on: what stands in the place of its routes.

Before a call goes out, an order is read as the dialect's documents have it: so it has a price, and
a budget can refuse it. After it came back, what it says of tasks is taken down, and the links in it
become this server's own. Faults stand in front of all that, as they do of a simulated handler.
"""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from dataclasses import replace as but
from typing import Any, Protocol

from msgspec.structs import replace

from simulator.core.acceptance import Submission
from simulator.core.commands import Learn
from simulator.core.plan import directive
from simulator.core.problems import Kind, Problem, refuse
from simulator.core.task import LIVE, Charge, Phase, Task
from simulator.engine import Engine
from simulator.engine.call import BODY_LIMIT, Reply, Stream
from simulator.engine.dialect import Dialect
from simulator.engine.resolved import ResolvedCall
from simulator.faults.active import Strike
from simulator.http.logs import tell
from simulator.store import Broken, journal
from simulator.upstream import passed, shadow
from simulator.upstream.budget import Budget, OverBudget

NOT_OURS = frozenset({Kind.NO_KEY, Kind.BAD_KEY, Kind.UNKNOWN_KEY})
# Answers to polls that are known again, and how long they may be.
MOST_KEPT = 4096
LONGEST_KEPT = 16 * 1024
_MOVED = (301, 302, 303, 307, 308)


class Silent(Exception):
    """There is no answer that can be passed on; the text says why, in a line."""


@dataclass(frozen=True, slots=True)
class Got:
    """An answer of the upstream, whole and decompressed."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Source(Protocol):
    """Where answers come from: a real endpoint, or a recording of one."""

    async def ask(self, resolved: ResolvedCall, body: bytes) -> Got:
        """The answer to a call; Silent where there is none."""
        ...


class Callers(Protocol):
    """Who is called back in the client's place."""

    async def readdressed(
        self, resolved: ResolvedCall, body: bytes, order: Submission | None
    ) -> tuple[bytes, str]:
        """An order that has somebody else called, and the token of that; empty where none is.

        ``order`` is what it comes to, where that is known.
        """
        ...

    async def settled(self, token: str) -> None:
        """The order was not taken: nobody waits to be told of it."""
        ...

    async def restored(self, raw: bytes) -> bytes:
        """An answer in which the client finds its own address again."""
        ...


Seen = Callable[[ResolvedCall, bytes, "Got | str", float], None]


@dataclass(slots=True)
class Passing:
    """One dialect of a server, whose calls are answered elsewhere.

    ``seen`` are told of each call and its answer, or why there is none. ``paying`` says that faults
    may spoil the answers to orders that cost real money. ``notes`` are what a task that was
    accepted keeps beside its order.
    """

    dialect: Dialect
    source: Source
    budget: Budget
    keep_links: bool = False
    paying: bool = False
    callers: Callers | None = None
    notes: Callable[[], Mapping[str, str]] = dict
    seen: list[Seen] = field(default_factory=list)
    _polls: dict[tuple[str, str, str], tuple[bytes, Task | None, bytes]] = field(
        default_factory=dict
    )

    def forbids(self, resolved: ResolvedCall, strike: Strike) -> Reply | None:
        """The refusal of an order that would be paid for, and its answer spoiled by a fault."""
        if resolved.kind != "create" or self.paying:
            return None
        names = ", ".join(one.fault.name for one in strike.taken)
        why = f"{names}: the order would be paid for and its answer spoiled; --yes permits that"
        return self._refusal(resolved, "an order was not sent", why)

    def tells_of_now(self, resolved: ResolvedCall) -> bool:
        """Always: how a task was before, nobody can ask the upstream."""
        return True

    async def handle(self, resolved: ResolvedCall, engine: Engine) -> Reply | Stream | None:
        """The upstream's answer to a call; None where the simulator's own is the one."""
        route, problem = resolved.route, resolved.problem
        if route is None or (problem is not None and problem.kind not in NOT_OURS):
            return None  # of no call of the dialect is known what it would cost
        if resolved.kind == "download":
            return Stream()
        call, body = resolved.call, b""
        if "Content-Length" in call.headers or "Transfer-Encoding" in call.headers:
            body = await call.read(BODY_LIMIT)
            call = replace(call, read=again(body))
            resolved = replace(resolved, call=call)
        if route.kind != "create":
            return await self._passed(resolved, body, engine)
        order: Submission | str = "it has no key that can be read"
        if problem is None:
            order = await shadow.order_of(route, call, engine)
            charge = Charge.flat("", 0) if isinstance(order, str) else order.charge
            await engine.admit(call.account, charge, call.now)
        return await self._ordered(resolved, body, order, engine)

    async def _ordered(
        self, resolved: ResolvedCall, body: bytes, order: Submission | str, engine: Engine
    ) -> Reply:
        """The answer to an order, which is not sent where the budget has no room for it."""
        why, usd, now = "", None, resolved.call.now
        if isinstance(order, str):
            why = order
            journal.remark(f"the simulator would not take this order: {order}")
        else:
            if directive(order.order.prompt)[0] != order.order.prompt:
                journal.remark("the directive in the prompt is left to the upstream")
            usd = shadow.price(order, now, engine.config.prices, engine.observed)
        try:
            promised = self.budget.promise(usd, why)
        except OverBudget as over:
            tell("an order was not sent", reason=str(over))
            journal.remark(str(over))
            raise refuse(Kind.BROKE, detail=str(over), limit=self.budget.limit, got=usd) from None
        sent, token = body, ""
        if self.callers is not None:
            known = None if isinstance(order, str) else self._noted(order)
            sent, token = await self.callers.readdressed(resolved, body, known)
        reply = await self._passed(resolved, body, engine, sent)
        if 400 <= reply.status < 500:
            self.budget.take_back(promised)
        if token and reply.status >= 300:
            assert self.callers is not None
            await self.callers.settled(token)
        if reply.status >= 300 or isinstance(order, str):
            return reply
        task_id = self.dialect.reader.created_id(_json(reply.body))
        if not task_id:
            return reply
        name = self.dialect.reader.meant(task_id)
        journal.current().task = name
        try:
            made = await shadow.accepted(self._noted(order), name, engine, now)
            return replace(reply, task=made)
        except Broken as broken:  # it is paid for: its client has to be told of it
            tell("an order is not in the bill", task=name, reason=str(broken))
            return reply

    def _noted(self, order: Submission) -> Submission:
        """An order with what its task keeps beside it."""
        return replace(
            order, order=replace(order.order, extra={**order.order.extra, **self.notes()})
        )

    async def _passed(
        self, resolved: ResolvedCall, body: bytes, engine: Engine, sent: bytes | None = None
    ) -> Reply:
        """The answer to a call whose client said ``body``, and that goes out as ``sent``."""
        began, body = time.monotonic(), passed.restored(engine.secret, body)
        sent = body if sent is None else passed.restored(engine.secret, sent)
        try:
            got = await self.source.ask(resolved, sent)
        except Silent as silent:
            self._tell_seen(resolved, body, str(silent), began)
            return self._refusal(resolved, "the upstream gave no answer", str(silent))
        if self.callers is not None:
            own = await self.callers.restored(got.body)
            got = got if own is got.body else but(got, body=own)
        self._tell_seen(resolved, body, got, began)
        if got.status in _MOVED:
            why = f"it redirects to {got.headers.get('Location', 'nowhere')[:200]}"
            return self._refusal(resolved, "the upstream gave no answer", why)
        return await self._taken_in(resolved, got, engine)

    async def _taken_in(self, resolved: ResolvedCall, got: Got, engine: Engine) -> Reply:
        """The answer as the client gets it, after what it says was taken down."""
        headers = dict(got.headers)
        name = next((n for n in headers if n.lower() == "content-type"), "")
        kind = headers.pop(name, "") or "application/octet-stream"
        if resolved.kind != "query" or got.status >= 300:
            return Reply(got.status, await self._read(resolved, got, engine), headers, kind)
        return Reply(got.status, await self._polled(resolved, got, engine), headers, kind)

    async def _polled(self, resolved: ResolvedCall, got: Got, engine: Engine) -> bytes:
        """The body of an answer to a poll; one that was read before says nothing new of a task."""
        call = resolved.call
        name = self.dialect.reader.meant(call.args.get("id", ""))
        asked, task = (call.account.key, call.base, call.target), resolved.state.tasks.get(name)
        known = self._polls.get(asked)
        if known is not None and known[0] == got.body and known[1] is task:
            return known[2]
        told = await self._read(resolved, got, engine)
        if len(self._polls) >= MOST_KEPT:
            self._polls.clear()
        if len(told) <= LONGEST_KEPT:
            task = (await engine.state(call.account.key)).tasks.get(name)
            self._polls[asked] = got.body, task, told
        return told

    async def _read(self, resolved: ResolvedCall, got: Got, engine: Engine) -> bytes:
        """The body as the client gets it, after what it says was taken down."""
        call, raw, reader = resolved.call, got.body, self.dialect.reader
        value, account = _json(raw), call.account.key
        if account and got.status < 300:
            if resolved.kind in ("query", "list"):
                await shadow.learned(account, reader, value, engine, call.now)
            elif resolved.kind == "delete":
                await _deleted(account, reader.meant(call.args.get("id", "")), engine, call.now)
        if not self.keep_links:
            links = passed.told(reader, value)
            new = {one.url: passed.written(engine.secret, call.base, one) for one in links}
            raw = passed.exchanged(raw, new)
        return raw

    def _tell_seen(self, resolved: ResolvedCall, body: bytes, got: Got | str, began: float) -> None:
        for seen in self.seen:
            seen(resolved, body, got, round((time.monotonic() - began) * 1000, 1))

    def _refusal(self, resolved: ResolvedCall, event: str, why: str) -> Reply:
        tell(event, kind=resolved.kind, path=resolved.call.path, reason=why)
        journal.remark(f"{event}: {why}")
        return self.dialect.refuse(Problem(Kind.RENDER, detail=f"{event}: {why}"), resolved.call)


async def _deleted(account: str, name: str, engine: Engine, now: int) -> None:
    """A task was cancelled, if it was under way, or else its record deleted."""
    task = (await engine.state(account)).tasks.get(name)
    if task is None:
        return
    if task.phase(now) in LIVE:
        await engine.change(account, Learn(name, Phase.CANCELLED, now))
    elif task.removed is None:
        await engine.remove(task, now)


def _json(raw: Any) -> Any:
    """The value of a body; None where it is no JSON."""
    try:
        return json.loads(raw)
    except (ValueError, TypeError, RecursionError):
        return None


def again(body: bytes) -> Callable[[int], Any]:
    """Reads a body that has been read before."""

    async def read(limit: int) -> bytes:
        return body

    return read
