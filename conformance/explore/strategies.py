"""Orders at random: permitted ones, and ones that break exactly one row."""

import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from hypothesis import strategies as st

from conformance.catalogue import orders
from conformance.catalogue.documents import Catalogue
from conformance.catalogue.rows import Row, thaw
from conformance.plan import kinds, pairs, permits
from conformance.plan.probes import World
from conformance.plan.terms import JSON, MULTIPART

Drawn = tuple[orders.Order, str]
CHANGES = 4
LARGEST = 6_000
ABSENT_HERE = ("$draft", "$task", "$asset", "$callback", "$null")


@cache
def rows_of(catalogue: Catalogue) -> tuple[Row, ...]:
    """The rows whose values may be mixed freely: all that bound a plain field but the model."""
    models = catalogue.dialect.request.all("model")
    return tuple(row for row in pairs.bounding(catalogue) if row.expect["field"] not in models)


@cache
def values(catalogue: Catalogue, id: str) -> st.SearchStrategy[Any]:
    """The values that a row permits, those at its limits more often than the others."""
    row = catalogue.row(id)
    expect = row.expect
    if row.kind == "enum":
        return st.sampled_from(expect["values"])
    least, most = expect["least"], expect["most"]
    limits = st.sampled_from([least, most, *expect.get("also", ())])
    return st.one_of(limits, st.integers(least, most))


def starts(world: World) -> tuple[Sequence[Drawn], Sequence[Drawn]]:
    """Orders to begin with: legal ones, and ones that a row forbids, each with its row."""
    return _starts(world.catalogue, world.control, world.second, world.media)


@cache
def _starts(
    catalogue: Catalogue, control: bool, second: bool, media: bool
) -> tuple[Sequence[Drawn], Sequence[Drawn]]:
    world = World(catalogue, control=control, second=second, media=media, loopback=True)
    legal: dict[str, Drawn] = {}
    for order in (world.dialect.cheapest, *(mode.order for mode in world.catalogue.modes)):
        _keep(world, legal, thaw(order), "")
    illegal: dict[str, Drawn] = {}
    for row in world.catalogue.testable:
        if row.level not in permits.SURE or not all(map(world.has, row.needs)):
            continue
        if row.kind in ("error", "envelope", "refund"):
            continue
        for probe in kinds.priced(row, world):
            plain = probe.form in (JSON, MULTIPART) and probe.auth == "key" and not probe.fate
            if probe.call == "create" and plain and isinstance(probe.body, Mapping):
                kept = {"accept": legal, "refuse": illegal}.get(probe.want)
                usual = world.dialect.media == "file"
                if kept is not None and (probe.form == MULTIPART) == usual:
                    name = row.id if probe.want == "refuse" else ""
                    _keep(world, kept, thaw(probe.body), name)
    return tuple(legal.values()), tuple(illegal.values())


def _keep(world: World, kept: dict[str, Drawn], order: orders.Order, row: str) -> None:
    text = orders.canonical(order)
    if len(text) > LARGEST or any(each in text for each in ABSENT_HERE):
        return
    if not row and permits.broken(world.catalogue, order) != ([], True):
        return
    kept.setdefault(text, (order, row))


@cache
def _free(catalogue: Catalogue) -> Mapping[str, tuple[str, ...]]:
    """The fields that may be true or false, left out, or null."""
    found: dict[str, list[str]] = {"boolean": [], "absent": [], "null": []}
    for row in catalogue.testable:
        if row.level not in permits.SURE or row.expect.get("when"):
            continue
        if row.kind == "type" and tuple(row.expect["types"]) == ("boolean",):
            found["boolean"].append(row.expect["field"])
        elif row.kind == "optional":
            found["absent"] += [each for each in row.expect["fields"] if "[" not in each]
        elif row.kind == "null-absent":
            found["null"] += row.expect["fields"]
        elif row.kind == "default":
            found["absent"].append(row.expect["field"])
    return {key: tuple(each for each in names if "[" not in each) for key, names in found.items()}


@st.composite
def varied(draw: st.DrawFn, world: World, start: Mapping[str, Any], row: str) -> orders.Order:
    """The order with other permitted values in some fields, and its items in another order.

    Where it breaks a row, what makes it do so is left alone.
    """
    order = orders.Order(thaw(start))
    usual = world.dialect.cheapest
    own = {key for key in {*order, *usual} if order.get(key) != thaw(usual.get(key))}
    held = own if row else set()
    for _ in range(draw(st.integers(0, CHANGES))):
        field, value = draw(_change(world, order))
        if field.split(".")[0] not in held and _sensible(world, order, row, field, value):
            order = orders.put(order, field, value)
    place = world.dialect.request.items
    items = orders.value_of(order, place) if place else None
    if isinstance(items, list) and len(items) > 1 and draw(st.booleans()):
        order = orders.put(order, place, draw(st.permutations(items)))
    return order


