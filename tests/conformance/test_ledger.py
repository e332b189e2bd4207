"""The ledger never exceeds its limits, whatever the gateway does, whenever the run is killed."""

import contextlib
import json
import tempfile
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance import options, running
from conformance.ledger import Entry, Ledger, LedgerError, Limits, OverBudget
from conformance.options import Options
from conformance.probes import World
from conformance.transcript import Exchange
from tests.conformance.gateway import KEY, Gateway, serving

FATES = ("accept", "refuse", "accept and break", "accept and drop", "busy")
CENT = Decimal("0.01")


class Killed(Exception):
    """The moment at which a run is killed."""


def settled(ledger: Ledger, cost: str, state: str, usd: str = "1") -> None:
    ledger.settle(ledger.reserve("p", cost, Decimal(usd)), state)


def test_refused_is_free_and_unknown_is_not(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger.jsonl", Limits())
    for state in ("refused", "accepted", "unknown"):
        settled(ledger, "own", state)
    ledger.reserve("p", "own", Decimal(1))
    assert (ledger.usd, ledger.tasks) == (Decimal(3), 3)
    ledger.close()


@pytest.mark.parametrize(
    ("limits", "cost", "text"),
    [
        (Limits(cost=Decimal(1)), "own", "is left"),
        (Limits(tasks=1), "shared", "limit of 1 paid tasks"),
        (Limits(contingent=0), "contingent", "limit of 0 contingent"),
    ],
)
def test_a_limit_forbids(tmp_path: Path, limits: Limits, cost: str, text: str) -> None:
    ledger = Ledger(tmp_path / "ledger.jsonl", limits)
    if limits.contingent is None:
        ledger.reserve("p", cost, Decimal("0.6"))
    with pytest.raises(OverBudget, match=text):
        ledger.reserve("p", cost, Decimal("0.6"))
    ledger.reserve("p", "free", Decimal(0))
    ledger.close()


def test_what_a_crash_cut_off_is_left_out_and_the_rest_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    first = Ledger(path, Limits())
    settled(first, "own", "accepted")
    first.reserve("q", "own", Decimal(2))
    first.close()
    path.write_text(path.read_text() + '{"reserve": 3, "pro')
    second = Ledger(path, Limits())
    assert (second.usd, second.tasks) == (Decimal(3), 2)
    assert second.bought("q")
    assert second.bought("p")
    assert not second.bought("r")
    second.close()
    third = Ledger(path, Limits())
    assert third.entries[2] == Entry(2, "q", "own", Decimal(2))
    third.close()


def test_a_ledger_that_is_none_is_named(tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    path.write_text("no\n{}\n")
    with pytest.raises(LedgerError, match="line 1"):
        Ledger(path, Limits())


def asked(base: str, folder: Path, **changes: Any) -> Options:
    arguments = ["run", "--dialect", "apiyi", "--base-url", base, "--api-key", KEY]
    arguments += ["--report-dir", str(folder), "--control", "none", "--max-wait", "0s"]
    arguments += ["--profile", "full", "--media-url", "https://media.example.com"]
    arguments += ["--select", "apiyi.duration.*", "--select", "apiyi.mode.*"]
    return replace(options.endpoint(options.parser().parse_args(arguments)), **changes)


async def run_once(chosen: Options, kill_at: int) -> None:
    count = 0

    def seen(exchange: Exchange) -> None:
        nonlocal count
        count += 1
        if count >= kill_at:
            raise Killed

    async with running.session(chosen) as client:
        prepared = await running.prepare(chosen, client)
        await running.collect(chosen, prepared, client, seen)


@settings(max_examples=12, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    cents=st.integers(0, 400),
    tasks=st.integers(0, 5),
    contingent=st.integers(0, 3),
    kills=st.lists(st.integers(3, 30), max_size=2),
)
async def test_no_run_exceeds_its_limits(
    seed: int, cents: int, tasks: int, contingent: int, kills: list[int]
) -> None:
    chance = Random(seed)
    gateway = Gateway(decide=lambda order: chance.choice(FATES) if order else "refuse")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        async with serving(gateway):
            chosen = asked(
                gateway.base,
                folder,
                max_cost=CENT * cents,
                max_paid_tasks=tasks,
                max_contingent=contingent,
            )
            for kill_at in [*kills, 10**6]:
                with contextlib.suppress(Killed, ExceptionGroup):
                    await run_once(chosen, kill_at)
                chosen = replace(chosen, resume=folder / "run.jsonl")
        ledger = Ledger(folder / "ledger.jsonl", Limits())
        ledger.close()
    assert ledger.usd <= CENT * cents
    assert gateway.billed <= ledger.tasks <= tasks + contingent
    assert ledger.contingent <= contingent


async def test_nothing_is_bought_twice(tmp_path: Path) -> None:
    gateway = Gateway()
    async with serving(gateway):
        chosen = asked(gateway.base, tmp_path)
        with pytest.raises((Killed, ExceptionGroup)):
            await run_once(chosen, 12)
        await run_once(replace(chosen, resume=tmp_path / "run.jsonl"), 10**6)
        bought = gateway.billed
        await run_once(replace(chosen, resume=tmp_path / "run.jsonl"), 10**6)
    assert gateway.billed == bought
    lines = [json.loads(line) for line in (tmp_path / "run.jsonl").read_text().splitlines()]
    creates = [each["probe"] for each in lines if each.get("cost") in ("own", "shared")]
    paid = [each for each in creates if creates.count(each) > 1]
    assert not paid


def test_worlds_differ_by_what_is_at_hand() -> None:
    from conformance import docs

    world = World(docs.catalogue("nbility"))
    assert world.has("media")
    assert not World(docs.catalogue("apiyi")).has("media")
