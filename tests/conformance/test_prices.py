"""Prices: the worst case is never below what a gateway could bill, and nothing is invented."""

import json
from collections.abc import Mapping
from contextlib import suppress
from decimal import Decimal
from functools import cache
from math import ceil
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.__main__ import main
from conformance.catalogue import documents
from conformance.cli.arguments import parser
from conformance.collect.options import UsageError, endpoint
from conformance.collect.preparing import affordable
from conformance.collect.transcript import Transcript
from conformance.plan import prices, stage
from conformance.plan.probes import World
from conformance.plan.stage import Plan

USD = Decimal("0.01")
PER_TOKEN = Decimal("0.000005")
AREA = {
    "480p": (864, 496),
    "720p": (1112, 834),
    "1080p": (2206, 946),
    "2k": (2560, 1440),
    "4k": (3326, 2494),
}
EXAMPLE = """
[[apiyi]]
model = "m"
unit = "{unit}"
usd = "{usd}"
source = "s"
day = "d"
"""


@cache
def plan(dialect: str) -> Plan:
    world = World(
        documents.catalogue(dialect), control=True, second=True, callback=True, media=True
    )
    return stage.plan(world)


@cache
def orders() -> list[tuple[str, Any]]:
    """Every order that any plan holds, with its dialect."""
    found = []
    for dialect in documents.dialects():
        for probe in plan(dialect).probes.values():
            if probe.cost not in ("free", "offline"):
                found.append((dialect, probe.body))
    return found


def listed(dialect: str, unit: str) -> prices.Listed:
    usd = PER_TOKEN if unit == "token" else USD
    return tuple(
        prices.Price(each.id, unit, usd, "s", "d") for each in documents.catalogue(dialect).models
    )


def media(value: Any) -> list[tuple[str, float]]:
    """The reference videos and sounds of an order, with their seconds."""
    if isinstance(value, str):
        head, _, wish = value.partition("?")
        named = dict(pair.split("=") for pair in wish.split("&") if pair)
        kinds = [
            kind for kind in ("video", "audio") if head.startswith((f"${kind}", f"$data-{kind}"))
        ]
        return [(kind, float(named.get("seconds", 4))) for kind in kinds]
    items = value.values() if hasattr(value, "values") else value
    return [each for item in items for each in media(item)] if hasattr(items, "__iter__") else []


def inside(order: Any) -> Any:
    """What an order says in its metadata, which a form brings as JSON in a text."""
    found = order.get("metadata")
    with suppress(ValueError):
        found = json.loads(found) if isinstance(found, str) else found
    return found if isinstance(found, Mapping) else {}


def readings(order: Any, default: int) -> set[int]:
    """The lengths that a gateway could make of an order: as asked, its default, the longest."""
    asked = order.get("duration", order.get("seconds", inside(order).get("duration")))
    if type(asked) is int and 4 <= asked <= 15:
        return {asked}
    lengths = {default, 15}
    if isinstance(asked, int | float | str) and not isinstance(asked, bool):
        digits = str(asked).removesuffix("s")
        if digits.replace(".", "", 1).isdigit():
            lengths.add(ceil(float(digits)))
    return lengths


def sizes(dialect: str, order: Any) -> set[str]:
    """The resolutions that a gateway could make of an order."""
    models = {each.id: each for each in documents.catalogue(dialect).models}
    asked = order.get("resolution", order.get("quality", inside(order).get("resolution")))
    if isinstance(asked, str) and asked in AREA:
        return {asked}
    named = order.get("model")
    model = models.get(named) if isinstance(named, str) else None
    able = (
        model.resolutions
        if model
        else {name for each in models.values() for name in each.resolutions}
    )
    return set(able)


