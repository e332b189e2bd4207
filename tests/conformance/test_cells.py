"""Every cell is ordered once where orders cost nothing, and what is wrong at one alone is seen."""

import json
from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest

from conformance.catalogue import documents, orders
from conformance.collect.transcript import Exchange, Transcript
from conformance.judge import bought
from conformance.plan import cells, kinds, pairs, permits, stage
from conformance.plan.probes import World
from tests.conformance import bends
from tests.conformance.bending import Ask, Bend, before, swapped
from tests.conformance.meeting import judged, planned, recorded, serving
from tests.conformance.mutants import put

NAMES = documents.dialects()


@pytest.mark.parametrize("name", NAMES)
def test_every_cell_and_every_whole_duration_of_each_model_is_ordered(name: str) -> None:
    catalogue = documents.catalogue(name)
    made, request = cells.found(catalogue), catalogue.dialect.request
    known = cells.known(catalogue)
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
        assert {repr(value) for value in cells.durations(catalogue, each)} <= asked
    assert all(pairs.legal(catalogue, order) for order in made)


@pytest.mark.parametrize("name", NAMES)
def test_every_pair_of_values_stands_in_an_order_of_a_cell(name: str) -> None:
    catalogue = documents.catalogue(name)
    names = [field for field, _ in pairs.combinable(catalogue)]

    def there(among: tuple[orders.Order, ...]) -> set[tuple[str, str, str, str]]:
        return {
            (one, repr(orders.read(order, one)), two, repr(orders.read(order, two)))
            for order in among
            for one, two in product(names, names)
        }

    assert there(pairs.found(catalogue)) <= there(cells.found(catalogue))


@pytest.mark.parametrize("name", NAMES)
def test_each_kind_of_reference_is_followed_as_it_is_and_otherwise(name: str) -> None:
    catalogue = documents.catalogue(name)
    made, request = cells.referring(catalogue), catalogue.dialect.request
    usual = {orders.canonical(mode.order) for mode in catalogue.modes}
    others = [order for order in made if orders.canonical(order) not in usual]
    assert others or name == "openai"  # whose one mode with a picture can only be as it is
    assert len(made) <= 2 * len(usual)
    for what, wanted in (("sound", False), ("last_frame", True)):
        if cells.every_value(catalogue, request.first(what)):
            shown = {request.value(order, what) for order in others}
            assert wanted in shown, what
    field = request.first("duration")
    lengths = {str(orders.value_of(order, field)) for order in others}
    assert len(lengths) > 2 or not others


def test_a_plan_goes_by_the_catalogue_at_hand_and_not_by_another_of_its_name() -> None:
    known = documents.catalogue("octopusx")
    fewer = replace(
        known, rows=tuple(row for row in known.rows if row.kind not in ("pairs", "enum"))
    )
    here, there = (World(each, loopback=True, cells=True) for each in (known, fewer))
    assert cells.mixed(here)
    assert not cells.mixed(there)
    odd = orders.put(known.dialect.cheapest, known.dialect.request.first("model"), "none")
    assert permits.broken(known, odd)[0]
    assert not permits.broken(fewer, odd)[0]


@pytest.mark.parametrize("name", NAMES)
def test_cells_are_ordered_only_where_orders_cost_nothing(name: str) -> None:
    catalogue = documents.catalogue(name)
    row = next(each for each in catalogue.testable if each.kind == "pairs")
    free = World(catalogue, media=True, loopback=True, cells=True)
    drawn = stage.plan(free, (row.id,)).drawn[row.id]
    assert {"query", "clip"} <= set.intersection(*(set(each.follow) for each in drawn))
    for world in (World(catalogue), World(catalogue, loopback=True)):
        billed = stage.plan(world, (row.id,)).drawn[row.id]
        assert len(billed) == len(pairs.found(catalogue))


