"""A request of which everything is known that can be known before it is handled."""

from contextlib import suppress

import msgspec
from msgspec.structs import replace

from simulator.core.account import SERVER, State
from simulator.core.chance import Chance
from simulator.core.problems import Problem, Refusal
from simulator.engine import Engine
from simulator.engine.call import Call
from simulator.engine.dialect import Dialect, Route
from simulator.store import journal

NOTHING = State()


class ResolvedCall(msgspec.Struct, frozen=True):
    """What was asked for: in which dialect, by which route, whose call it is and when.

    ``call`` is as its client sent it, with its account, time, draws and the names of its path
    filled in; ``state`` is what is known of the account, ``server`` what is of no key. ``problem``
    is why it goes nowhere (there is no ``route`` then), or is of nobody.
    """

    dialect: Dialect
    call: Call
    route: Route | None = None
    state: State = msgspec.field(default_factory=lambda: NOTHING)
    server: State = msgspec.field(default_factory=lambda: NOTHING)
    problem: Problem | None = None

    @property
    def kind(self) -> str:
        """What faults and the journal call it; empty where it goes nowhere or is of nobody."""
        return "" if self.route is None or self.problem is not None else self.route.kind


async def resolve(dialect: Dialect, call: Call, engine: Engine) -> ResolvedCall:
    """Find out, once, what a call is; the journal is told of it. Nothing is refused here yet."""
    exchange, chance = journal.current(), engine.calls.nth(engine.serial())
    exchange.dialect = dialect.name
    try:
        route, args = dialect.match(call.method, call.path, call.query)
    except Refusal as refusal:
        with suppress(Refusal):
            exchange.account = dialect.token(call)
        exchange.astray = dialect.way(refusal.problem)
        return _nowhere(dialect, call, engine, chance, refusal.problem)
    exchange.kind, exchange.task = route.kind, dialect.reader.meant(args.get("id", ""))
    if route.public:
        call = replace(call, now=engine.clocks.seen(), chance=chance, args=args)
        return ResolvedCall(dialect, replace(call, observed=engine.observed), route)
    try:
        exchange.account = token = dialect.token(call)
        account = engine.accounts.find(token, dialect.name)
        exchange.account = account.key  # the same text, of which the journal then keeps one copy
        state = await engine.state(account.key)
        server = await engine.state(SERVER)
    except Refusal as refusal:
        return _nowhere(dialect, call, engine, chance, refusal.problem, route)
    exchange.at = now = engine.clocks.by(account.key, state, server).now(engine.real())
    call = replace(
        call, account=account, now=now, chance=chance, args=args, observed=engine.observed
    )
    return ResolvedCall(dialect, call, route, state, server)


def _nowhere(
    dialect: Dialect,
    call: Call,
    engine: Engine,
    chance: Chance,
    problem: Problem,
    route: Route | None = None,
) -> ResolvedCall:
    """A call that is of nobody, or goes nowhere: its time is the server's."""
    call = replace(call, now=engine.clocks.seen(), chance=chance, observed=engine.observed)
    return ResolvedCall(dialect, call, route, problem=problem)


def at(resolved: ResolvedCall, path: str, query: str) -> ResolvedCall:
    """The same call for another target, which it turned out to be meant for."""
    call = resolved.call
    if (path, query) == (call.path, call.query):
        return resolved
    call = replace(call, path=path, query=query)
    try:
        route, args = resolved.dialect.match(call.method, path, query)
    except Refusal as refusal:
        return replace(resolved, call=call, route=None, problem=refusal.problem)
    return replace(resolved, call=replace(call, args=args), route=route)
