"""Values of different fields are used together, every pair of them, and never against a row."""

from dataclasses import replace
from itertools import combinations, product
from pathlib import Path
from typing import Any

import pytest

from conformance.catalogue import documents, orders
from conformance.plan import cells, pairs, stage
from conformance.plan.probes import World
from simulator.core.problems import Kind, Problem
from simulator.dialects import load
from tests.conformance.meeting import judged, recorded, serving

NAMES = documents.dialects()


@pytest.mark.parametrize("name", NAMES)
def test_every_pair_that_may_occur_occurs(name: str) -> None:
    catalogue = documents.catalogue(name)
    found = pairs.found(catalogue)
    fields = pairs.combinable(catalogue)
    models = dict(fields).get("model", ())
    for (one, firsts), (two, seconds) in combinations(fields, 2):
        there = {str((orders.value_of(o, one), orders.value_of(o, two))) for o in found}
        for pair in product(firsts, seconds):
            may = any(
                pairs.legal(
                    catalogue, pairs.order_of(catalogue, [*model, (one, pair[0]), (two, pair[1])])
                )
                for model in ([], *([("model", each)] for each in models))
            )
            assert (str(pair) in there) is may, (one, two, pair)


@pytest.mark.parametrize("name", NAMES)
def test_each_order_is_legal_and_each_value_stands_in_the_few_that_are_watched(name: str) -> None:
    catalogue = documents.catalogue(name)
    assert all(pairs.legal(catalogue, order) for order in pairs.found(catalogue))
    for field, values in pairs.combinable(catalogue):
        for world in (World(catalogue, loopback=True, cells=each) for each in (True, False)):
            shown = [orders.value_of(order, field) for order in cells.cover(world)]
            assert {str(each) for each in values} <= {str(each) for each in shown}


def test_where_orders_cost_one_value_is_changed_at_a_time() -> None:
    catalogue = documents.catalogue("apiyi")
    row = next(each for each in catalogue.testable if each.id == "apiyi.duration.range")
    billed = stage.plan(World(catalogue), (row.id,))
    free = stage.plan(World(catalogue, loopback=True), (row.id,))
    usual = catalogue.dialect.cheapest
    changed = [
        {key for key, value in probe.body.items() if value != usual.get(key)}
        for probe in billed.drawn[row.id]
        if probe.want == "accept"
    ]
    assert all(each <= {"duration"} for each in changed)
    assert any("ratio" in probe.body for probe in free.drawn[row.id] if probe.want == "accept")


class NotTogether:
    """A rule that no document knows: two values that are legal alone are refused together."""

    field = "seed"

    def __init__(self, **values: Any) -> None:
        self.values = values

    def problem(self, body: Any) -> Problem | None:
        both = all(body.get(key) == value for key, value in self.values.items())
        return Problem(Kind.CHOICE, self.field, "not together") if both else None


def stricter(**values: Any) -> Any:
    """The apiyi dialect with that rule."""
    dialect = load("apiyi")
    routes = list(dialect.routes)
    place = next(n for n, route in enumerate(routes) if route.method == "POST")
    rules = (*routes[place].rules, NotTogether(**values))
    routes[place] = replace(routes[place], rules=rules)
    return replace(dialect, routes=tuple(routes))


async def test_a_hidden_rule_for_two_values_is_found_and_blamed_on_neither(tmp_path: Path) -> None:
    ids = ["apiyi.fields.combined", "apiyi.duration.range", "apiyi.ratio.enum"]
    async with serving(stricter(ratio="21:9", duration=15)) as base:
        found = judged(await recorded(base, "apiyi", ids, tmp_path))
    assert found[ids[0]].result == "warn"
    assert "21:9" in found[ids[0]].message
    assert "15" in found[ids[0]].message
    assert {found[id].result for id in ids[1:]} == {"pass"}


async def test_a_value_that_is_never_taken_is_its_own_rows_matter(tmp_path: Path) -> None:
    ids = ["apiyi.fields.combined", "apiyi.duration.range", "apiyi.ratio.enum"]
    async with serving(stricter(ratio="21:9")) as base:
        found = judged(await recorded(base, "apiyi", ids, tmp_path))
    assert [found[id].result for id in ids] == ["pass", "pass", "fail"]
