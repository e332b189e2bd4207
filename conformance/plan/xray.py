"""The orders of an X-ray: for each mode of the document one with every field set.

They show what a gateway makes of an order before it reaches the simulator behind it. Each field has
a value that is not its default, so that whatever arrives in its place was not put there by chance;
which values may stand together the rows say. Where a gateway refuses so much at once, the mode's
own order follows, which is legal anywhere.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from conformance.catalogue import documents, orders
from conformance.catalogue.documents import Catalogue, Mode
from conformance.catalogue.rows import thaw
from conformance.plan import directives, pairs, permits
from conformance.plan.probes import PROFILES, Probe, World, create
from conformance.plan.references import ORDERED

TAG = "xray"
# Nobody answers there, so that a callback which is passed on disturbs nobody.
CALLBACK = "https://xray.invalid/callback"
SEED = 31_337
FIXED: Mapping[str, tuple[Any, ...]] = {
    "callback": (CALLBACK,),
    "sound": (False,),
    "watermark": (True,),
    "last_frame": (True,),
}
# Kinds of rows that say what a field may hold, those that say it exactly first.
VALUED = ("enum", "range", "effect", "type")
SAID = (*permits.SURE, "unclear")
# Fields that rows say nobody reads, or that another decides over.
UNREAD = ("ignored", "unsupported", "wins")
# Whatever leaves the choice to the model.
OPEN = ("adaptive", "auto", -1, "-1", "", None)
# What makes another thing of an order: a draft is no video, and frames contradict seconds.
OTHER = ("model", "prompt", "frames", "draft", "operation")


@dataclass(frozen=True, slots=True)
class Ray:
    """One order of the X-ray: the mode, whether every field is set in it, and its probe."""

    mode: Mode
    full: bool
    probe: Probe


def rays(world: World) -> tuple[Ray, ...]:
    """The orders of an X-ray in the order of sending; none without an upstream or a budget."""
    if not world.upstream or "own" not in PROFILES[world.profile]:
        return ()
    return tuple(_rays(world))


def _rays(world: World) -> Iterator[Ray]:
    for number, mode in enumerate(world.catalogue.modes):
        bare: orders.Order = thaw(mode.order)
        for full, order in ((True, filled(world, bare, number)), (False, bare)):
            yield Ray(mode, full, _probe(world, mode.name, full, order))


def _probe(world: World, mode: str, full: bool, order: orders.Order) -> Probe:
    request = world.dialect.request
    asked = directives.asking(order, request, directives.QUICK)
    words = request.value(asked, "prompt")
    if isinstance(words, str):
        name = mode if full else f"{mode}-bare"
        asked = orders.put(asked, request.first("prompt"), f"{ORDERED}{name} {words}")
    return replace(create(world, asked), cost="own", follow=frozenset(), tag=TAG)


def filled(world: World, order: orders.Order, number: int) -> orders.Order:
    """The order with every field set that may stand beside the others."""
    over = deciding(world.catalogue)
    for field, values in fields(world.catalogue, number):
        if orders.read(order, field) and not _plain(world, field):
            continue
        if any(under == field and orders.read(order, each) for each, under in over.items()):
            continue  # nothing would be left of it
        now = orders.value_of(order, field)
        for value in sorted(values, key=lambda each: each == now):
            changed = orders.put(order, field, value)
            if orders.value_of(changed, field) == value and _fits(world, order, changed):
                order = changed
                break
    return order


def deciding(catalogue: Catalogue) -> Mapping[str, str]:
    """Fields that decide over another one where both are set, with the other."""
    rows = (row for row in catalogue.testable if row.kind == "wins" and row.level in permits.SURE)
    return {row.expect["field"]: row.expect["over"] for row in rows if "over" in row.expect}


def _plain(world: World, field: str) -> bool:
    """Whether a field that the mode sets may be set otherwise: what it is about may not."""
    request = world.dialect.request
    media = [each for some in request.media.values() for each in some]
    kept = [each for what in OTHER for each in request.all(what)]
    return field not in (*media, *kept)


def _fits(world: World, before: orders.Order, after: orders.Order) -> bool:
    """Whether a change breaks no row, and makes none doubtful."""
    (known, sure), (broken, still) = (
        permits.broken(world.catalogue, each) for each in (before, after)
    )
    doubtful = sure and not still and _judged(world, before, after)
    return set(broken) <= set(known) and not doubtful and pairs.legal(world.catalogue, after)


def _judged(world: World, before: orders.Order, after: orders.Order) -> bool:
    """Whether a row that is not sure would refuse the change: a witness or an exclusion."""
    soft = [row for row, _ in permits.judged(world.catalogue) if row.level not in permits.SURE]
    named = {field for row in soft for field in _speaks(row.expect)}
    return any(orders.read(before, field) != orders.read(after, field) for field in named if field)


def _speaks(expect: Any) -> Iterator[str]:
    yield str(expect.get("field", ""))
    for change in expect.get("refuse", ()):
        yield from change
    yield from expect.get("fields", ())


def fields(catalogue: Catalogue, number: int) -> list[tuple[str, Sequence[Any]]]:
    """The fields to set with the values to try, those that the head names first."""
    named = {
        field: what
        for what, all_ in catalogue.dialect.request.fields.items()
        for field in all_
        if what not in OTHER
    }
    found = {**named, **dict.fromkeys(_others(catalogue, named), "")}
    tried = [(field, values(catalogue, field, what, number)) for field, what in found.items()]
    return [(field, some) for field, some in tried if some]


def _others(catalogue: Catalogue, named: Collection[str]) -> Iterator[str]:
    """The fields that only rows speak of: whole ones, that are read and hold no media."""
    request = catalogue.dialect.request
    media = {field.partition("[")[0] for some in request.media.values() for field in some}
    kept = {field for what in OTHER for field in request.all(what)} | {*named, request.items}
    unread = {row.expect.get("field") for row in catalogue.testable if row.kind in UNREAD}
    for row in catalogue.testable:
        field = str(row.expect.get("field", ""))
        whole = "[" not in field and field.partition(".")[0] not in media
        if row.kind in VALUED and row.level in SAID and whole and field not in {*kept, *unread}:
            yield field


def values(catalogue: Catalogue, field: str, what: str, number: int) -> list[Any]:
    """Values of a field that are its default in no dialect, the most recognisable first."""
    if what in FIXED:
        return list(FIXED[what])
    if what == "seed":
        return [SEED + number]
    about = [row for row in catalogue.testable if row.expect.get("field") == field]
    usual = (
        defaults(what) if what else [row.expect["value"] for row in about if row.kind == "default"]
    )
    said = [row for row in about if row.kind in VALUED and row.level in SAID]
    said.sort(key=lambda row: VALUED.index(row.kind))
    # Each once, by its text: true is not the number 1.
    found = {orders.canonical(each): each for row in said for each in _of(row.kind, row.expect)}
    known = {str(each) for each in usual}
    unusual = [thaw(each) for each in found.values() if str(each) not in known]
    return [each for each in unusual if each not in OPEN]


@cache
def defaults(what: str) -> tuple[Any, ...]:
    """What the documents of all dialects have as a default for what an order says."""
    return tuple(
        row.expect["value"]
        for name in documents.dialects()
        for row in documents.catalogue(name).testable
        if row.kind == "default"
        and row.expect["field"] in documents.catalogue(name).dialect.request.all(what)
    )


def _of(kind: str, expect: Any) -> Iterator[Any]:
    match kind:
        case "enum" | "effect":
            yield from expect.get("values", ())
        case "range":
            least, most = expect["least"], expect["most"]
            yield from (least + (most - least) // 3, most, least)
        case "type" if "boolean" in expect["types"]:
            yield from (True, False)
