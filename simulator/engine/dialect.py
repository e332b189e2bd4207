"""A dialect as a value: its routes, where its answers keep what clients look for, and its words."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any, Literal, cast
from urllib.parse import parse_qsl, quote

import msgspec
from multidict import istr

from simulator.core.fields import Fields
from simulator.core.likeness import Likeness
from simulator.core.problems import Kind, Problem, refuse
from simulator.core.reader import Reader
from simulator.core.routing import Lost, Router
from simulator.core.task import RETENTION, Phase, Task
from simulator.engine import Engine
from simulator.engine.call import Call, Clip, Reply
from simulator.engine.cross_origin import OPEN, CrossOrigin

if TYPE_CHECKING:
    from simulator.core.rules import Rule
    from simulator.core.table import Table

MOST_PARAMETERS = 100
_CLIENT_ID = istr("X-Client-Request-Id")

Handler = Callable[[Call, Engine], Awaitable[Reply | Clip]]
BodyReader = Callable[[Call], Awaitable[Mapping[str, Any]]]


@dataclass(frozen=True, slots=True)
class Route:
    """A method and a path, whose ``{names}`` are single segments, and what answers there.

    A name may stand in the query as well: ``/v2/result?task_id={id}``. ``kind`` is what faults and
    the journal call it: create, query, list, delete, download or other. ``asks`` are rows for the
    parameters of its query that may be left out, as its document has them. A ``public`` one is
    answered whoever asks: it needs no key, and its time is the server's.
    """

    method: str
    path: str
    handler: Handler
    kind: str = "other"
    read: BodyReader | None = None
    rules: tuple["Rule", ...] = ()
    observed_rules: tuple["Rule", ...] | None = None
    asks: tuple["Rule", ...] = ()
    public: bool = field(default=False, kw_only=True)

    def __post_init__(self) -> None:
        if self.rules:
            from simulator.core.table import Table  # which the dialect has loaded

            object.__setattr__(self, "rules", Table(self.rules))
            if self.observed_rules is not None:
                object.__setattr__(self, "observed_rules", Table(self.observed_rules))

    @property
    def place(self) -> str:
        """The path alone, without the parameters of its query."""
        return self.path.partition("?")[0]

    @property
    def parameters(self) -> Mapping[str, str]:
        """The names that stand in the query, by the parameters that give them."""
        return _names_in_query(self.path)

    def rules_of(self, observed: bool) -> tuple["Rule", ...]:
        """The rows of a server of this fidelity."""
        own = self.observed_rules if observed else None
        return self.rules if own is None else own

    def check(self, body: Mapping[str, Any], observed: bool, like: Likeness | None = None) -> None:
        """Refuse a body that breaks one of the rows of a server of this fidelity."""
        if rules := self.rules_of(observed):
            cast("Table", rules).check(body, like)

    @property
    def form(self) -> bool:
        """Whether the body is a form, and nothing else."""
        from simulator.engine.bodies import form  # its parser is loaded with the first form

        return self.read is form

    def target(self, **names: str) -> str:
        """The path, and its query, with these values in the places of the names."""
        return self.path.format_map({name: quote(value, "") for name, value in names.items()})


@lru_cache(maxsize=256)
def _names_in_query(path: str) -> Mapping[str, str]:
    return {name: value[1:-1] for name, value in parse_qsl(path.partition("?")[2])}


class Event(msgspec.Struct, frozen=True):
    """A callback that falls due: which task, in which phase it is told of, and when."""

    task: Task
    phase: Phase
    at: int


class Callbacks(msgspec.Struct, frozen=True):
    """How a dialect calls back: the events of a task, the body of one, and the retries.

    ``timeout`` is in real seconds, ``repeats`` are the waits before each further try, in simulated
    milliseconds, and made only for the phases in ``repeats_for``. ``heeded`` takes down what a body
    says of its task, where that is all that is known of it.
    """

    events: Callable[[Task], tuple[tuple[Phase, int], ...]]
    body: Callable[[Event, Engine], Mapping[str, Any]]
    timeout: float
    repeats: tuple[int, ...]
    repeats_for: frozenset[Phase]
    heeded: Callable[[Event, Any, Engine], Awaitable[None]] | None = None


class Pace(msgspec.Struct, frozen=True):
    """What a document says about polling: the shortest pause, and how long tasks take at most.

    Both in milliseconds; ``source`` is the document, and what it says there.
    """

    least: int
    lasts: int
    source: str


@dataclass(frozen=True)
class Dialect:
    """One API as a value: its routes, who may call, and its words for everything that is wrong.

    ``observed_callbacks`` take the place of ``callbacks`` on a server of that fidelity, if given.
    ``observed_reader`` and ``observed_token`` do the same. ``cheaper`` are the models that a
    dishonest gateway could pass off as others, by those. ``escapes`` says where JSON is written in
    Go's way. ``example`` is a valid order for a small clip, and ``examples`` are the documented
    ones, with samples in the places of media.
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
    observed_token: Callable[[Call], str] | None = None
    callbacks: Callbacks | None = None
    observed_callbacks: Callbacks | None = None
    escapes: Literal["always", "observed"] | None = None
    cheaper: Mapping[str, str] = field(default_factory=dict)
    cancelled_for: int = RETENTION
    sdk: tuple[tuple[str, str], ...] = ()
    reader: Reader = field(default_factory=Reader)
    observed_reader: Reader | None = None
    examples: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    pace: Pace | None = None
    fields: Fields = field(default_factory=Fields)
    cross_origin: CrossOrigin = OPEN

    @cached_property
    def _router(self) -> Router[Route]:
        return Router((route.method, route.place, route) for route in self.routes)

    def route(self, kind: str) -> Route:
        """The first call of a kind; a StopIteration if there is none."""
        return next(route for route in self.routes if route.kind == kind)

    def escaped(self, observed: bool) -> bool:
        """Whether a server of this fidelity writes JSON in Go's way."""
        return self.escapes is not None and (observed or self.escapes == "always")

    def has(self, kind: str) -> bool:
        """Whether there is a call of a kind."""
        return any(route.kind == kind for route in self.routes)

    def serves(self, path: str) -> bool:
        """Whether a path is one of the dialect's, by any method."""
        return self._router.serves(path)

    def way(self, problem: Problem) -> str:
        """What to say to somebody who called where nothing is."""
        if problem.kind is Kind.NO_METHOD:
            return f"{problem.detail} is no call of {self.name}; there it takes {problem.limit}"
        create = self.route("create")
        calls = f"{create.method} /{self.name}{create.path}"
        return f"{problem.detail} is no call of {self.name}; an order is {calls}"

    def match(self, method: str, path: str, query: str = "") -> tuple[Route, Mapping[str, str]]:
        """The route of a path and what its names stand for, or a refusal.

        A name in the query is missing where its parameter is.
        """
        found = self._router.find(method, path)
        if isinstance(found, Lost):
            detail = f"{method} {path}"
            if not found.allowed:
                raise refuse(Kind.NO_ROUTE, detail=detail, got=path)
            allowed = ", ".join(sorted(found.allowed))
            raise refuse(Kind.NO_METHOD, detail=detail, limit=allowed, got=method)
        route, args = found
        if "?" not in route.path:
            return found
        given = dict(parse_qsl(query, max_num_fields=MOST_PARAMETERS))
        names = route.parameters
        return route, {**args, **{names[one]: given[one] for one in names if one in given}}


def dress(dialect: Dialect, call: Call) -> Mapping[str, str]:
    """The headers of every answer: the dialect's own, and the client's request id given back."""
    own = dialect.dress(call)
    client_id = call.headers.get(_CLIENT_ID)
    return own if client_id is None else {**own, "X-Client-Request-Id": client_id}
