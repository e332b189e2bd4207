"""A call, its reply, and the whole way from one to the other."""

import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote

import msgspec
from msgspec.structs import replace
from multidict import CIMultiDict, CIMultiDictProxy, istr

from simulator.core.chance import Chance
from simulator.core.config import Key
from simulator.core.fields import Fields
from simulator.core.media import Rendition
from simulator.core.pointers import Places
from simulator.core.problems import Kind, Problem, Refusal, refuse
from simulator.core.task import Phase, Task
from simulator.engine import RETENTION, Engine
from simulator.engine.delivery import Delivery
from simulator.store import journal

if TYPE_CHECKING:
    from simulator.core.rules import Rule

Headers = CIMultiDict[str] | CIMultiDictProxy[str]
BODY_LIMIT = 64 * 1024 * 1024
MOST_MATCHED = 256
# Names that need not be brought to one case for each call.
_KEY, _CLIENT_ID = istr("Authorization"), istr("X-Client-Request-Id")

# Stands for the key until authentication has found the account.
NOBODY = Key("")
NO_CHANCE = Chance(b"")


async def _no_body(limit: int) -> bytes:
    return b""


class Call(msgspec.Struct, frozen=True):
    """A request on its way through a dialect.

    ``path`` is what follows the dialect's mount, still percent-encoded; ``base`` is the scheme and
    host under which the client sees the server. ``read`` gives the body, of at most so many bytes.
    The last six are filled in on the way; ``observed`` says which fidelity the server has, and
    ``lag`` by how many milliseconds the answer is behind.
    """

    method: str
    path: str
    query: str = ""
    headers: Headers = msgspec.field(default_factory=CIMultiDict)
    base: str = "http://127.0.0.1:8000"
    read: Callable[[int], Awaitable[bytes]] = _no_body
    account: Key = NOBODY
    now: int = 0
    chance: Chance = NO_CHANCE
    args: Mapping[str, str] = msgspec.field(default_factory=dict)
    body: Mapping[str, Any] = msgspec.field(default_factory=dict)
    observed: bool = False
    lag: int = 0

    def holding(self, body: Mapping[str, Any]) -> "Call":
        """The same call with another body."""
        return replace(self, body=body)

    @property
    def parameters(self) -> list[tuple[str, str]]:
        """The parameters of the query, in order."""
        return parse_qsl(self.query, keep_blank_values=True)

    def token(self) -> str:
        """The bearer token, which may be empty; a refusal where there is none."""
        given = self.headers.get(_KEY)
        if given is None:
            raise refuse(Kind.NO_KEY, "Authorization", "no Authorization header")
        scheme, _, token = given.partition(" ")
        if scheme.lower() != "bearer":
            raise refuse(Kind.BAD_KEY, "Authorization", "not a bearer token")
        return token.strip()


class Reply(msgspec.Struct, frozen=True):
    """An answer: ``body`` is a value to be written as JSON, bytes as they are, or None.

    Without a ``delivery`` it is simply written.
    """

    status: int
    body: Any = None
    headers: Mapping[str, str] = msgspec.field(default_factory=dict)
    content_type: str = "application/json; charset=utf-8"
    delivery: Delivery | None = None


class Clip(msgspec.Struct, frozen=True):
    """An answer whose bytes are a file that a task has made, rendered by the shell."""

    task: Task
    rendition: Rendition = Rendition.CLIP
    headers: Mapping[str, str] = msgspec.field(default_factory=dict)


Handler = Callable[[Call, Engine], Awaitable[Reply | Clip]]
Reader = Callable[[Call], Awaitable[Mapping[str, Any]]]


@dataclass(frozen=True, slots=True)
class Route:
    """A method and a path, whose ``{names}`` are single segments, and what answers there.

    ``kind`` is what faults and the journal call it: create, query, list, delete, download or other.
    """

    method: str
    path: str
    handler: Handler
    kind: str = "other"
    read: Reader | None = None
    rules: tuple["Rule", ...] = ()
    observed_rules: tuple["Rule", ...] | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """A callback that falls due: which task, in which phase it is told of, and when."""

    task: Task
    phase: Phase
    at: int


@dataclass(frozen=True, slots=True)
class Callbacks:
    """How a dialect calls back: the events of a task, the body of one, and the retries.

    ``timeout`` is in real seconds, ``repeats`` are the waits before each further try, in simulated
    milliseconds, and made only for the phases in ``repeats_for``.
    """

    events: Callable[[Task], tuple[tuple[Phase, int], ...]]
    body: Callable[[Event, Engine], Mapping[str, Any]]
    timeout: float
    repeats: tuple[int, ...]
    repeats_for: frozenset[Phase]


