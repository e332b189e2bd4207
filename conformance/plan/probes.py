"""A probe: one call that the suite may send, named by what it is and not by when it was drawn."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from conformance.catalogue import documents, orders
from conformance.catalogue.rows import Row, freeze
from conformance.catalogue.wire import Asset, Dialect
from conformance.plan import directives
from conformance.plan.terms import JSON, NOW, Fate, Form, Way, When

# Calls whose answer is a file.
FILES = ("download", "content")
COSTS = ("offline", "free", "contingent", "shared", "own")
PROFILES: Mapping[str, frozenset[str]] = {
    "free": frozenset({"offline", "free", "contingent"}),
    "lite": frozenset({"offline", "free", "contingent", "shared"}),
    "full": frozenset(COSTS),
}


@dataclass(frozen=True)
class Probe:
    """A call. `body` may hold placeholders, `path` an `{id}` that belongs to the probe `of`."""

    call: str
    method: str
    path: str
    body: Any = None
    form: Form = JSON
    auth: str = "key"
    headers: tuple[tuple[str, str], ...] = ()
    of: str = ""
    when: When = NOW
    tag: str = ""
    fate: Fate | None = None
    want: str = field(default="see", compare=False)
    cost: str = field(default="free", compare=False)
    follow: frozenset[str] = field(default=frozenset(), compare=False)
    name: str = ""

    @cached_property
    def key(self) -> str:
        """Its name: equal for equal calls, but for those of a recording, which have their own."""
        if self.name:
            return self.name
        parts = (self.call, self.method, self.path, orders.canonical(self.body), str(self.form))
        fate = str(self.fate) if self.fate else ""
        more = (self.auth, self.headers, self.of, str(self.when), self.tag, fate)
        return hashlib.sha256(orders.canonical([*parts, *more]).encode()).hexdigest()[:12]

    @cached_property
    def leaves(self) -> frozenset[tuple[str, str]]:
        """The body's values, each with its place: how far two orders are apart is their xor."""
        return frozenset(_leaves(self.body, ""))

    @property
    def blind(self) -> bool:
        """Whether it should cost nothing, but goes to where a server may take it for an order."""
        posted = self.method in ("POST", "PUT", "PATCH") and self.call in ("create", "other")
        return self.cost == "free" and posted

    def joined(self, other: "Probe") -> "Probe":
        """The same call for the purposes of both."""
        cost = max(self.cost, other.cost, key=COSTS.index)
        want = self.want if self.want != "see" else other.want
        return replace(self, cost=cost, want=want, follow=self.follow | other.follow)


def _leaves(value: Any, place: str) -> Iterator[tuple[str, str]]:
    pairs: Iterable[tuple[Any, Any]] = ()
    if isinstance(value, Mapping):
        pairs = value.items()
    elif isinstance(value, tuple | list):
        pairs = enumerate(value)
    else:
        yield place, orders.canonical(value)
    for key, item in pairs:
        yield from _leaves(item, f"{place}/{key}")


@dataclass(frozen=True, slots=True)
class World:
    """What a plan may count on: the catalogue, the profile and what is at hand.

    `upstream` is a simulator behind the gateway under test, which is asked for outcomes in prompts;
    `faces` is whether it knows the links of sample media that show a face.
    """

    catalogue: documents.Catalogue
    profile: str = "full"
    control: bool = False
    second: bool = False
    callback: bool = False
    media: bool = False
    loopback: bool = False
    upstream: bool = False
    faces: bool = False
    cells: bool = False

    @property
    def dialect(self) -> Dialect:
        """The dialect's description."""
        return self.catalogue.dialect

    def has(self, need: str) -> bool:
        """Whether something that a row needs is at hand."""
        match need:
            case "control":
                return self.control
            case "second-account":
                return self.second
            case "callback":
                return self.callback
            case "asset":
                return self.control
            case _:
                return self.media or self.dialect.media == "file"


def shared(world: World) -> Probe:
    """The cheapest legal order, which every `shared` row reads."""
    return create(world, world.dialect.cheapest, follow=("query", "clip", "life"), cost="shared")


def create(
    world: World,
    order: Any,
    *,
    want: str = "accept",
    cost: str = "own",
    follow: Iterable[str] = (),
    fate: Fate | None = None,
    auth: str = "key",
    form: Form | None = None,
) -> Probe:
    """An order, sent as the dialect's documents say."""
    dialect = world.dialect
    plain = orders.canonical(order) == orders.canonical(dialect.cheapest)
    if plain and want == "accept" and not fate and auth == "key" and not form:
        cost, follow = "shared", ("query", "clip", "life")
    if fate and world.upstream:
        order = directives.asking(order, dialect.request, directives.of(fate))
    return Probe(
        call="create",
        method=dialect.create.method,
        path=dialect.create.path,
        body=freeze(order) if isinstance(order, Mapping) else order,
        form=form or usual(world),
        auth=auth,
        fate=fate,
        want=want,
        cost=cost,
        follow=frozenset(follow),
    )


def query(world: World, id: str = "{id}", **more: Any) -> Probe:
    """A query: of a task of the probe `of`, or of the id as it is written."""
    call = world.dialect.query
    return Probe(call="query", method=call.method, path=call.path.replace("{id}", id), **more)


def keeping(call: Asset) -> Probe:
    """The call that puts something into the library, as its documents have it."""
    return Probe("asset", "POST", call.path, body=call.body, tag="has")


def usual(world: World) -> Form:
    """The form of an order as the dialect's documents have it."""
    return Form(Way(world.dialect.form))


def removal(world: World, id: str = "{id}", **more: Any) -> Probe:
    """What cancels or deletes a task: of the probe `of`, or of the id as it is written."""
    call = world.dialect.removal
    return Probe("delete", call.method, call.path.replace("{id}", id), **more)


def download(world: World, of: str, **more: Any) -> Probe:
    """A fetch of a task's clip: by its link, or with the key where the API has a call for it."""
    if (call := world.dialect.download) is None:
        return link(of, **more)
    return Probe("content", call.method, call.path, of=of, **more)


def link(of: str, **more: Any) -> Probe:
    """A fetch of what an answer about a task links to, as anybody may."""
    return Probe("download", "GET", "{link}", auth="none", of=of, **more)


def unknown_id(world: World) -> str:
    """An id of the right form that no task has."""
    return str(world.dialect.id["unknown"])


def cost_of(row: Row) -> str:
    """The class of a refusal of the row: free where it cannot create a task."""
    return "free" if row.cost in ("free", "offline") else "contingent"
