"""The way of a call while faults stand: they come before it, after it, or in its place."""

from contextlib import suppress
from dataclasses import replace as but
from typing import Any

from msgspec.structs import replace

from simulator.core.chance import Chance
from simulator.core.problems import Refusal
from simulator.core.task import Task
from simulator.engine import Engine
from simulator.engine import pipeline as wire
from simulator.engine.call import BODY_LIMIT, Call, Clip, Reply
from simulator.engine.dialect import Dialect
from simulator.faults.active import Strike
from simulator.faults.fault import Instead, Scene
from simulator.faults.registry import Desk
from simulator.store import journal


async def answer(
    desk: Desk, dialect: Dialect, call: Call, engine: Engine
) -> tuple[Reply | Clip, Strike | None]:
    """The answer to a call, and the faults that still have to do with its bytes."""
    scene = await _scene(dialect, call, engine)
    if scene is None:
        return await wire.answer(dialect, call, engine), None
    strike = desk.strike(scene)
    if not strike and scene.kind != "create":
        return await wire.answer(dialect, call, engine), None
    early = await _early(strike, engine)
    if early is not None:
        early = strike.change(early)
        strike.close()
        return early, None
    path, query = strike.target()
    call = replace(call, path=path, query=query, lag=strike.lag())
    reply = await _handled(strike, dialect, call, engine)
    if isinstance(reply, Clip):
        return reply, strike
    if scene.kind == "create" and reply.status < 400:
        reply = await _created(desk, strike, reply, engine)
    reply = strike.change(reply)
    strike.close()
    return reply, None


async def newly(
    desk: Desk, dialect: Dialect, call: Call, reply: Reply | Clip, engine: Engine
) -> Reply | Clip:
    """The answer of a create call that was the first to ask for a fault, in its prompt."""
    scene = await _scene(dialect, call, engine)
    if scene is None or scene.kind != "create" or isinstance(reply, Clip) or reply.status >= 400:
        return reply
    return await _created(desk, Strike(scene, []), reply, engine)


async def _handled(strike: Strike, dialect: Dialect, call: Call, engine: Engine) -> Reply | Clip:
    if not strike.repeated():
        return await wire.answer(dialect, call, engine)
    raw: bytes | None = None

    async def read(limit: int) -> bytes:
        nonlocal raw
        raw = await call.read(limit) if raw is None else raw
        return raw

    twice = replace(call, read=read)
    await wire.answer(dialect, twice, engine)
    return await wire.answer(dialect, twice, engine)


async def _created(desk: Desk, strike: Strike, reply: Reply, engine: Engine) -> Reply:
    """The answer of a create call after the faults that the prompt asks for."""
    strike.about(await _made(reply.body, strike.scene.dialect, engine))
    own = desk.named(strike.scene)
    reply = own.change(reply)
    own.close()
    return reply


async def _made(body: Any, dialect: Dialect, engine: Engine) -> Task | None:
    name = dialect.reader.created_id(body)
    return await engine.task(name) if name else None


async def _early(strike: Strike, engine: Engine) -> Reply | None:
    """The answer of a fault to a call that is then not handled, its body read all the same."""
    if not any(isinstance(act, Instead) for t in strike.taken for act in t.standing.fault.acts):
        return None
    draws = Chance.of("call", engine.seed, engine.serial())
    call = replace(strike.scene.call, chance=draws)
    for one in strike.taken:
        one.scene = but(one.scene, call=call)
    reply = strike.instead()
    if reply is not None:
        with suppress(Refusal):
            await call.read(BODY_LIMIT)
    return reply


async def _scene(dialect: Dialect, call: Call, engine: Engine) -> Scene | None:
    """What faults see of a call; None where it is of no kind, or of nobody."""
    try:
        route, args = dialect.match(call.method, call.path, call.query)
        account = engine.accounts.find(dialect.token(call), dialect.name)
    except Refusal:
        return None
    if route.kind == "other":
        return None
    now = await engine.clocks.now(account.key)
    exchange = journal.current()
    exchange.dialect, exchange.kind, exchange.account = dialect.name, route.kind, account.key
    exchange.at = now
    task = await _task(engine, dialect, account.key, args.get("id", ""))
    if task is not None:
        exchange.task = task.id
    call = replace(call, account=account, now=now, args=args, observed=engine.observed)
    return Scene(dialect, route.kind, call, account.key, now, task)


async def _task(engine: Engine, dialect: Dialect, account: str, name: str) -> Task | None:
    """The account's own task of an id, also of one that is shown in another form."""
    from simulator.faults.identities import FOREIGN  # faults are loaded when there are some

    name = name.removeprefix(FOREIGN)
    item = await engine.item(name) if name else None
    if item is not None and item.kind == "alias":
        name = str(item.facts["task"])
    task = await engine.task(name) if name else None
    mine = task is not None and (task.account, task.dialect) == (account, dialect.name)
    return task if mine else None


def of_link(desk: Desk, task: Task, call: Call) -> Strike:
    """The faults that a download through a link meets."""
    dialect = desk.dialects[task.dialect]
    return desk.strike(Scene(dialect, "download", call, task.account, call.now, task))


def of_callback(desk: Desk, task: Task, at: int) -> Strike:
    """The faults that a callback meets."""
    dialect, call = desk.dialects[task.dialect], Call("POST", "", now=at)
    return desk.strike(Scene(dialect, "callback", call, task.account, at, task))
