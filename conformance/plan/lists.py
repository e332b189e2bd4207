"""Probes of lists: their parameters, and how one page leads to the next."""

from collections.abc import Iterator, Mapping

from conformance.catalogue import reader
from conformance.catalogue.rows import Row
from conformance.plan import tasks
from conformance.plan.probes import Probe, World, create, shared, unknown_id
from conformance.plan.terms import SUCCEEDED


def listing(row: Row, world: World) -> Iterator[Probe]:
    """Lists by every parameter that the row speaks of, right and wrong."""
    expect, own = row.expect, shared(world)
    parameter = expect.get("parameter")
    if "pages" in expect:
        yield from _pages(world, expect["pages"])
        return
    if "total" in expect:
        yield own
        yield create(world, tasks.other(world))
        yield tasks.listing(world, of=own.key, when=SUCCEEDED)
        yield tasks.listing(world, f"{parameter}=1", of=own.key, when=SUCCEEDED, tag="one")
        return
    if expect.get("beyond"):
        yield own
        alone = f"{world.dialect.list.ids}={{id}}&{world.dialect.list.size}=1&{parameter}"
        yield tasks.listing(world, f"{alone}=1", of=own.key, when=SUCCEEDED, tag="first")
        yield tasks.listing(world, f"{alone}=2", of=own.key, when=SUCCEEDED, tag="beyond")
        return
    for value in expect.get("wrong", ()):
        yield tasks.listing(world, f"{parameter}={value}", want="refuse")
    if "wrong" in expect:
        return
    if not parameter:
        if row.cost == "shared":
            yield own
            yield tasks.listing(world, of=own.key, when=SUCCEEDED)
        else:
            yield tasks.listing(world)
        return
    if "least" in expect:
        for value in (expect["least"], expect["most"]):
            yield tasks.listing(world, f"{parameter}={value}", want="accept")
        for value in (expect["least"] - 1, expect["most"] + 1):
            yield tasks.listing(world, f"{parameter}={value}", want="refuse")
    elif "default" in expect:
        yield own
        usual = f"{page}=1" if (page := world.dialect.list.page) else ""
        yield tasks.listing(world, usual, of=own.key, when=SUCCEEDED, tag="default")
    else:
        yield own
        yield from _filtered(row, world)


def _filtered(row: Row, world: World) -> Iterator[Probe]:
    """Lists by each value of a filter, and by the own task's id beside one that nobody has."""
    expect, own, unknown = row.expect, shared(world), unknown_id(world)
    name = expect["parameter"]
    if "sorted" in expect:
        yield create(world, tasks.other(world))
    for value in expect["values"]:
        text = "{id}" if value == "$task" else value
        if value in reader.BADLY and world.control:
            yield tasks.fated(world, value)
        asked = f"{name}={text}&{tasks.longest(world)}"
        yield tasks.listing(world, asked, of=own.key, when=SUCCEEDED)
    for one, two in (("{id}", unknown), (unknown, "{id}")) if expect.get("repeated") else ():
        asked = f"{name}={one}&{name}={two}"
        yield tasks.listing(world, asked, of=own.key, when=SUCCEEDED)


def _pages(world: World, names: Mapping[str, str]) -> Iterator[Probe]:
    """A list of one, the longest one from the oldest on, and what follows on a task in it."""
    own, most = shared(world), tasks.longest(world)
    yield own
    for tag, asked in (
        ("one", f"{names['size']}=1"),
        ("all", f"{names['order']}&{most}"),
        ("rest", f"{names['order']}&{most}&{names['after']}={{id}}"),
    ):
        yield tasks.listing(world, asked, of=own.key, when=SUCCEEDED, tag=tag)
