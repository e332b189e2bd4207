"""Probes of the kind `answered`: any request at all, and what comes back."""

from collections.abc import Iterator

from conformance.catalogue import orders
from conformance.catalogue.rows import Row, freeze, thaw
from conformance.plan import fields, terms
from conformance.plan.probes import Probe, World, cost_of, create, shared, unknown_id
from conformance.plan.terms import When

TAG = "answered"


def answered(row: Row, world: World) -> Iterator[Probe]:
    """The request of the row, after the order whose task it asks about, where it asks about one."""
    expect, path = row.expect, row.expect.get("path", "")
    if "order" in expect:
        yield _order(row, world)
    elif "{id}" not in path:
        yield _request(row, world)
    elif "fate" in expect:
        made = create(world, thaw(world.dialect.cheapest), fate=terms.Fate(expect["fate"]))
        yield made
        yield _request(row, world, of=made.key, when=When(at=expect["after"]))
    elif row.cost == "free":
        yield _request(row, world, id=unknown_id(world))
    else:
        made = shared(world)
        yield made
        yield _request(row, world, of=made.key, when=When(expect.get("phase", "succeeded")))


def _headers(row: Row) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(row.expect.get("sends", {}).items()))


def _request(
    row: Row, world: World, id: str = "{id}", of: str = "", when: When = terms.NOW
) -> Probe:
    expect, usual = row.expect, world.dialect.create
    return Probe(
        call="other",
        method=expect.get("method", usual.method),
        path=expect.get("path", usual.path).replace("{id}", id),
        body=expect.get("body"),
        form=terms.form(expect.get("form", "json")),
        auth=expect.get("auth", "key"),
        headers=_headers(row),
        of=of,
        when=when,
        tag=TAG,
    )


def _order(row: Row, world: World) -> Probe:
    """The cheapest order with the row's change, sent where and how the row says."""
    expect, usual = row.expect, world.dialect.create
    order = orders.lay(fields.base(row, world), expect["order"])
    good = expect["http"][0] < 300
    follow = ("query",) if "shown" in expect else ()
    want, cost = ("accept", "own") if good else ("refuse", cost_of(row))
    auth, path = expect.get("auth", "key"), expect.get("path", usual.path)
    method, form, headers = (
        expect.get("method", usual.method),
        terms.form(expect["form"]) if "form" in expect else None,
        _headers(row),
    )
    if not headers and (method, path) == (usual.method, usual.path):
        return create(world, order, want=want, cost=cost, follow=follow, auth=auth, form=form)
    return Probe(
        "create", method, path, body=freeze(order), form=form or terms.JSON, auth=auth,
        headers=headers, want=want, cost=cost, follow=frozenset(follow),
    )  # fmt: skip