@settings(max_examples=400, deadline=None)
@given(st.data(), st.sampled_from([4, 5, 8, 10, 15]), st.integers(0, 1))
def test_no_formula_bills_more_than_the_worst_case(data: Any, default: int, extra: int) -> None:
    dialect, order = data.draw(st.sampled_from(orders()))
    catalogue = documents.catalogue(dialect)
    per_second = prices.worst(order, listed(dialect, "second"), catalogue)
    per_token = prices.worst(order, listed(dialect, "token"), catalogue)
    assert per_second is not None
    assert per_token is not None
    references = media(order)
    video = sum(seconds for kind, seconds in references if kind == "video")
    everything = sum(seconds for _, seconds in references)
    for length in readings(order, default):
        summed = ceil(everything + length)
        each_rounded = sum(ceil(seconds) for _, seconds in references) + length
        doubled = ceil(max(video, length) + length) if video else length
        assert per_second >= USD * max(summed, each_rounded, doubled)
        for size in sizes(dialect, order):
            width, height = AREA[size]
            floor = Decimal(length) * 9 / 5 if video else Decimal(0)
            for seconds in (Decimal(summed), Decimal(ceil(video) + length), floor):
                tokens = Decimal(width) * height * (24 * seconds + extra) / 1024
                assert per_token >= PER_TOKEN * tokens


@pytest.mark.parametrize(
    ("order", "least"),
    [
        ({"duration": 100}, 100),
        ({"duration": "16"}, 16),
        ({"duration": -1}, 15),
        ({"duration": True}, 15),
        ({"duration": None}, 15),
        ({}, 15),
        ({"duration": 4, "metadata": {"duration": 12}}, 12),
        ({"duration": 4, "frames": 480}, 20),
        ({"duration": 4, "video": "$text"}, 19),
        ({"duration": 4, "videos": ["https://media.example.com/long.mp4"]}, 19),
        ({"duration": 4, "content": [{"draft_task": {"id": "$draft"}}]}, 19),
        ({"duration": "1e999"}, 1_000_000),
        ({"duration": "nan"}, 15),
    ],
)
def test_what_an_order_says_counts_where_it_makes_it_dearer(order: Any, least: int) -> None:
    usd = prices.worst(order, listed("apiyi", "second"), documents.catalogue("apiyi"))
    assert usd is not None
    assert usd >= USD * least


@pytest.mark.parametrize(("model", "least"), [("2-5-260628", 30), ("2-0-260128", 15)])
def test_a_length_that_is_left_open_is_the_model_s_longest(model: str, least: int) -> None:
    order = {"model": f"doubao-seedance-{model}", "resolution": "480p"}
    usd = prices.worst(order, listed("ark", "second"), documents.catalogue("ark"))
    assert usd == USD * least


@pytest.mark.parametrize(
    ("asked", "size"),
    [
        ("480p", "480p"),
        ("480P", "720p"),
        ("hd", "720p"),
        ("", "720p"),
        ("4K", "4k"),
        ("2160p", "4k"),
    ],
)
def test_a_resolution_that_is_not_sure_counts_as_the_dearest(asked: str, size: str) -> None:
    order = {"model": "doubao-seedance-2-0-fast-260128", "duration": 4, "resolution": asked}
    usd = prices.worst(order, listed("apiyi", "token"), documents.catalogue("apiyi"))
    width, height = AREA[size]
    assert usd is not None
    assert usd >= PER_TOKEN * width * height * 97 / 1024
    assert usd < PER_TOKEN * width * height * 98 / 1024


def test_prices_by_resolution() -> None:
    shipped, catalogue = prices.load(None, "evolink"), documents.catalogue("evolink")
    model = "seedance-2.0-reference-to-video"
    costs = {
        quality: prices.worst(
            {"model": model, "quality": quality, "duration": 4}, shipped, catalogue
        )
        for quality in ("480p", "720p", "hd", "1080p")
    }
    assert costs["480p"] == Decimal("0.3678")
    assert costs["720p"] == costs["hd"] == Decimal("0.7942")
    assert costs["1080p"] is None


def test_a_documented_model_without_a_price_has_none_and_a_strange_one_the_dearest() -> None:
    shipped, catalogue = prices.load(None, "evolink"), documents.catalogue("evolink")
    mini = {"model": "seedance-2.0-mini-text-to-video", "quality": "480p", "duration": 4}
    assert prices.worst(mini, shipped, catalogue) is None
    strange = prices.worst({**mini, "model": "no-such-model"}, shipped, catalogue)
    assert strange == Decimal("0.3678")


def test_a_model_may_be_listed_by_its_name_there() -> None:
    mine = (prices.Price("mine", "task", Decimal(7), "s", "d"),)
    order = {"model": "doubao-seedance-2-0-fast-260128", "duration": 4}
    catalogue = documents.catalogue("apiyi")
    assert prices.worst(order, mine, catalogue) is None
    names = {"doubao-seedance-2-0-fast-260128": "mine"}
    assert prices.worst(order, mine, catalogue, names) == 7


