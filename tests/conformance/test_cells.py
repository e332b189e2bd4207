"""Every cell is ordered once where orders cost nothing, and what is wrong at one alone is seen."""

from itertools import product

import pytest

from conformance.catalogue import documents, orders
from conformance.plan import cells, pairs, stage
from conformance.plan.probes import World
from tests.conformance import bends

NAMES = documents.dialects()


@pytest.mark.parametrize("name", NAMES)
def test_every_cell_and_every_whole_duration_of_each_model_is_ordered(name: str) -> None:
    catalogue = documents.catalogue(name)
    made, request = cells.found(name), catalogue.dialect.request
    known = cells.known(name)
    assert known
    for cell in known:
        assert any(orders.matches(order, cell) for order in made), cell
    model, duration = request.first("model"), request.first("duration")
    named = dict.fromkeys(cell.get(model) for cell in known)
    for each in named:
        asked = {
            repr(orders.value_of(order, duration))
            for order in made
            if each is None or orders.value_of(order, model) == each
        }
        assert {repr(value) for value in cells.durations(name, each)} <= asked
    assert all(pairs.legal(catalogue, order) for order in made)


@pytest.mark.parametrize("name", NAMES)
def test_every_pair_of_values_stands_in_an_order_of_a_cell(name: str) -> None:
    names = [field for field, _ in pairs.combinable(documents.catalogue(name))]

    def there(among: tuple[orders.Order, ...]) -> set[tuple[str, str, str, str]]:
        return {
            (one, repr(orders.read(order, one)), two, repr(orders.read(order, two)))
            for order in among
            for one, two in product(names, names)
        }

    assert there(pairs.found(name)) <= there(cells.found(name))


@pytest.mark.parametrize("name", NAMES)
def test_cells_are_ordered_only_where_orders_cost_nothing(name: str) -> None:
    catalogue = documents.catalogue(name)
    row = next(each for each in catalogue.testable if each.kind == "pairs")
    free = World(catalogue, media=True, loopback=True, cells=True)
    drawn = stage.plan(free, (row.id,)).drawn[row.id]
    assert {"query", "clip"} <= set.intersection(*(set(each.follow) for each in drawn))
    for world in (World(catalogue), World(catalogue, loopback=True)):
        billed = stage.plan(world, (row.id,)).drawn[row.id]
        assert len(billed) == len(pairs.found(name))


@pytest.mark.slow
async def test_what_is_wrong_at_one_cell_alone_is_noticed() -> None:
    plan, transcript = await bends.baseline("octopusx")
    assert bends.survivors("octopusx", plan, transcript, step=7) == []
