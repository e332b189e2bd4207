"""Probes of the kinds that look at a task: its answers, its clip, its end and its life."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from conformance.catalogue import orders, reader
from conformance.catalogue.rows import Row, thaw
from conformance.plan import cells, fields, pairs, terms
from conformance.plan.probes import (
    Probe,
    World,
    create,
    download,
    keeping,
    query,
    removal,
    shared,
)
from conformance.plan.terms import QUEUED, When

# How near to its end a life is looked at, in seconds: a task may take minutes to be there.
NEAR = 900
# What leaves a length or a ratio to whoever makes the clip.
OPEN = ("adaptive", -1)
PORTRAIT = "$image1?width=720&height=1280"


def fated(
    world: World, phase: str, order: Any = None, follow: tuple[str, ...] = ("query",)
) -> Probe:
    """An order whose task ends as asked of the control plane."""
    start = thaw(world.dialect.cheapest) if order is None else order
    return create(world, start, follow=follow, fate=terms.fate(end=phase))


def of_phase(row: Row, world: World) -> Iterator[Probe]:
    """The task whose answers show the row: the shared one, or one that ends otherwise."""
    phase = row.expect.get("phase", "")
    if phase in reader.BADLY:
        yield fated(world, phase)
    elif row.expect.get("when") and row.cost == "own":
        order = fields.base(row, world)
        tabled = row.expect.get("property") == "size" and "of" not in row.expect
        if tabled:
            order = orders.put(order, world.dialect.request.first("ratio"), "16:9")
        yield create(world, standing(row, world, order) or order, follow=("query", "clip"))
    else:
        yield shared(world)


def the_shared(row: Row, world: World) -> Iterator[Probe]:
    """The one paid task that all such rows read."""
    yield shared(world)


def clip(row: Row, world: World) -> Iterator[Probe]:
    """Tasks whose clips show the property, one for each value that changes it."""
    if row.expect.get("property") == "still":
        order = fields.base(row, world)
        order = standing(row, world, order) or order
        yield create(world, order, follow=("query", "clip", "still"))
        return
    yield from of_phase(row, world)
    if field := clip_field(row, world):
        yield from each_value(world, field)


def clip_field(row: Row, world: World) -> str | None:
    """The field whose every value the clips of a row have to show, where the shared task cannot."""
    if row.expect["property"] == "size" and not {"of", "when"} & set(row.expect):
        ratio = world.dialect.request.first("ratio")
        bounded = any(_speaks(each, ratio) for each in enums(world))
        return ratio if bounded and not orders.read(world.dialect.cheapest, ratio) else None
    shown = ("area", "aspect", "seconds", "size")
    return row.expect.get("of") if row.expect["property"] in shown else None


def enums(world: World) -> list[Row]:
    """The rows that list or bound the values of a field."""
    return [row for row in world.catalogue.testable if row.kind in ("enum", "range")]


def _speaks(row: Row, field: str) -> bool:
    return bool(row.expect["field"] == field)


def each_value(world: World, field: str) -> Iterator[Probe]:
    """Tasks with each of the values that a field may have."""
    few = cells.showing(world, field)
    for order in few:
        yield create(world, order, follow=("query", "clip"))
    for row in enums(world):
        if not few and _speaks(row, field) and row.level in ("must", "should"):
            drawn = fields.enum(row, world) if row.kind == "enum" else fields.in_range(row, world)
            for probe in drawn:
                if probe.want == "accept":
                    yield create(world, probe.body, follow=("query", "clip"))


def default(row: Row, world: World) -> Iterator[Probe]:
    """The order without the field, followed to its clip."""
    expect, start = row.expect, fields.base(row, world)
    if expect["value"] == "adaptive":
        if order := portrait(world):
            yield create(
                world, orders.put(order, expect["field"], orders.ABSENT), follow=("query", "clip")
            )
        return
    order = orders.put(start, expect["field"], orders.ABSENT)
    yield create(world, order, follow=("query", "clip"))
    if world.cells and row.level == "must" and "when" not in expect and (bare := pictured(world)):
        yield create(world, bare, follow=("query", "clip"))
    if world.cells and row.level == "must" and "when" not in expect:
        for order in beside(world, expect["field"]):
            yield create(world, order, follow=("query", "clip"))


def beside(world: World, field: str) -> Iterator[orders.Order]:
    """Orders without a length beside a reference that has one: it is no reason for another.

    Nor is another model, of which they are where there is one.
    """
    if field not in world.dialect.request.all("duration"):
        return
    for number, kind in enumerate(("$video", "$audio"), 1):
        for mode in world.catalogue.modes:
            texts = [*orders.strings(mode.order)]
            foreign = any(text.startswith(cells.FOREIGN) for text in texts)
            if not foreign and any(text.startswith(kind) for text in texts):
                order = orders.put(thaw(mode.order), field, orders.ABSENT)
                yield cells.remodelled(world.catalogue, order, number)
                break


def pictured(world: World) -> orders.Order | None:
    """An order with an upright picture that leaves everything to the defaults, for all of them."""
    order = portrait(world)
    for row in world.catalogue.testable:
        if order and row.kind == "default" and row.level == "must":
            order = orders.put(order, row.expect["field"], orders.ABSENT)
    return order and cells.remodelled(world.catalogue, order, 0)


def portrait(world: World) -> orders.Order | None:
    """A legal order with one upright picture."""
    for mode in world.catalogue.modes:
        text = orders.canonical(mode.order)
        if text.count("$image") == 1 and "$video" not in text and "$audio" not in text:
            order = orders.replaced(mode.order, lambda link: PORTRAIT)
            return orders.Order(order)
    return None


def effect(row: Row, world: World) -> Iterator[Probe]:
    """Orders that differ in the field, followed to where it shows."""
    field, start = row.expect["field"], fields.base(row, world)
    if "values" not in row.expect and "accept" not in row.expect:
        yield shared(world)
    still = field in world.dialect.request.all("last_frame")
    follow = ("query", "clip", "still") if still else ("query", "clip")
    few = [] if still else cells.showing(world, field)
    for value in row.expect.get("values", ()):
        order = next((each for each in few if _shows(row, each, field, value)), None)
        alone = orders.put(start, field, value)
        if still and value is True:
            order = standing(row, world, alone)
        yield create(world, order or alone, follow=follow)
    for each in fields.given(row, world):
        yield replace(each, follow=each.follow | {"query"}) if each.want == "accept" else each


def linked(row: Row, world: World) -> Iterator[Probe]:
    """The usual order, and one for each value that adds a link to its answer or adds none."""
    yield shared(world)
    field, start = row.expect["field"], fields.base(row, world)
    for value in (*row.expect["values"], *row.expect.get("without", ())):
        order = orders.put(start, field, value)
        yield create(world, standing(row, world, order) or order, follow=("query",))


def _shows(row: Row, order: orders.Order, field: str, value: Any) -> bool:
    """Whether an order has the value, and leaves nothing open that its clip could hide behind."""
    free = "adaptive" in orders.strings(order) and value != "adaptive"
    return not free and pairs.has(order, field, (value,), row.expect.get("when", {}))


def standing(row: Row, world: World, order: orders.Order) -> orders.Order | None:
    """An order of a cell that has all that sets a plain order off from the cheapest one.

    It is of the same model, whose limits the row's are, and leaves nothing else open that is seen.
    """
    usual, request = thaw(world.dialect.cheapest), world.dialect.request
    named, seen = request.all("model"), (*request.all("duration"), *request.all("ratio"))
    own, again = {}, usual
    for field, _ in pairs.combinable(world.catalogue):
        value = orders.value_of(order, field)
        if value is not None and (field in named or value != orders.value_of(usual, field)):
            own[field], again = value, orders.put(again, field, value)
    if not world.cells or orders.canonical(again) != orders.canonical(order):
        return None
    wanted = {**row.expect.get("when", {}), **own}
    for each in cells.mixed(world):
        open_ = (field for field in seen if orders.value_of(each, field) in OPEN)
        if orders.matches(each, wanted) and all(field in own for field in open_):
            return each
    return None


def wins(row: Row, world: World) -> Iterator[Probe]:
    """Orders in which two fields contradict each other."""
    for change in row.expect.get("accept", ()):
        order = orders.lay(fields.base(row, world), change)
        yield create(world, order, follow=("query", "clip"))


def actual(row: Row, world: World) -> Iterator[Probe]:
    """An order whose answer has to say what was really made."""
    order = orders.put(fields.base(row, world), row.expect["field"], row.expect["value"])
    yield create(world, standing(row, world, order) or order, follow=("query", "clip"))


def adaptive(row: Row, world: World) -> Iterator[Probe]:
    """An order that leaves the ratio to its references."""
    order = orders.lay(world.dialect.cheapest, row.expect["order"])
    yield create(world, order, follow=("query", "clip"))


def unique(row: Row, world: World) -> Iterator[Probe]:
    """Two tasks, whose ids must differ."""
    yield shared(world)
    yield create(world, other(world))


def other(world: World) -> orders.Order:
    """Another legal order: the cheapest with one more second."""
    order: orders.Order = thaw(world.dialect.cheapest)
    field, seconds = world.dialect.request.first("duration"), None
    if field:
        seconds = orders.value_of(order, field)
    if isinstance(seconds, int):
        return orders.put(order, field, seconds + 1)
    others = pairs.permitted(world.catalogue, field)
    return next((orders.put(order, field, each) for each in others if each != seconds), order)


def expiry(row: Row, world: World) -> Iterator[Probe]:
    """A task that never ends, looked at before and after it has to expire."""
    seconds = row.expect.get("seconds", 3600)
    default = row.id.endswith(".default")
    order: orders.Order = thaw(world.dialect.cheapest)
    if not default:
        order = orders.put(order, row.expect["field"], seconds)
    stuck = create(world, order, follow=("query",), fate=terms.fate(end=terms.STUCK))
    yield stuck
    yield query(world, of=stuck.key, when=When(at=seconds - 60), tag="before")
    yield query(world, of=stuck.key, when=When(at=seconds + 60), tag="after")


def lifetime(row: Row, world: World) -> Iterator[Probe]:
    """A link or a file, fetched shortly before and after its life ends."""
    seconds, of = row.expect["seconds"], row.expect["of"]
    within = row.expect.get("within", NEAR)
    before, after = When(at=seconds - within), When(at=seconds + within)
    own = shared(world)
    yield own
    match of:
        case "link":
            for when in (before, after):
                yield download(world, own.key, when=when)
        case "task":
            yield query(world, of=own.key, when=before)
            yield query(world, of=own.key, when=after)
        case "cancelled":
            removed = create(world, other(world), follow=("query",), fate=LONG)
            yield removed
            yield removal(world, of=removed.key, when=QUEUED)
            yield query(world, of=removed.key, when=before)
            yield query(world, of=removed.key, when=after)
        case "upload" if call := world.dialect.upload:
            upload = keeping(call)
            yield upload
            for when in (before, after):
                yield Probe("download", "GET", "{upload}", of=upload.key, when=when, auth="none")
        case "listing":
            yield listing(world, when=before)
            yield listing(world, when=after)


LONG = terms.fate(queue=terms.HOUR, run=terms.HOUR, end="succeeded")


def listing(world: World, parameters: str | None = None, **more: Any) -> Probe:
    """A list of tasks, as long as there may be one where nothing else is asked for."""
    asked = longest(world) if parameters is None else parameters
    return Probe("list", "GET", world.dialect.list.path + (f"?{asked}" if asked else ""), **more)


def longest(world: World) -> str:
    """The parameter of the longest list there may be, where there is one."""
    return world.dialect.list.size and f"{world.dialect.list.size}={world.dialect.list.most}"


def kept(row: Row, world: World) -> Iterator[Probe]:
    """A task that is asked for shortly before its record may go."""
    own = shared(world)
    yield own
    yield query(world, of=own.key, when=When(at=row.expect["seconds"] - NEAR))


def callback(row: Row, world: World) -> Iterator[Probe]:
    """Tasks with a receiver, one for each end that has to be told."""
    field = world.dialect.request.first("callback")
    behave = f"-{row.expect['receiver']}" if "receiver" in row.expect else ""
    if not behave and row.expect.get("retries"):
        behave = "-fail"
    order = orders.put(world.dialect.cheapest, field, f"$callback{behave}")
    for phase in row.expect["on"]:
        if phase in reader.BADLY:
            yield fated(world, phase, order)
        else:
            yield create(world, order, follow=("query",))


def no_echo(row: Row, world: World) -> Iterator[Probe]:
    """An order whose private parts must not come back in the answer."""
    order = portrait(world)
    if order is not None:
        yield create(world, order, follow=("query",))