@pytest.mark.parametrize("dialect", ["apiyi", "ark", "evolink"])
def test_the_shipped_list_has_the_cheapest_order_below_half_a_dollar(dialect: str) -> None:
    catalogue = documents.catalogue(dialect)
    usd = prices.worst(catalogue.dialect.cheapest, prices.load(None, dialect), catalogue)
    assert usd is not None
    assert 0 < usd < Decimal("0.5")


def test_every_shipped_price_says_where_it_is_from_and_when() -> None:
    for dialect in documents.dialects():
        for each in prices.load(None, dialect):
            assert each.source, each
            assert each.day.startswith("20"), each
            assert each.model in {model.id for model in documents.catalogue(dialect).models}


@pytest.mark.parametrize("dialect", ["nbility", "octopusx", "uniall"])
def test_a_budget_without_any_price_is_one_line_that_helps(
    dialect: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = ["--dialect", dialect, "--base-url", "https://gateway.example.com", "--max-cost", "2"]
    given += ["--profile", "lite", "--api-key", "sk", "--report-dir", str(tmp_path), "--yes"]
    assert main(["run", *given]) == 2
    said = capsys.readouterr().err
    assert f"no price for {dialect}" in said
    assert "--prices FILE" in said
    assert f"[[{dialect}]]" in said
    assert said.count("\n") == 1


def test_what_costs_nothing_needs_no_price() -> None:
    given = ["run", "--dialect", "nbility", "--base-url", "https://gateway.example.com"]
    free = endpoint(parser().parse_args([*given, "--max-cost", "2"]))
    bought = endpoint(parser().parse_args([*given, "--max-cost", "2", "--profile", "lite"]))
    for control, profile in ((False, "free"), (True, "lite")):
        made = stage.plan(World(documents.catalogue("nbility"), profile=profile, control=control))
        costs = stage.worst(made, ())
        affordable(bought if control else free, made, costs)
    made = stage.plan(World(documents.catalogue("nbility"), profile="lite"))
    with pytest.raises(UsageError, match="no price for nbility"):
        affordable(bought, made, stage.worst(made, ()))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (EXAMPLE.format(unit="hour", usd=1), "unit 'hour'"),
        (EXAMPLE.format(unit="task", usd="-1"), "is no price"),
        (EXAMPLE.format(unit="task", usd="NaN"), "is no price"),
        (EXAMPLE.format(unit="task", usd="two"), "is no number"),
        (EXAMPLE.format(unit="task", usd=1) + 'resoluton = "480p"', "no key 'resoluton'"),
        (EXAMPLE.format(unit="task", usd=1) + 'resolution = "481p"', "'481p' is none of"),
        (EXAMPLE.replace('day = "d"', "").format(unit="task", usd=1), "has no 'day'"),
        ("apiyi = 3", "has to be a list of tables"),
        ("[[ark]]\n", "no price of apiyi in it"),
        ("[[apiyi", "prices.toml"),
    ],
)
def test_a_list_that_cannot_be_used(text: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "prices.toml"
    path.write_text(text, "utf-8")
    with pytest.raises(prices.PriceError, match=r"prices\.toml") as caught:
        prices.load(path, "apiyi")
    assert said in str(caught.value)


def test_a_transcript_keeps_the_list_that_its_run_went_by() -> None:
    mine = (
        prices.Price("m", "second", Decimal("0.25"), "s", "d", "480p"),
        prices.Price("m", "task", Decimal(3), "s", "d"),
    )
    meta = {"dialect": "apiyi", "prices": prices.recorded(mine)}
    assert kept(meta) == mine
    assert kept(meta, {"kind": "prices", "prices": prices.recorded(mine[:1])}) == mine[:1]
    assert kept({"dialect": "apiyi"}) == prices.load(None, "apiyi")


def kept(meta: Mapping[str, Any], *facts: Mapping[str, Any]) -> prices.Listed:
    """The list that the judges of such a transcript go by."""
    transcript = Transcript(meta, (), facts, True)
    return prices.of("apiyi", transcript.prices)
