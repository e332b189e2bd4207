"""Probes of the kinds that speak of a call: credentials, addresses, headers, lists, links."""

from collections.abc import Iterator

from conformance.catalogue import orders, reader
from conformance.catalogue.rows import Row, thaw
from conformance.plan import fields, reviews, tasks, terms
from conformance.plan.probes import (
    Probe,
    World,
    create,
    query,
    removal,
    shared,
    unknown_id,
    usual,
)
from conformance.plan.terms import EMPTY, JSON, QUEUED, RUNNING, SUCCEEDED, Form, Way, When


def credentials(row: Row, world: World) -> Iterator[Probe]:
    """Each call without the key, and with each bad one; and an own task without it."""
    for call in row.expect["calls"]:
        for kind in row.expect["refused"]:
            yield called(world, call, kind)
    if "query" in row.expect["calls"] and "missing" in row.expect["refused"]:
        own = shared(world)
        yield own
        yield query(world, of=own.key, when=SUCCEEDED, auth="missing", tag="keyless")


def called(world: World, call: str, auth: str) -> Probe:
    """A free call with such credentials."""
    dialect = world.dialect
    match call:
        case "create":
            return Probe(
                "create", dialect.create.method, dialect.create.path, form=EMPTY, auth=auth
            )
        case "list":
            return tasks.listing(world, auth=auth)
        case "delete":
            return removal(world, unknown_id(world), auth=auth)
        case "credits" if dialect.credits:
            return Probe("other", dialect.credits.method, dialect.credits.path, auth=auth)
        case "upload" if dialect.upload:
            return Probe("upload", "POST", dialect.upload.path, body={}, auth=auth)
        case _:
            return query(world, unknown_id(world), auth=auth)


def situation(world: World, name: str) -> Iterator[Probe]:  # noqa: C901 (a table of situations)
    """The free and cheap calls that bring a situation about."""
    dialect = world.dialect
    method, path = dialect.create.method, dialect.create.path
    match name:
        case "missing-key":
            yield called(world, "query", "missing")
            yield called(world, "create", "missing")
        case "wrong-key":
            yield called(world, "query", "wrong")
            yield called(world, "create", "wrong")
        case "unknown-task":
            yield query(world, unknown_id(world))
        case "malformed-id":
            yield query(world, "no-such-form")
        case "foreign-task":
            yield query(world, of=shared(world).key, when=RUNNING, auth="second", tag="foreign")
        case "broken-body":
            yield Probe("create", method, path, form=Form(Way.RAW, "broken"))
        case "wrong-content-type":
            yield Probe("create", method, path, form=Form(Way.RAW, "text"))
        case "missing-model":
            order = orders.put(dialect.cheapest, dialect.request.first("model"), orders.ABSENT)
            yield create(world, order, want="refuse", cost="contingent")
        case "missing-content":
            place = dialect.request.items or dialect.request.first("prompt")
            order = orders.put(dialect.cheapest, place, orders.ABSENT)
            yield create(world, order, want="refuse", cost="contingent")
        case "unknown-model":
            order = orders.put(dialect.cheapest, dialect.request.first("model"), "no-such-model")
            yield create(world, order, want="refuse", cost="contingent")
        case "too-large":
            most = 64 * 1024 * 1024
            yield create(
                world,
                thaw(dialect.cheapest),
                want="refuse",
                cost="contingent",
                form=Form(Way.PAD, str(most + 1)),
            )
        case "unknown-route":
            yield Probe("other", "GET", "/v1/there-is-no-such-route")
        case "wrong-method":
            yield Probe("other", "PATCH", path, form=EMPTY)
        case "quota" | "rate" | "no-group" if world.control:
            account = {"quota": "broke", "rate": "limited", "no-group": "nogroup"}[name]
            times = 2 if name == "rate" else 1
            for number in range(times):
                order = thaw(dialect.cheapest)
                tag = f"{name}.{number}"
                yield Probe(
                    "create",
                    method,
                    path,
                    body=order,
                    form=usual(world),
                    auth=account,
                    tag=tag,
                )
        case "expired" | "cancelled" | "failed":
            yield tasks.fated(world, name)


def error(row: Row, world: World) -> Iterator[Probe]:
    """The situation whose words the row has, brought about in every way that there is."""
    yield from fields.given(row, world)
    name = row.expect["situation"]
    if name == "invalid-request":
        yield from invalid(world)
    elif name in ("moderation", "quota") and not world.control:
        yield from reviews.reviewed(row, world)
    elif name not in ("unreadable-media", "moderation"):
        yield from situation(world, name)


def invalid(world: World) -> Iterator[Probe]:
    """One order that breaks each row of a range or an enumeration."""
    for row in world.catalogue.testable:
        plain = row.expect.get("refused_as", "invalid-request") == "invalid-request"
        if row.kind in ("range", "enum") and row.level in ("must", "should") and plain:
            found = [each for each in _draw(row, world) if each.want == "refuse"]
            yield from found[:1]


def _draw(row: Row, world: World) -> Iterator[Probe]:
    return fields.in_range(row, world) if row.kind == "range" else fields.enum(row, world)


