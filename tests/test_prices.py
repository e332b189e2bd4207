"""The bill: what tasks come to, what it would have cost, and lists of prices that are wrong."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from simulator.cli.settings import BadSetting, configure
from simulator.dialects import NAMES
from simulator.engine.prices import load, shipped
from tests.driving import KEY
from tests.faults.pair import DIALECTS
from tests.serving import Server, serve
from tests.verdict.clients import Careful, ask

FAST = "doubao-seedance-2-0-fast-260128"
ROW = '[[ark]]\nmodel="*"\nunit="task"\nusd="0.5"\nsource="us"\nday="2026-11-21"\n'


async def bill(server: Server, key: str = KEY) -> Any:
    async with server.anonymous.get(f"{server.base}/_sim/ledger", params={"key": key}) as answer:
        return (await answer.json())["bill"]


async def test_tokens_of_ark_by_the_list_price() -> None:
    async with serve() as server:
        await Careful(server).run()
        found = await bill(server)
    (line,) = found.pop("lines")
    tokens = 864 * 496 * 120 // 1024
    assert found == {
        "tasks": 1,
        "under_way": 0,
        "orphaned": 0,
        "cost_usd": float(round(tokens * Decimal("0.0000070770"), 6)),
        "unpriced": [],
    }
    assert (line["amount"], line["unit"], line["usd"]) == (tokens, "tokens", found["cost_usd"])
    assert line["source"].startswith("Volcengine Ark's list")


async def test_quota_is_dollars_and_what_nobody_prices_is_named() -> None:
    async with serve() as server:
        for dialect in DIALECTS:
            await Careful(server, dialect).run()
        found = await bill(server)
    lines = {line["dialect"]: line for line in found["lines"]}
    assert lines["uniall"]["usd"] == pytest.approx(lines["uniall"]["amount"] / 500_000, abs=1e-6)
    unpriced = [name for name, line in lines.items() if line["usd"] is None]
    assert {"nbility", "openai"} <= set(unpriced)
    assert not {"ark", "uniall", "evolink"} & set(unpriced)
    assert found["cost_usd"] is None
    assert sorted(name.split()[0] for name in found["unpriced"]) == sorted(unpriced)
    assert {line["unit"] for line in lines.values()} == {"tokens", "seconds", "quota", "credits"}


async def test_what_costs_nothing_what_runs_and_what_nobody_fetched() -> None:
    async with serve() as server:
        await ask(server, "/plans", {"plan": {"end": "failed"}})
        await Careful(server).run()
        assert (await bill(server))["lines"] == []
        await Careful(server).create()
        assert (await bill(server))["under_way"] == 1
        assert (await bill(server))["tasks"] == 1
        await server.advance("1m")
        found = await bill(server)
    assert (found["tasks"], found["under_way"], found["orphaned"]) == (1, 0, 1)


async def test_a_refund_that_is_missing_is_on_the_bill() -> None:
    async with serve() as server:
        await ask(server, "/plans", {"plan": {"end": "failed"}})
        await ask(server, "/faults", {"fault": "refund-missing"})
        await Careful(server).run()
        assert (await bill(server))["tasks"] == 1


async def test_keys_have_lines_of_their_own() -> None:
    async with serve() as server:
        for key in ("sk-a", "sk-b"):
            await Careful(server, key=key).run()
        async with server.anonymous.get(f"{server.base}/_sim/ledger") as answer:
            found = (await answer.json())["bill"]
    assert [(line["key"], line["tasks"]) for line in found["lines"]] == [("sk-a", 1), ("sk-b", 1)]


@pytest.mark.parametrize(
    ("unit", "dollars"),
    [("task", 2.0), ("second", 10.0), ("token", 2.0 * (864 * 496 * 120 // 1024)), ("quota", None)],
)
async def test_a_list_of_ones_own(unit: str, dollars: float | None) -> None:
    prices = load(ROW.replace('"task"', f'"{unit}"').replace("0.5", "2"), NAMES)
    async with serve(prices=prices) as server:
        await Careful(server).run()
        assert (await bill(server))["cost_usd"] == dollars


async def test_a_reference_video_has_its_own_price() -> None:
    video = "http://127.0.0.1:1/_sim/media/video.mp4?width=1280&height=720&seconds=3"
    media = {"type": "video_url", "role": "reference_video", "video_url": {"url": video}}
    content = [{"type": "text", "text": "Go on"}, media]
    text = ROW + 'with_video = "0.25"\n'
    async with serve(prices=load(text, NAMES)) as server:
        await Careful(server, order={"content": content}).create()
        assert (await bill(server))["cost_usd"] == 0.25


def test_the_shipped_list_names_its_sources() -> None:
    for dialect, prices in shipped().items():
        assert dialect in NAMES
        for price in prices.values():
            assert price.source
            assert price.day.startswith("2026-")


async def test_a_price_may_be_that_of_one_resolution() -> None:
    low, model = ROW.replace('"0.5"', '"2"') + 'resolution="480p"\n', "doubao-seedance-2-0-260128"
    text = ROW + low + low.replace('"*"', f'"{model}"').replace('"2"', '"4"')
    async with serve(prices=load(text, NAMES)) as server:
        for resolution in ("480p", "720p"):
            await Careful(server, order={"resolution": resolution}).create()
        await Careful(server, order={"model": FAST, "resolution": "480p"}).create()
        found = await bill(server)
    costs = [(line["model"], line["resolution"], line["usd"]) for line in found["lines"]]
    assert costs == [(model, "480p", 4.0), (model, None, 0.5), (FAST, "480p", 2.0)]
    assert found["cost_usd"] == 6.5


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("nonsense", "is not TOML"),
        (ROW.replace("ark", "sora"), "'sora' is no dialect"),
        (ROW.replace("[[ark]]", "[ark]"), "must be an array of tables"),
        (ROW.replace('"0.5"', '"many"'), "ark, entry 1: usd must be a number"),
        (ROW.replace('"0.5"', "-1"), "usd must be a number"),
        (ROW.replace('"0.5"', "nan"), "usd must be a number"),
        (ROW.replace('"0.5"', "true"), "usd must be a number"),
        (ROW.replace('"task"', '"clip"'), "unit must be one of"),
        (ROW.replace('"task"', "[1]"), "unit must be one of"),
        (ROW.replace('source="us"\n', ""), "needs day, model, source, unit, usd"),
        (ROW + "discount=1\n", "needs day"),
        (ROW + 'with_video="x"\n', "with_video must be a number"),
        (ROW + 'resolution="8k"\n', "resolution must be one of 480p"),
        (ROW + "resolution=480\n", "resolution must be one of 480p"),
    ],
)
def test_a_list_that_is_wrong_is_one_line(tmp_path: Path, text: str, wanted: str) -> None:
    file = tmp_path / "prices.toml"
    file.write_text(text, "utf-8")
    with pytest.raises(BadSetting, match="--prices: ") as caught:
        configure({"prices": str(file)}, {})
    assert wanted in str(caught.value)
    assert "\n" not in str(caught.value)