@dataclass(frozen=True)
class Dialect:
    """One API as a value: its routes, who may call, and its words for everything that is wrong.

    ``observed_callbacks`` take the place of ``callbacks`` on a server of that fidelity, if given.
    ``cheaper`` are the models that a dishonest gateway could pass off as others, by those.
    """

    name: str
    title: str
    documents: tuple[str, ...]
    base_path: str
    differences: str
    routes: tuple[Route, ...]
    refuse: Callable[[Problem, Call], Reply]
    dress: Callable[[Call], Mapping[str, str]]
    failures: Mapping[str, str]
    refusals: Mapping[str, str]
    example: Mapping[str, Any]
    token: Callable[[Call], str] = Call.token
    callbacks: Callbacks | None = None
    observed_callbacks: Callbacks | None = None
    cheaper: Mapping[str, str] = field(default_factory=dict)
    cancelled_for: int = RETENTION
    sdk: tuple[tuple[str, str], ...] = ()
    places: Places = field(default_factory=Places)
    fields: Fields = field(default_factory=Fields)

    @cached_property
    def _paths(self) -> list[tuple[re.Pattern[str], Mapping[str, Route]]]:
        """Each path with its routes by method."""
        found: dict[str, dict[str, Route]] = {}
        for route in self.routes:
            found.setdefault(route.path, {})[route.method] = route
        return [(_pattern(path), by_method) for path, by_method in found.items()]

    def serves(self, path: str) -> bool:
        """Whether a path is one of the dialect's, by any method."""
        return any(pattern.fullmatch(path) for pattern, _ in self._paths)

    def way(self, problem: Problem) -> str:
        """What to say to somebody who called where nothing is."""
        if problem.kind is Kind.NO_METHOD:
            return f"{problem.detail} is no call of {self.name}; there it takes {problem.limit}"
        create = next(route for route in self.routes if route.kind == "create")
        calls = f"{create.method} /{self.name}{create.path}"
        return f"{problem.detail} is no call of {self.name}; an order is {calls}"

    def match(self, method: str, path: str) -> tuple[Route, Mapping[str, str]]:
        """The route of a path and the segments that its names stand for, or a refusal."""
        found = self._matched.get((method, path))
        if found is None:
            found = self._match(method, path)
            if len(self._matched) >= MOST_MATCHED:
                self._matched.clear()
            self._matched[method, path] = found
        return found

    @cached_property
    def _matched(self) -> dict[tuple[str, str], tuple[Route, Mapping[str, str]]]:
        """What was found last: clients ask for the same path again and again."""
        return {}

    def _match(self, method: str, path: str) -> tuple[Route, Mapping[str, str]]:
        methods: set[str] = set()
        for pattern, by_method in self._paths:
            found = pattern.fullmatch(path)
            if found is None:
                continue
            if method in by_method:
                args = found.groupdict()
                if "%" in path:
                    args = {name: unquote(value) for name, value in args.items()}
                return by_method[method], args
            methods.update(by_method)
        if methods:
            allowed = ", ".join(sorted(methods))
            raise refuse(Kind.NO_METHOD, detail=f"{method} {path}", limit=allowed, got=method)
        raise refuse(Kind.NO_ROUTE, detail=f"{method} {path}", got=path)


def _pattern(path: str) -> re.Pattern[str]:
    parts = re.split(r"\{(\w+)\}", path)
    return re.compile(
        "".join(
            f"(?P<{part}>[^/]+)" if at % 2 else re.escape(part) for at, part in enumerate(parts)
        )
    )


async def answer(dialect: Dialect, call: Call, engine: Engine) -> Reply | Clip:
    """The whole way of a call: route, key, body, rules, handler; a refusal ends it anywhere."""
    chance = engine.calls.nth(engine.serial())
    try:
        route, call = await _resolve(dialect, call, engine, chance)
        if route.read is not None:
            call = replace(call, body=await route.read(call))
            _admit(call.account, call.body)
            _check(route, call.body, engine)
        then = replace(call, now=call.now - call.lag) if call.lag else call
        reply = await route.handler(then, engine)
        if route.kind == "create":
            for one in dialect.fields.ignored(call.body, observed=engine.observed):
                journal.ignored(one.name, one.hint)
    except Refusal as refusal:
        if call.chance is not chance:  # it is of nobody, or goes nowhere
            now = engine.clocks.seen()
            call = replace(call, now=now, chance=chance, observed=engine.observed)
        reply = dialect.refuse(refusal.problem, call)
    return _dressed(reply, dialect, call)


async def _resolve(
    dialect: Dialect, call: Call, engine: Engine, chance: Chance
) -> tuple[Route, Call]:
    """The route that a call takes, and the call with its account, time and arguments."""
    exchange = journal.current()
    try:
        route, args = dialect.match(call.method, call.path)
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
    exchange.at = now = await engine.clocks.now(account.key)
    return route, replace(
        call, account=account, now=now, chance=chance, args=args, observed=engine.observed
    )


def _admit(account: Key, body: Mapping[str, Any]) -> None:
    """Refuse a model that the account may not use."""
    model = body.get("model")
    if account.models is not None and isinstance(model, str) and model not in account.models:
        raise refuse(Kind.NO_GROUP, "model", "no channel for this model", got=model)


def usable(account: Key, models: Iterable[str]) -> list[str]:
    """Those of a dialect's models that the account may use, sorted."""
    return sorted(name for name in models if account.models is None or name in account.models)


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
    return Reply(reply.status, reply.body, headers, reply.content_type, reply.delivery)


def dress(dialect: Dialect, call: Call) -> Mapping[str, str]:
    """The headers of every answer: the dialect's own, and the client's request id given back."""
    own = dialect.dress(call)
    client_id = call.headers.get(_CLIENT_ID)
    return own if client_id is None else {**own, "X-Client-Request-Id": client_id}
