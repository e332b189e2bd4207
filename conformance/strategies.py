"""Orders at random: permitted ones, and ones that break exactly one row."""

from collections.abc import Mapping, Sequence
from typing import Any

from hypothesis import strategies as st

from conformance import orders
from conformance.probes import World
from conformance.rows import Row, thaw

Drawn = tuple[orders.Order, str]


def rows_of(world: World) -> list[Row]:
    """The rows whose values may be mixed freely: enumerations and ranges of plain fields."""
    return [
        row
        for row in world.catalogue.testable
        if row.kind in ("enum", "range")
        and row.level in ("must", "should")
        and "[" not in row.expect["field"]
        and row.expect["field"] != "model"
    ]


def values(row: Row) -> st.SearchStrategy[Any]:
    """The values that a row permits, those at its limits more often than the others."""
    expect = row.expect
    if row.kind == "enum":
        return st.sampled_from(expect["values"])
    least, most = expect["least"], expect["most"]
    limits = st.sampled_from([least, most, *expect.get("also", ())])
    return st.one_of(limits, st.integers(least, most))


def starts(world: World) -> list[orders.Order]:
    """The legal orders to begin with: the cheapest and every mode."""
    modes = [mode for mode in world.catalogue.modes if "$asset" not in orders.canonical(mode.order)]
    return [thaw(world.dialect.cheapest), *(thaw(mode.order) for mode in modes)]


@st.composite
def permitted(draw: st.DrawFn, world: World) -> orders.Order:
    """A legal order: a mode, with any of the permitted values in any of the fields."""
    order = draw(st.sampled_from(starts(world)))
    for row in rows_of(world):
        if draw(st.booleans()) and orders.matches(order, row.expect.get("when", {})):
            order = orders.put(order, row.expect["field"], draw(values(row)))
    return _consistent(world, order)


def _consistent(world: World, order: orders.Order) -> orders.Order:
    """Without what a row for another model forbids, and with what a reference needs."""
    for model in world.catalogue.models:
        if model.id != order.get("model"):
            continue
        for field in ("resolution", "metadata.resolution", "quality"):
            if orders.value_of(order, field) not in (None, *model.resolutions):
                order = orders.put(order, field, model.resolutions[0])
    return order


@st.composite
def breaking(draw: st.DrawFn, world: World) -> Drawn:
    """A legal order with one value that one row forbids, and that row."""
    order = draw(permitted(world))
    fitting = [row for row in rows_of(world) if orders.matches(order, row.expect.get("when", {}))]
    row = draw(st.sampled_from(fitting))
    return orders.put(order, row.expect["field"], draw(forbidden(row))), row.id


def forbidden(row: Row) -> st.SearchStrategy[Any]:
    """Values that a row forbids: those it lists, those just beyond a limit, and any others."""
    expect = row.expect
    if row.kind == "enum":
        known = {*expect["values"], *expect.get("aside", ())}
        lower = {str(each).lower() for each in known}
        other = st.text("abcdxyz0123456789:", max_size=8).filter(lambda text: text not in lower)
        return st.one_of(st.sampled_from([*expect.get("wrong", ("?",))]), other.filter(bool))
    least, most, also = expect["least"], expect["most"], expect.get("also", ())
    near = st.sampled_from([least - 1, most + 1])
    far = st.one_of(st.integers(max_value=least - 1), st.integers(min_value=most + 1))
    small = st.integers(-(10**15), 10**15)
    return st.one_of(near, far.filter(lambda n: abs(n) < 10**18), small).filter(
        lambda value: not least <= value <= most and value not in also
    )


@st.composite
def either(draw: st.DrawFn, world: World) -> tuple[orders.Order, str]:
    """An order, and the row that it breaks: the empty string where it breaks none."""
    if draw(st.booleans()):
        return draw(permitted(world)), ""
    return draw(breaking(world))


def batches(world: World, size: int) -> st.SearchStrategy[Sequence[tuple[Mapping[str, Any], str]]]:
    """Many orders at once, so that their answers can be waited for together."""
    return st.lists(either(world), min_size=size - 4, max_size=size)
