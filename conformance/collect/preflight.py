"""Whether the address is that of the dialect at all, found out with calls that cost nothing."""

from conformance.catalogue import documents, reader
from conformance.catalogue.wire import Dialect
from conformance.collect.collector import Collector
from conformance.collect.transcript import Exchange
from conformance.plan.calls import called
from conformance.plan.probes import Probe, query, unknown_id
from conformance.plan.terms import EMPTY


class NotThere(Exception):
    """The endpoint cannot be judged; the message is one line for the user. Exit status 3."""


async def check(run: Collector) -> None:
    """Ask for an unknown task and send an empty order; NotThere says what is wrong."""
    world = run.plan.world
    first = await run.send(query(world, unknown_id(world)), patient=True)
    run.answered[first.probe] = "refused"
    if first.status is None:
        broke = first.fault.startswith("the body")
        what = "breaks its answer off" if broke else "cannot be reached"
        raise NotThere(f"{run.base} {what}: {first.fault}")
    if first.status == 429:
        raise NotThere(f"{run.base} answers nothing but HTTP 429, its rate limit: try again later")
    if 300 <= first.status < 400:
        where = first.headers.get("location", "elsewhere")
        raise NotThere(f"{run.base} redirects to {where[:200]}: give the address it leads to")
    if first.status in (401, 403):
        said = reader.message(first.json, places=first.places)[:200]
        what = "the key" if first.status == 401 else "the first call, by the key or its rights"
        raise NotThere(f"{run.base} refuses {what}: HTTP {first.status} {said}".rstrip())
    create = called(world, "create", "key")
    empty = await run.send(create)
    run.answered[empty.probe] = "refused"
    if not first.is_json and not empty.is_json:
        kind = "a web page" if "<html" in first.text[:2000].lower() else "something else than JSON"
        raise NotThere(
            f"{run.base} answers {kind} at {first.url} (HTTP {first.status}): "
            f"is it the root of the {world.dialect.title} API?"
        )
    if _absent(empty) or _absent_route(first):
        raise NotThere(await _another(run, empty))
    await _sibling(run)


async def _sibling(run: Collector) -> None:
    """A query that is not even there without a key, where a sibling's is: NotThere names it."""
    own = run.plan.world.dialect
    keyless = await run.send(called(run.plan.world, "query", "missing"))
    run.answered[keyless.probe] = "refused"
    if keyless.status not in (404, 405):
        return
    for name in documents.dialects():
        other = documents.catalogue(name).dialect
        if other.create.path == own.create.path and other.query.path != own.query.path:
            path = other.query.path.replace("{id}", unknown_id(run.plan.world))
            probe = Probe("other", "GET", path, auth="missing", tag="preflight")
            if (await run.send(probe)).status == 401:
                raise NotThere(
                    f"{run.base} is not {own.title}: tasks are read at {other.query.path} as "
                    f"{other.title} has it, so try --dialect {name}"
                )


def _absent(empty: Exchange) -> bool:
    return empty.status in (404, 405)


def _absent_route(first: Exchange) -> bool:
    return first.status == 405 or (first.status == 404 and not first.is_json)


async def _another(run: Collector, empty: Exchange) -> str:
    """Which dialect is spoken there, in one sentence."""
    own = run.plan.world.dialect
    for name in documents.dialects():
        other = documents.catalogue(name).dialect
        if other.create.path == own.create.path:
            continue
        if await _speaks(run, other):
            return (
                f"{run.base} is not {own.title}: it answers at {other.create.path} as "
                f"{other.title} does, so try --dialect {name}"
            )
    if await _speaks(run, own, f"/{own.name}"):
        return f"{run.base} is not the root of the {own.title} API: try {run.base}/{own.name}"
    return (
        f"{run.base} is not {own.title}: {own.create.method} {own.create.path} answers "
        f"HTTP {empty.status}"
    )


async def _speaks(run: Collector, other: Dialect, under: str = "") -> bool:
    path = under + other.create.path
    probe = Probe("other", other.create.method, path, form=EMPTY, tag="preflight")
    exchange = await run.send(probe)
    return exchange.is_json and exchange.status in (400, 401, 403, 415, 422)