def test_where_orders_cost_the_report_says_which_cells_were_not_bought() -> None:
    plan = stage.plan(World(documents.catalogue("octopusx"), media=True))
    exchanges = [
        Exchange(number, probe.key, "create", "own", "accept", "POST", "/", status=200,
                 json={"task_id": f"task-{number}"})
        for number, probe in enumerate(plan.with_cost("own", "shared"), 1)
    ]  # fmt: skip
    some = bought.missing(plan, Transcript({}, tuple(exchanges[:1]), (), True))
    whole = bought.missing(plan, Transcript({}, tuple(exchanges), (), True))
    assert " of 25 cells of model, " in some
    assert "doubao-seedance-2-0-260128 " in some
    assert int((whole or "0 of").split()[0]) < int(some.split()[0])
    nothing = stage.plan(World(documents.catalogue("octopusx"), media=True, loopback=True))
    assert bought.missing(nothing, Transcript({}, (), (), True)) == ""


@pytest.mark.slow
async def test_what_is_wrong_at_one_cell_alone_is_noticed() -> None:
    plan, transcript = await bends.baseline("octopusx")
    assert bends.survivors("octopusx", plan, transcript, step=7) == []


@pytest.mark.parametrize(
    ("row", "ask"),
    [
        (
            "octopusx.ratio.default",
            swapped(r'"metadata": ?\{\}', '"metadata":{"ratio":"adaptive"}'),
        ),
        ("octopusx.duration.default", swapped(r'"metadata": ?\{\}', '"metadata":{"duration":9}')),
        (
            "evolink.ratio.default",
            swapped(r"^\{(?=.*image_urls)(?!.*aspect_ratio)", '{"aspect_ratio":"adaptive",'),
        ),
        (
            "evolink.duration.default",
            swapped(r'^\{(?=.*video_urls)(?!.*"duration")', '{"duration":8,'),
        ),
        (
            "apiyi.duration.default",
            swapped(r'^\{(?=.*audio_url)(?!.*"duration")', '{"duration":8,'),
        ),
    ],
)
async def test_a_default_that_a_reference_changes_is_noticed(
    row: str, ask: Ask, tmp_path: Path
) -> None:
    async with serving() as base, before(base, Bend("a reference decides", row, ask)) as gateway:
        name = row.partition(".")[0]
        found = judged(await recorded(gateway, name, (row,), tmp_path, cells=True))
    assert found[row].result == "fail"


@pytest.mark.slow
async def test_a_last_picture_that_is_lost_at_one_ratio_is_noticed(tmp_path: Path) -> None:
    row = "octopusx.return-last-frame.linked"
    lost = swapped('(?=.*"1:1")(.*)"return_last_frame": ?true', r'\1"return_last_frame":false')
    async with serving() as base, before(base, Bend("lost", row, lost)) as gateway:
        ids = (row, "octopusx.fields.combined")
        found = judged(await recorded(gateway, "octopusx", ids, tmp_path, cells=True))
    assert found[row].result == "fail"


@pytest.mark.slow
async def test_a_last_picture_of_another_size_at_one_cell_alone_is_noticed(tmp_path: Path) -> None:
    async with serving() as base:
        ids = ("apiyi.fields", "apiyi.last-frame")
        transcript = await recorded(base, "apiyi", ids, tmp_path, cells=True)
    facts = list(transcript.facts)
    last = [number for number, fact in enumerate(facts) if fact["kind"] == "still"]
    assert len(last) > 5
    facts[last[-1]] = {**facts[last[-1]], "width": 7}
    found = judged(replace(transcript, facts=tuple(facts)))["apiyi.last-frame.picture"]
    assert found.result == "fail"
    assert "not a png of" in found.message