@st.composite
def _change(draw: st.DrawFn, world: World, order: Mapping[str, Any]) -> tuple[str, Any]:
    """A field, and something that it may have."""
    free = _free(world.catalogue)
    fitting = [
        row for row in rows_of(world.catalogue) if orders.matches(order, row.expect.get("when", {}))
    ]
    choices: list[Any] = [
        *fitting,
        *((kind, field) for kind, names in free.items() for field in names),
    ]
    if not choices:
        request = world.dialect.request
        return request.first("model"), request.value(order, "model")
    choice = draw(st.sampled_from(choices))
    if isinstance(choice, Row):
        return choice.expect["field"], draw(values(world.catalogue, choice.id))
    kind, field = choice
    if kind == "boolean":
        return field, draw(st.booleans())
    return field, None if kind == "null" else orders.ABSENT


def _sensible(world: World, order: Mapping[str, Any], row: str, field: str, value: Any) -> bool:
    """Whether the order is still legal with it, or still breaks its row, as far as rows say."""
    changed = orders.put(order, field, value)
    if row:
        told = world.catalogue.row(row).kind in permits.KINDS
        return not told or row in permits.broken(world.catalogue, changed)[0]
    return permits.broken(world.catalogue, changed) == ([], True) and _offered(world, changed)


def _offered(world: World, order: Mapping[str, Any]) -> bool:
    """Whether the order's model has its resolution."""
    request = world.dialect.request
    named = request.value(order, "model")
    return all(
        orders.value_of(order, field) in (None, *model.resolutions)
        for model in world.catalogue.models
        if model.id == named
        for field in request.all("resolution")
    )


@st.composite
def permitted(draw: st.DrawFn, world: World) -> orders.Order:
    """A legal order: a mode or what a row permits, with other permitted values."""
    order, _ = draw(st.sampled_from(starts(world)[0]))
    legal: orders.Order = draw(varied(world, order, ""))
    return legal


@st.composite
def breaking(draw: st.DrawFn, world: World) -> Drawn:
    """An order that breaks a row: by a value of a field, or as a row lists it."""
    _, illegal = starts(world)
    listed: bool = bool(illegal) and draw(st.booleans())
    if listed:
        start, row = draw(st.sampled_from(illegal))
        return draw(varied(world, start, row)), row
    order: orders.Order = draw(permitted(world))
    fitting = [
        row for row in rows_of(world.catalogue) if orders.matches(order, row.expect.get("when", {}))
    ]
    chosen = draw(st.sampled_from(fitting))
    value = draw(forbidden(world.catalogue, chosen.id))
    return orders.put(order, chosen.expect["field"], value), chosen.id


@cache
def forbidden(catalogue: Catalogue, id: str) -> st.SearchStrategy[Any]:
    """Values that a row forbids: what it lists, what is just beyond, another model's, any."""
    row = catalogue.row(id)
    expect = row.expect
    if row.kind == "enum":
        known = {*expect["values"], *expect.get("aside", ())}
        lower = {str(each).lower() for each in known}
        like = re.compile(expect.get("aside_like", r"(?!)"))  # which fits nothing
        other = st.text("abcdxyz0123456789:", max_size=8).filter(
            lambda text: text not in lower and not like.fullmatch(text)
        )
        wrong = [*(expect.get("wrong") or ("?",)), *_others(catalogue, row)]
        return st.one_of(st.sampled_from(wrong), other.filter(bool))
    least, most, also = expect["least"], expect["most"], expect.get("also", ())
    near = st.sampled_from([least - 1, most + 1])
    far = st.one_of(st.integers(max_value=least - 1), st.integers(min_value=most + 1))
    small = st.integers(-(10**15), 10**15)
    return st.one_of(near, far.filter(lambda n: abs(n) < 10**18), small).filter(
        lambda value: not least <= value <= most and value not in also
    )


def _others(catalogue: Catalogue, row: Row) -> list[Any]:
    """What other models may have in the field, and this one may not."""
    own = {*row.expect["values"], *row.expect.get("aside", ())}
    return [
        value
        for other in rows_of(catalogue)
        if other.kind == "enum" and other.expect["field"] == row.expect["field"]
        for value in other.expect["values"]
        if value not in own
    ]


@st.composite
def _named(draw: st.DrawFn, world: World) -> Drawn:
    """A legal order, which breaks no row: its name is empty."""
    legal: orders.Order = draw(permitted(world))
    return legal, ""


def either(world: World) -> st.SearchStrategy[Drawn]:
    """An order, and the row that it breaks: the empty string where it breaks none."""
    return st.one_of(_named(world), breaking(world))


def batches(world: World, size: int) -> st.SearchStrategy[Sequence[tuple[Mapping[str, Any], str]]]:
    """Many orders at once, so that their answers can be waited for together."""
    return st.lists(either(world), min_size=size - 4, max_size=size)
