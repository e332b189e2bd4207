"""The whole way of a call through a dialect: route, key, body, rules, handler."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from msgspec.structs import replace

from simulator.core.account import State
from simulator.core.chance import Chance
from simulator.core.config import Key
from simulator.core.problems import Kind, Problem, Refusal, refuse
from simulator.engine import Engine, kept_until
from simulator.engine.answers import Answers
from simulator.engine.call import Call, Clip, Reply
from simulator.engine.dialect import Dialect, Route, dress
from simulator.store import Broken, journal


async def answer(
    dialect: Dialect, call: Call, engine: Engine, known: Answers | None = None
) -> Reply | Clip:
    """The whole way of a call: route, key, body, rules, handler; a refusal ends it anywhere.

    With ``known`` a query is told what it was told before, where that is right still, and its body
    is bytes.
    """
    chance = engine.calls.nth(engine.serial())
    try:
        route, call, state = await _resolve(dialect, call, engine, chance)
        if route.read is not None:
            call = replace(call, body=await route.read(call))
        if known is None or route.kind != "query":
            reply = await _handled(route, call, engine)
        elif (told := known.find(dialect.name, call, state)) is not None:
            reply, journal.current().task = told.reply, told.task.id
        else:
            reply = _keep(await _handled(route, call, engine), dialect, call, known)
        if route.kind == "create":
            for one in dialect.fields.ignored(call.body, observed=engine.observed):
                journal.ignored(one.name, one.hint)
    except (Refusal, Broken) as wrong:
        problem = (
            wrong.problem if isinstance(wrong, Refusal) else Problem(Kind.RENDER, detail=str(wrong))
        )
        if call.chance is not chance:  # it is of nobody, or goes nowhere
            now = engine.clocks.seen()
            call = replace(call, now=now, chance=chance, observed=engine.observed)
        reply = dialect.refuse(problem, call)
    return _dressed(reply, dialect, call)


def _keep(reply: Reply | Clip, dialect: Dialect, call: Call, known: Answers) -> Reply | Clip:
    """The answer, kept for the next calls as long as both it and the record of its task stay."""
    if isinstance(reply, Clip) or reply.task is None:
        return reply
    until = min(reply.until, kept_until(reply.task, dialect.cancelled_for))
    reply = replace(reply, escaped=dialect.escaped(call.observed))
    return known.keep(dialect.name, call, reply, until)


async def _handled(route: Route, call: Call, engine: Engine) -> Reply | Clip:
    """The answer to a call of somebody: what it says is checked, and its handler asked."""
    if route.parameters:
        _complete(route, call)
    if route.read is not None:
        _admit(call.account, call.body)
        _check(route, call.body, engine)
    return await route.handler(replace(call, now=call.now - call.lag) if call.lag else call, engine)


async def _resolve(
    dialect: Dialect, call: Call, engine: Engine, chance: Chance
) -> tuple[Route, Call, State]:
    """The route that a call takes, the call with its account, time and arguments, and the state."""
    exchange = journal.current()
    try:
        route, args = dialect.match(call.method, call.path, call.query)
    except Refusal as refusal:
        with suppress(Refusal):
            exchange.account = dialect.token(call)
        exchange.dialect = dialect.name
        exchange.astray = dialect.way(refusal.problem)
        raise
    exchange.dialect, exchange.kind = dialect.name, route.kind
    exchange.task = args.get("id", "")
    exchange.account = token = dialect.token(call)
    account = engine.accounts.find(token, dialect.name)
    exchange.account = account.key  # the same text, of which the journal then keeps one copy
    state = await engine.state(account.key)
    clock = await engine.clocks.by(account.key, state)
    exchange.at = now = clock.now(engine.real())
    call = replace(
        call, account=account, now=now, chance=chance, args=args, observed=engine.observed
    )
    return route, call, state


def _complete(route: Route, call: Call) -> None:
    """Refuse a call without a parameter that names what it is about."""
    for parameter, name in route.parameters.items():
        if not call.args.get(name):
            raise refuse(Kind.MISSING, parameter, "is required")


def _admit(account: Key, body: Mapping[str, Any]) -> None:
    """Refuse a model that the account may not use."""
    model = body.get("model")
    if account.models is not None and isinstance(model, str) and model not in account.models:
        raise refuse(Kind.NO_GROUP, "model", "no channel for this model", got=model)


def _check(route: Route, body: Mapping[str, Any], engine: Engine) -> None:
    from simulator.core.rules import check  # which the dialect has loaded

    observed = route.observed_rules if engine.observed else None
    check(route.rules if observed is None else observed, body)


def _dressed(reply: Reply | Clip, dialect: Dialect, call: Call) -> Reply | Clip:
    """The reply with the headers of every answer."""
    headers = dress(dialect, call)
    if reply.headers:
        headers = {**reply.headers, **headers}
    if isinstance(reply, Clip):
        return replace(reply, headers=headers)
    return replace(reply, headers=headers, escaped=dialect.escaped(call.observed))