@pytest.mark.slow
async def test_a_length_of_the_models_own_choice_is_named_at_every_cell(tmp_path: Path) -> None:
    async with serving() as base:
        ids = ("apiyi.fields", "apiyi.duration.auto")
        transcript = await recorded(base, "apiyi", ids, tmp_path, cells=True)
    plan = planned(json.dumps(transcript.meta, sort_keys=True))
    struck = bends.Bend("", {"duration": -1}).struck(plan, transcript)
    assert len(struck) > 5
    for probe in struck:
        changed = tuple(
            put(each, "/duration", -1) if each.call == "query" and each.of == probe.key else each
            for each in transcript.exchanges
        )
        after = judged(replace(transcript, exchanges=changed))
        assert after["apiyi.duration.auto"].result == "fail"


@pytest.mark.parametrize("name", NAMES)
def test_references_are_ordered_of_more_models_than_the_usual_one(name: str) -> None:
    catalogue = documents.catalogue(name)
    field = catalogue.dialect.request.first("model")
    referring = cells.referring(catalogue)
    made = {orders.value_of(order, field) for order in referring}
    if len(pairs.permitted(catalogue, field)) > 1 and name != "openai":  # see above
        assert len(made) > 1


async def test_what_is_wrong_with_references_at_another_model_is_noticed(tmp_path: Path) -> None:
    cut = swapped(r'(?=.*-2-0-260128)(?=.*image_url)(.*"duration": ?)\d+', r"\g<1>4")
    bend = Bend("references cost length", "octopusx.duration.effect", cut)
    async with serving() as base, before(base, bend) as gateway:
        rows = (bend.row, "octopusx.fields.combined")
        found = judged(await recorded(gateway, "octopusx", rows, tmp_path, cells=True), rows)
    assert found[bend.row].result == "fail"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("row", "level", "ask"),
    [
        ("octopusx.duration.range", "fail", swapped('"duration": ?12', '"duration":16')),
        (
            "octopusx.camera-fixed.type",
            "warn",
            swapped('"camera_fixed": ?false', '"camera_fixed":[]'),
        ),
        ("octopusx.watermark.type", "warn", swapped('"watermark": ?true', '"watermark":[]')),
    ],
)
async def test_a_value_that_is_always_refused_is_the_matter_of_its_row_alone(
    row: str, level: str, ask: Ask, tmp_path: Path
) -> None:
    async with serving() as base, before(base, Bend("a value is refused", row, ask)) as gateway:
        found = judged(await recorded(gateway, "octopusx", (), tmp_path, cells=True))
    wrong = {id: each.result for id, each in found.items() if each.result in ("fail", "warn")}
    assert wrong == {row: level}


@pytest.mark.parametrize("name", NAMES)
def test_an_order_of_a_cell_stands_for_a_plain_one_of_its_model(name: str) -> None:
    catalogue = documents.catalogue(name)
    request = catalogue.dialect.request
    free = World(catalogue, control=True, media=True, loopback=True, cells=True)
    billed = replace(free, loopback=False, cells=False)
    known = {orders.canonical(order) for order in cells.found(catalogue)}
    for row in catalogue.testable:
        for alone, probe in zip(kinds.drawn(row, billed), kinds.drawn(row, free), strict=False):
            stands = row.kind == "actual" and orders.canonical(probe.body) in known
            if stands:
                assert request.value(probe.body, "model") == request.value(alone.body, "model")
                field = row.expect["field"]
                assert orders.value_of(probe.body, field) == row.expect["value"]


def test_each_other_model_is_asked_some_of_many_wrong_values_and_all_have_their_turn() -> None:
    catalogue = documents.catalogue("nbility")
    row = next(each for each in catalogue.testable if each.id == "nbility.ratio.official")
    by_model: dict[str, set[str]] = {}
    for probe in kinds.drawn(row, World(catalogue, media=True, loopback=True, cells=True)):
        if probe.want == "refuse":
            by_model.setdefault(probe.body["model"], set()).add(probe.body["ratio"])
    (whole, *some) = sorted(by_model.values(), key=len, reverse=True)
    assert len(some) == 4
    assert all(len(each) == kinds.SOME for each in some)
    assert set().union(*some) == whole
