"""Every order of a run is balanced against what the balance call says, and no other user is."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from conformance.catalogue import documents, orders, reader
from conformance.collect.transcript import Exchange, Transcript
from conformance.judge.balances import number
from conformance.judge.verdicts import Result
from conformance.plan.balances import ALONE, BEFORE, CALL, END, LATER
from tests.conformance.meeting import judged, recorded, serving
from tests.conformance.test_polite import politely

SLOW = pytest.mark.slow
RESERVED = 9375000  # by new-api, for any order of this model
ROWS = ("settled", "run", "failed")


def rows(dialect: str) -> list[str]:
    return [f"{dialect}.balance.{each}" for each in ROWS]


async def met(dialect: str, folder: Path, **settings: Any) -> Transcript:
    async with serving(**settings) as base:
        return await recorded(base, dialect, rows(dialect), folder)


def found(transcript: Transcript) -> dict[str, Result]:
    ids = rows(str(transcript.meta["dialect"]))
    return {id.rpartition(".")[2]: each for id, each in judged(transcript, ids).items()}


def words(transcript: Transcript) -> dict[str, str]:
    return {name: each.result for name, each in found(transcript).items()}


@pytest.fixture(scope="module")
def healthy(tmp_path_factory: pytest.TempPathFactory) -> Transcript:
    return asyncio.run(met("evolink", tmp_path_factory.mktemp("healthy")))


async def test_a_gateway_that_charges_what_it_says_keeps_all_rows(healthy: Transcript) -> None:
    assert words(healthy) == dict.fromkeys(ROWS, "pass")
    assert " together, and say " in found(healthy)["run"].message


@pytest.mark.parametrize("fidelity", ["documented", pytest.param("observed", marks=SLOW)])
async def test_so_does_one_that_settles_by_tokens(fidelity: str, tmp_path: Path) -> None:
    transcript = await met("newapi", tmp_path, fidelity=fidelity)
    assert words(transcript) == dict.fromkeys(ROWS, "pass")


async def test_a_task_seen_at_its_end_before_it_was_settled_is_no_fault(tmp_path: Path) -> None:
    async with serving() as base:
        ids = [*rows("newapi"), "newapi.query.times"]
        healthy = await recorded(base, "newapi", ids, tmp_path)
    dialect = documents.catalogue("newapi").dialect
    alone = {each.probe for each in healthy.exchanges if each.tag == ALONE}
    ends = [each for each in healthy.exchanges if reader.phase(dialect, each.json) == "succeeded"]
    other = next(each.of for each in ends if each.of not in alone)
    last = [each for each in ends if each.of == other]

    def told(quota: int) -> str:
        exchanges = (_showing(each, quota) if each in last else each for each in healthy.exchanges)
        return words(replace(healthy, exchanges=tuple(exchanges)))["run"]

    assert (told(RESERVED), told(1)) == ("pass", "warn")


async def test_so_it_is_where_that_was_the_order_alone(tmp_path: Path) -> None:
    healthy = await met("newapi", tmp_path)
    dialect = documents.catalogue("newapi").dialect
    alone = {each.probe for each in healthy.exchanges if each.tag == ALONE}

    def early(each: Exchange) -> Exchange:
        ended = each.of in alone and reader.phase(dialect, each.json) == "succeeded"
        return _showing(each, RESERVED) if ended else each

    exchanges = tuple(map(early, healthy.exchanges))
    assert exchanges != healthy.exchanges
    assert words(replace(healthy, exchanges=exchanges))["run"] == "pass"


def test_orders_of_an_older_catalogue_have_their_cost_too(healthy: Transcript) -> None:
    dialect = documents.catalogue("evolink").dialect
    made = next(
        each
        for each in healthy.exchanges
        if each.call == "create" and each.tag != ALONE and reader.task_id(dialect, each.json)
    )
    exchanges = tuple(replace(e, probe="older") if e is made else e for e in healthy.exchanges)
    assert words(replace(healthy, exchanges=exchanges))["run"] == "pass"


def _showing(each: Exchange, quota: int) -> Exchange:
    body = json.loads(json.dumps(each.json))
    body["data"]["quota"] = quota
    return replace(each, json=body)


@pytest.mark.parametrize(
    ("defect", "row"),
    [
        ("billed-not-requested-length", "evolink.balance.settled"),
        ("billed-not-requested-length", "newapi.balance.settled"),
        ("order-doubled", "evolink.balance.settled"),
        ("billed-twice", "newapi.balance.settled"),
        ("refund-missing", "evolink.balance.failed"),
        ("refund-missing", "newapi.balance.failed"),
        ("double-refund", "evolink.balance.failed"),
        ("refund-then-success", "evolink.balance.failed"),
        ("order-doubled", "evolink.balance.run"),
    ],
)
async def test_money_that_moves_otherwise_is_noticed(defect: str, row: str, tmp_path: Path) -> None:
    async with serving(defect=(defect,)) as base:
        transcript = await recorded(base, row.partition(".")[0], [row], tmp_path)
    result = judged(transcript, [row])[row]
    assert result.result == "warn", result.message
    assert "before and after" in result.message


@pytest.mark.parametrize("defect", ["late-settlement", pytest.param("status-lags", marks=SLOW)])
async def test_money_that_only_moves_late_is_no_fault(defect: str, tmp_path: Path) -> None:
    assert "warn" not in words(await met("evolink", tmp_path, defect=(defect,))).values()


def changed(transcript: Transcript, change: Callable[[Exchange], Any]) -> Transcript:
    """The transcript with other answers of the balance call."""
    exchanges = tuple(
        replace(each, json=change(each)) if each.call == CALL else each
        for each in transcript.exchanges
    )
    return replace(transcript, exchanges=exchanges)


def charged(each: Exchange, amount: float) -> Any:
    """What the balance call says once so much more was charged."""
    body = json.loads(json.dumps(each.json))
    body["data"]["token"]["remaining_credits"] -= amount
    body["data"]["token"]["used_credits"] += amount
    return body


async def test_another_user_of_the_key_is_no_fault_of_the_gateway(healthy: Transcript) -> None:
    late = (BEFORE, "held", "after", LATER, END)
    spending = changed(healthy, lambda each: charged(each, 7 * (each.tag in late)))
    assert set(words(spending).values()) == {"not-run"}
    assert "moves when nothing of this run" in found(spending)["run"].message


async def test_a_key_that_is_never_charged_shows_nothing(healthy: Transcript) -> None:
    first = next(each for each in healthy.exchanges if each.call == CALL)
    free = changed(healthy, lambda each: first.json)
    assert set(words(free).values()) == {"not-run"}


@pytest.mark.parametrize("token", [None, {"remaining_credits": "12", "used_credits": True}])
async def test_an_answer_without_a_balance_shows_nothing(healthy: Transcript, token: Any) -> None:
    silent = changed(healthy, lambda each: {"data": {"token": token}})
    assert set(words(silent).values()) == {"not-run"}


async def test_whole_credits_are_taken_for_rounded_ones(healthy: Transcript) -> None:
    def rounded(each: Exchange) -> Any:
        body = json.loads(json.dumps(each.json))
        wallet = body["data"]["token"]
        wallet |= {name: round(wallet[name]) for name in ("remaining_credits", "used_credits")}
        return body

    whole = changed(healthy, rounded)
    exchanges = tuple(map(_whole, whole.exchanges))
    assert words(replace(whole, exchanges=exchanges)) == dict.fromkeys(ROWS, "pass")


def _whole(each: Exchange) -> Exchange:
    there, reserved = orders.at(each.json, "/usage/credits_reserved")
    if not there:
        return each
    usage = {**each.json["usage"], "credits_reserved": -(-reserved // 1)}
    return replace(each, json={**each.json, "usage": usage})


async def test_a_task_may_cost_less_than_was_reserved(healthy: Transcript) -> None:
    cheaper = changed(healthy, lambda each: charged(each, -5 if each.tag == LATER else 0))
    assert words(cheaper)["settled"] == "pass"
    dearer = changed(healthy, lambda each: charged(each, 5 if each.tag == LATER else 0))
    assert words(dearer)["settled"] == "warn"


@pytest.mark.parametrize(("amount", "words"), [(20, "and at most "), (-20, "and at least ")])
async def test_one_order_of_many_that_costs_otherwise_is_in_the_sum(
    healthy: Transcript, amount: int, words: str
) -> None:
    other = found(changed(healthy, lambda each: charged(each, amount * (each.tag == END))))
    assert other["run"].result == "warn"
    assert words in other["run"].message
    assert other["settled"].result == other["failed"].result == "pass"


async def test_readings_are_made_around_the_whole_run(healthy: Transcript) -> None:
    tags = [each.tag for each in healthy.exchanges if each.call == CALL]
    assert (tags[0], tags[-1]) == ("start", "end")
    used = [number(each, "/data/token/used_credits") for each in healthy.exchanges]
    assert sum(each is not None for each in used) == len(tags)


@SLOW
async def test_without_a_control_plane_the_balance_is_read_too(tmp_path: Path) -> None:
    given = ["--select", "evolink.balance.*", "--max-wait", "2"]
    report = await politely("evolink", tmp_path, *given, defect=("order-doubled",))
    results = {row["id"]: row for row in report["rows"]}
    assert results["evolink.balance.settled"]["result"] == "warn"
    assert "another user of the key" in results["evolink.balance.run"]["message"]
    assert results["evolink.balance.failed"]["result"] == "untestable"
