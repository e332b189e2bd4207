"""The way of a call, from what its client sent to what it is told.

    resolve → before → key → body → rules → handler → after → write

There is one way in and one way out, and every step hands on a value:

- *Resolve* (``engine.resolved``) finds out once what a request is: the dialect, the route, whose
  call it is, what the time is for that account, and the account's state. Everything behind it
  reads this one value, ``ResolvedCall``; nobody looks at the path or the key again.
- *Before* (``faults.middleware``) are the faults that the call meets. They may answer in the place
  of the handler, say that another path was meant, let time lag behind, or have the call handled
  twice.
- *Key, body, rules*: a call that goes nowhere or is of nobody ends here; else its body is read and
  has to pass the rows of its dialect. What is wrong is a ``Problem``, raised as a ``Refusal`` from
  anywhere below and put into the dialect's words in one place, ``handled``.
- The *handler* is the dialect's own. What it changes goes through commands that decide on the
  account's state and become events (``core.account``); what it answers is a ``Reply``, which names
  the task that it tells of. So whoever comes after it need not read our own JSON.
- *After* are the same faults, on the reply, and those that the prompt of a new task asked for.
- *Write* (``http.writing``, ``http.responses``) turns the reply into bytes, in the way that a fault
  asks for where one does.

Queries are told what they were told before where that is right still (``engine.answers``): a task
is facts, so its answer stays until it takes its next turn. With faults on the call that is left
out, since they change answers before they are bytes.

Nothing in here knows aiohttp: the shell (``server.app``) makes the ``Call`` and writes the reply.
"""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Protocol

import msgspec
from msgspec.structs import replace

from simulator.core.config import Key
from simulator.core.problems import Kind, Problem, Refusal, refuse
from simulator.engine import Engine
from simulator.engine.answers import Answers
from simulator.engine.call import Call, Clip, Reply, Stream
from simulator.engine.dialect import Dialect, Route, dress
from simulator.engine.resolved import ResolvedCall, at, resolve
from simulator.faults.active import Strike
from simulator.faults.middleware import after, before, instead
from simulator.faults.registry import Registry
from simulator.store import Broken, journal


class Answer(msgspec.Struct, frozen=True):
    """A reply on its way out, and the faults that still have to do with the bytes of a clip.

    ``plain`` says that no fault stood that could have changed it.
    """

    reply: Reply | Clip | Stream
    strike: Strike | None = None
    plain: bool = True


class Elsewhere(Protocol):
    """Who answers the calls of a dialect in the place of its own handlers."""

    def forbids(self, resolved: ResolvedCall, strike: Strike) -> Reply | None:
        """The refusal of a call that these faults must not meet there."""
        ...

    def tells_of_now(self, resolved: ResolvedCall) -> bool:
        """Whether a call has an answer that no fault can bring from an earlier time."""
        ...

    async def handle(self, resolved: ResolvedCall, engine: Engine) -> Reply | Clip | Stream | None:
        """The answer; None where the dialect's own is the one."""
        ...


async def answer(
    dialect: Dialect,
    call: Call,
    engine: Engine,
    faults: Registry | None = None,
    known: Answers | None = None,
    elsewhere: Elsewhere | None = None,
) -> Answer:
    """The answer to a call. With ``known`` the body of a query is bytes."""
    try:
        resolved = await resolve(dialect, call, engine)
        if faults is None or not faults.stand(resolved.state, resolved.server):
            reply, strike = await handled(resolved, engine, known, 0, elsewhere), None
            if faults is None or not _asks_for_faults(reply):
                return Answer(reply)
        else:
            strike = await before(faults, resolved)
            if not strike:
                reply = await handled(resolved, engine, known, 0, elsewhere)
            elif (early := await instead(strike)) is not None:
                return Answer(early, plain=False)
            elif elsewhere is not None and (no := elsewhere.forbids(resolved, strike)) is not None:
                return Answer(no, plain=False)
            else:
                reply = readable(await _struck(strike, resolved, engine, elsewhere))
        if isinstance(reply, Clip | Stream):
            return Answer(reply, strike or None)
        return Answer(await after(faults, strike, resolved, reply), plain=False)
    except Broken as broken:
        return Answer(_away(dialect, call, engine, broken))


def _away(dialect: Dialect, call: Call, engine: Engine, broken: Broken) -> Reply:
    """What is said while the store cannot be reached or is full: nothing has been kept.

    No dialect has a word for that. It is in the words of a fault of the upstream's own, with the
    status by which clients know that a later try may do.
    """
    call = replace(call, now=engine.clocks.seen(), chance=engine.calls.nth(engine.serial()))
    reply = dialect.refuse(Problem(Kind.RENDER, detail=str(broken)), call)
    return replace(reply, status=503, headers={**reply.headers, **dress(dialect, call)})