def envelope(row: Row, world: World) -> Iterator[Probe]:
    """The situations whose answers have to look alike."""
    for name in row.expect["situations"]:
        if name == "invalid-request":
            yield from invalid(world)
        else:
            yield from situation(world, name)


def route(row: Row, world: World) -> Iterator[Probe]:
    """One call to the address; where that costs nothing, with a body that orders nothing."""
    dialect, method, path = world.dialect, row.expect["method"], row.expect["path"]
    if row.cost == "free":
        real = path.replace("{id}", unknown_id(world))
        form = EMPTY if method == "POST" else JSON
        yield Probe("other", method, real, form=form, tag="route")
    elif (method, path) == (dialect.removal.method, dialect.removal.path):
        yield from _deleted(world, "succeeded", "")
    elif path in (dialect.create.path, dialect.query.path):
        yield shared(world)
    else:
        own = shared(world)
        yield own
        body = row.expect.get("body")
        cost = "contingent" if body else "free"  # what is there may make a task of a body
        yield Probe("other", method, path, body, of=own.key, when=SUCCEEDED, tag="route", cost=cost)


def header(row: Row, world: World) -> Iterator[Probe]:
    """A query that sends the header, where the answer gives it back."""
    expect = row.expect
    headers: tuple[tuple[str, str], ...] = ()
    if expect.get("echoes"):
        headers = ((expect["name"], "conformance-4711"),)
    auth = "missing" if expect.get("situation") == "missing-key" else "key"
    yield query(world, unknown_id(world), auth=auth, headers=headers)


def encoding(row: Row, world: World) -> Iterator[Probe]:
    """A query of a finished task that offers an encoding."""
    own = shared(world)
    yield own
    offer = (("Accept-Encoding", row.expect["offer"]),)
    yield query(world, of=own.key, when=SUCCEEDED, headers=offer, tag="encoding")


def delete(row: Row, world: World) -> Iterator[Probe]:
    """A task deleted in the phase that the row names, and looked for in the list after that."""
    probes = [*_deleted(world, row.expect["phase"], row.expect.get("body", ""))]
    yield from probes
    if row.expect.get("unlisted"):
        chosen = (ids := world.dialect.list.ids) and f"{ids}={{id}}"
        asked = "&".join(filter(None, (chosen, tasks.longest(world))))
        when = When(row.expect["phase"], after=True)
        yield tasks.listing(world, asked, of=probes[0].key, when=when, tag="unlisted")


# In real time a task has to stay as long in a phase as it takes to meet it there.
MET = {
    "queued": terms.fate(queue="5s", run="1s", end="succeeded"),
    "running": terms.fate(queue="1s", run="6s", end="succeeded"),
}


def _deleted(world: World, phase: str, body: str) -> Iterator[Probe]:
    if phase == "unknown":
        yield called(world, "delete", "key")
        return
    if phase == "cancelled":
        yield from _twice(world)
        return
    order = _numbered(world, 1 if phase == "queued" else 2 if phase == "running" else 3)
    if body:
        order = _numbered(world, 4)
    met = MET.get(phase) if world.upstream else None
    fate = terms.fate(end=phase) if phase in reader.BADLY else met
    own = create(world, order, follow=("query",), fate=fate)
    yield own
    form = Form(Way.RAW_JSON, body) if body else JSON
    yield removal(world, of=own.key, when=When(phase), form=form)
    yield query(world, of=own.key, when=When(phase, after=True), tag="deleted")


def _twice(world: World) -> Iterator[Probe]:
    own = create(world, _numbered(world, 5), follow=("query",))
    yield own
    yield removal(world, of=own.key, when=QUEUED)
    yield removal(world, of=own.key, when=RUNNING, tag="again")


def _numbered(world: World, number: int) -> orders.Order:
    """Legal orders that differ, so that each is a task of its own."""
    request = world.dialect.request
    order: orders.Order = thaw(world.dialect.cheapest)
    if seed := request.first("seed"):
        return orders.put(order, seed, number)
    words = orders.value_of(order, request.first("prompt"))
    return orders.put(order, request.first("prompt"), f"{words} ({number})")


LINKS = {
    "keyless": "plain",
    "ranged": "ranged",
    "tamper-proof": "tampered",
    "authorization": "authorization",
    "head-refused": "head",
    "error-body": "tampered",
    "headers": "plain",
    "absolute": "",
    "same": "",
}


def link(row: Row, world: World) -> Iterator[Probe]:
    """The shared task's link, changed or late as the property wants it."""
    own = shared(world)
    yield own
    if tag := LINKS[row.expect["property"]]:
        yield link_probe(own, tag)
    if row.expect["property"] == "tamper-proof":
        yield link_probe(own, "prolonged")
        yield link_probe(own, "unsigned")


def link_probe(own: Probe, tag: str) -> Probe:
    """One way to use the link of the shared task's clip."""
    headers: tuple[tuple[str, str], ...] = ()
    if tag == "ranged":
        headers = (("Range", "bytes=0-99"),)
    return Probe(
        "download",
        "HEAD" if tag == "head" else "GET",
        f"{{{tag}}}" if tag in ("tampered", "prolonged", "unsigned") else "{link}",
        auth="key" if tag == "authorization" else "none",
        headers=headers,
        of=own.key,
        when=SUCCEEDED,
        tag=tag,
    )
