"""Probes of the kinds that speak of a body as a whole: its type, its size, and what is none."""

from collections.abc import Iterator

from conformance.catalogue.rows import Row, thaw
from conformance.plan.probes import Probe, World, cost_of, create
from conformance.plan.terms import JSON, MULTIPART, Form, Way


def media_type(row: Row, world: World) -> Iterator[Probe]:
    """The cheapest order under each content type, permitted and not."""
    order = thaw(world.dialect.cheapest)
    for kind in row.expect["accepted"]:
        usual = kind == world.dialect.content_type
        yield create(world, order, form=None if usual else form_of(kind))
    for kind in row.expect.get("refused", ()):
        form = form_of(kind)
        yield create(
            world, thaw(world.dialect.cheapest), want="refuse", cost="contingent", form=form
        )


def form_of(content_type: str) -> Form:
    """How a body of that type is written."""
    return JSON if content_type.endswith("json") else MULTIPART


def hostile(row: Row, world: World) -> Iterator[Probe]:
    """Bodies that are no order at all."""
    call = world.dialect.create
    for body in row.expect["bodies"]:
        yield Probe("create", call.method, call.path, form=Form(Way.RAW, body), want="refuse")


def malformed(row: Row, world: World) -> Iterator[Probe]:
    """Requests that are no HTTP."""
    call = world.dialect.create
    for shape in row.expect["requests"]:
        yield Probe("other", call.method, call.path, form=Form(Way.SOCKET, shape), want="refuse")


def body_size(row: Row, world: World) -> Iterator[Probe]:
    """The cheapest order, padded to a byte more than is permitted."""
    start = thaw(world.dialect.cheapest)
    yield create(
        world,
        start,
        want="refuse",
        cost=cost_of(row),
        form=Form(Way.PAD, str(row.expect["most"] + 1)),
    )