def readable(reply: Reply | Clip | Stream) -> Reply | Clip | Stream:
    """The answer with a value for a body, which faults can change, where it came as JSON."""
    if isinstance(reply, Reply) and isinstance(reply.body, bytes) and "json" in reply.content_type:
        with suppress(msgspec.DecodeError):
            return replace(reply, body=msgspec.json.decode(reply.body))
    return reply


def _asks_for_faults(reply: Reply | Clip | Stream) -> bool:
    """Whether the answer is of a task whose own prompt named some."""
    return reply.task is not None and bool(reply.task.plan.faults)


async def _struck(
    strike: Strike, resolved: ResolvedCall, engine: Engine, elsewhere: Elsewhere | None = None
) -> Reply | Clip | Stream:
    """The answer to a call that was meant for another path, comes late, or is passed on twice."""
    meant = at(resolved, *strike.target())
    of_now = elsewhere is not None and elsewhere.tells_of_now(resolved)
    lag = 0 if of_now else strike.lag()
    if not strike.repeated():
        return await handled(meant, engine, None, lag, elsewhere)
    raw = None

    async def read(limit: int) -> bytes:
        nonlocal raw
        raw = await resolved.call.read(limit) if raw is None else raw
        return raw

    meant = replace(meant, call=replace(meant.call, read=read))
    await handled(meant, engine, None, lag, elsewhere)
    second = replace(meant.call, chance=engine.calls.nth(engine.serial()))
    return await handled(replace(meant, call=second), engine, None, lag, elsewhere)


async def handled(
    resolved: ResolvedCall,
    engine: Engine,
    known: Answers | None = None,
    lag: int = 0,
    elsewhere: Elsewhere | None = None,
) -> Reply | Clip | Stream:
    """The dialect's answer, with the headers of each; the one place where refusals are worded.

    ``lag`` is by how many milliseconds the answer is behind. What was answered ``elsewhere`` has
    its headers from there.
    """
    dialect, call, route = resolved.dialect, resolved.call, resolved.route
    try:
        if elsewhere is not None:
            found = await elsewhere.handle(resolved, engine)
            if found is not None:
                return found
        if resolved.problem is not None:
            raise Refusal(resolved.problem)
        assert route is not None
        if known is not None and route.kind == "query":
            reply = await _queried(resolved, route, engine, known)
        else:
            if route.read is not None:
                call = call.holding(await route.read(call))
            reply = await _permitted(route, call, engine, lag)
            if route.kind == "create":
                _remark(dialect, call)
    except Refusal as refusal:
        reply = dialect.refuse(refusal.problem, call)
    return _dressed(reply, dialect, call)


async def _queried(
    resolved: ResolvedCall, route: Route, engine: Engine, known: Answers
) -> Reply | Clip:
    """What a query is told: the same as before where nothing has changed, and else kept for later.

    It is kept as long as both the answer and the record of its task stay.
    """
    dialect, call = resolved.dialect, resolved.call
    told = known.find(dialect.name, call, resolved.state)
    if told is not None:
        journal.current().task = told.task.id
        return told.reply
    reply = await _permitted(route, call, engine)
    if isinstance(reply, Clip) or reply.task is None:
        return reply
    until = min(reply.until, reply.task.kept_until(dialect.cancelled_for))
    reply = replace(reply, escaped=dialect.escaped(call.observed))
    return known.keep(dialect.name, call, reply, until)


async def _permitted(route: Route, call: Call, engine: Engine, lag: int = 0) -> Reply | Clip:
    """The handler's answer to a call whose parameters and body are in order."""
    for parameter, name in route.parameters.items():
        if not call.args.get(name):
            raise refuse(Kind.MISSING, parameter, "is required")
    if route.read is not None:
        _admit(call.account, call.body)
        route.check(call.body, engine.observed, call.like)
    return await route.handler(replace(call, now=call.now - lag) if lag else call, engine)


def _admit(account: Key, body: Mapping[str, Any]) -> None:
    """Refuse a model that the account may not use."""
    model = body.get("model")
    if account.models is not None and isinstance(model, str) and model not in account.models:
        raise refuse(Kind.NO_GROUP, "model", "no channel for this model", got=model)


def _remark(dialect: Dialect, call: Call) -> None:
    """Note which fields of an order nobody reads."""
    for one in dialect.fields.ignored(call.body, observed=call.observed, like=call.like):
        journal.ignored(one.name, one.hint)


def _dressed(reply: Reply | Clip, dialect: Dialect, call: Call) -> Reply | Clip:
    """The reply with the headers of every answer."""
    headers = dress(dialect, call)
    if reply.headers:
        headers = {**reply.headers, **headers}
    if isinstance(reply, Clip):
        return replace(reply, headers=headers)
    return replace(reply, headers=headers, escaped=dialect.escaped(call.observed))
