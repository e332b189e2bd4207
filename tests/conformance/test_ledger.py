"""The ledger never exceeds its limits, whatever the gateway does, whenever the run is killed."""

import contextlib
import json
import resource
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.catalogue import documents, orders, reader
from conformance.cli.arguments import parser
from conformance.collect import folder, options, preparing, running, transcript
from conformance.collect.options import Options, UsageError
from conformance.collect.transcript import Exchange, TranscriptError, Writer
from conformance.plan import stage
from conformance.plan.ledger import Entry, Ledger, LedgerError, Limits, OverBudget
from conformance.plan.probes import World
from tests.conformance.gateway import KEY, Gateway, good, serving

pytest_plugins = ["pytester"]
FATES = (
    "accept",
    "refuse",
    "accept and break",
    "accept and drop",
    "accept and blame",
    "accept and time out",
    "accept and say nothing",
    "accept and send away",
    "busy",
)
CENT = Decimal("0.01")
SELECTED = {
    "apiyi": ("duration.*", "mode.*"),
    "evolink": ("duration.*", "model.*"),
    "nbility": ("duration.*", "model.*"),
}
PRICES = """
[[nbility]]
model = "seedance-2-480p"
unit = "second"
usd = "0.05"
source = "s"
day = "d"
"""


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
    path.write_text(path.read_text("utf-8") + '{"reserve": 3, "pro')
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
    path.write_text("no\n{}\n", "utf-8")
    with pytest.raises(LedgerError, match="line 1"):
        Ledger(path, Limits())


def asked(base: str, place: Path, dialect: str = "apiyi", **changes: Any) -> Options:
    arguments = ["run", "--dialect", dialect, "--base-url", base, "--api-key", KEY]
    arguments += ["--report-dir", str(place), "--control", "none", "--max-wait", "0s"]
    arguments += ["--profile", "full", "--media-url", "https://media.example.com"]
    for row in SELECTED[dialect]:
        arguments += ["--select", f"{dialect}.{row}"]
    if dialect == "nbility":
        (place / "prices.toml").write_text(PRICES, "utf-8")
        arguments += ["--prices", str(place / "prices.toml")]
    return replace(options.endpoint(parser().parse_args(arguments)), **changes)


async def run_once(chosen: Options, kill_at: int) -> None:
    count = 0

    def seen(exchange: Exchange) -> None:
        nonlocal count
        count += 1
        if count >= kill_at:
            raise Killed

    async with running.session(chosen) as client:
        prepared = await preparing.prepare(chosen, client)
        await running.collect(chosen, prepared, client, seen)


def cut(place: Path, chance: Random) -> None:
    """Lose what a dying machine may lose: the end of the transcript, an outcome's note."""
    run, ledger = place / "run.jsonl", place / "ledger.jsonl"
    raw = run.read_bytes()
    run.write_bytes(raw[: len(raw) - chance.choice((0, 1, 40, 900))] if len(raw) > 3000 else raw)
    *lines, last = ledger.read_bytes().splitlines(keepends=True)
    if b"settle" in last:
        ledger.write_bytes(b"".join(lines) + last[: chance.randrange(len(last))])


@settings(max_examples=8, deadline=None)
@given(
    dialect=st.sampled_from(["apiyi", "evolink", "nbility"]),
    seed=st.integers(0, 10**6),
    cents=st.integers(0, 400),
    tasks=st.integers(0, 5),
    contingent=st.integers(0, 3),
    kills=st.lists(st.integers(3, 30), max_size=2),
)
async def test_no_run_exceeds_its_limits(
    dialect: str, seed: int, cents: int, tasks: int, contingent: int, kills: list[int]
) -> None:
    chance = Random(seed)
    gateway = Gateway(
        decide=lambda order: chance.choice(FATES) if order else "refuse", dialect=dialect
    )
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        async with serving(gateway):
            chosen = asked(
                gateway.base,
                place,
                dialect,
                max_cost=CENT * cents,
                max_paid_tasks=tasks,
                max_contingent=contingent,
            )
            for kill_at in [*kills, 10**6]:
                with contextlib.suppress(Killed, ExceptionGroup):
                    await run_once(chosen, kill_at)
                if kill_at < 10**6:
                    cut(place, chance)
                chosen = replace(chosen, resume=place / "run.jsonl", prices=None)
        ledger = Ledger(place / "ledger.jsonl", Limits())
        ledger.close()
    assert ledger.usd <= CENT * cents
    assert gateway.billed <= ledger.tasks <= tasks + contingent
    assert ledger.contingent <= contingent


@pytest.mark.parametrize("dialect", ["apiyi", "evolink", "octopusx", "uniall"])
async def test_a_server_that_takes_everything_is_stopped_at_once(
    dialect: str, tmp_path: Path
) -> None:
    gateway = Gateway(decide=lambda order: "accept", dialect=dialect)
    async with serving(gateway):
        chosen = asked(gateway.base, tmp_path, "apiyi", max_contingent=0, profile="free")
        chosen = replace(chosen, dialect=dialect, select=())
        await run_once(chosen, 10**6)
    assert gateway.billed == 1
    ledger = Ledger(tmp_path / "ledger.jsonl", Limits())
    assert (ledger.tasks, ledger.surprised) == (1, True)
    ledger.close()


@pytest.mark.parametrize("dialect", documents.dialects())
def test_what_is_free_holds_no_order(dialect: str) -> None:
    world = World(
        documents.catalogue(dialect), control=True, second=True, callback=True, media=True
    )
    for probe in stage.plan(world).probes.values():
        if probe.cost == "free" and probe.call == "create":
            assert probe.form.is_raw, probe
            assert probe.body is None


@pytest.mark.parametrize(
    ("status", "body", "state"),
    [
        (200, {"id": "cgt-1"}, "accepted"),
        (200, {}, "unknown"),
        (200, {"error": {"message": "no"}}, "unknown"),
        (307, None, "unknown"),
        (400, {"error": {"message": "no"}}, "refused"),
        (400, {"id": "cgt-1"}, "accepted"),
        (400, {"id": "cgt-1", "error": {"message": "no"}}, "unknown"),
        (401, None, "refused"),
        (402, None, "refused"),
        (408, None, "unknown"),
        (409, None, "refused"),
        (425, None, "refused"),
        (429, None, "refused"),
        (499, None, "unknown"),
        (500, {"error": {"message": "no"}}, "unknown"),
        (None, None, "unknown"),
    ],
)
def test_only_a_clear_refusal_is_free(status: int | None, body: Any, state: str) -> None:
    assert reader.owed(documents.catalogue("apiyi").dialect, status, body) == state


async def test_what_was_paid_but_not_recorded_is_not_bought_again(tmp_path: Path) -> None:
    gateway = Gateway()
    async with serving(gateway):
        chosen = asked(gateway.base, tmp_path)
        with pytest.raises((Killed, ExceptionGroup)):
            await run_once(chosen, 14)
        bought = [orders.canonical(each) for each in gateway.orders if each]
        path = tmp_path / "run.jsonl"
        path.write_text(path.read_text("utf-8").partition("\n")[0] + '\n{"kind": "excha')
        await run_once(replace(chosen, resume=path), 10**6)
    again = [orders.canonical(each) for each in gateway.orders if each][len(bought) :]
    assert gateway.billed > 0
    assert not {each for each in again if each in bought and good(json.loads(each))}
    transcript.load(path)


def resumed(base: str, place: Path, *more: str) -> Options:
    arguments = ["run", "--dialect", "apiyi", "--base-url", base, "--api-key", KEY]
    arguments += ["--control", "none", "--resume", str(place / "run.jsonl"), *more]
    return options.endpoint(parser().parse_args(arguments))


async def test_a_resumed_run_is_the_same_run(tmp_path: Path) -> None:
    gateway = Gateway()
    async with serving(gateway):
        chosen = asked(gateway.base, tmp_path, profile="lite", seed=7)
        await run_once(chosen, 10**6)
        again = resumed(gateway.base, tmp_path)
        assert (again.profile, again.seed, again.select) == ("lite", 7, chosen.select)
        for more, text in (
            (("--profile", "full"), "with profile 'lite'"),
            (("--seed", "8"), "with seed 7"),
            (("--select", "apiyi.mode.x"), "with select"),
            (("--model", "a=b"), "with models"),
        ):
            with pytest.raises(UsageError, match=text):
                resumed(gateway.base, tmp_path, *more)
        for changes, text in (
            ({"second_key": "sk-other"}, "had not a second key"),
            ({"report_dir": tmp_path / "other"}, "in its own folder"),
            ({"base_url": "http://127.0.0.1:9"}, "not of"),
        ):
            with pytest.raises(UsageError, match=text):
                await run_once(replace(again, **changes), 10**6)
        (tmp_path / "ledger.jsonl").rename(tmp_path / "gone")
        with pytest.raises(UsageError, match="not beside it"):
            await run_once(again, 10**6)


def test_a_paid_profile_stays_one_when_it_is_resumed(tmp_path: Path) -> None:
    meta = {
        "kind": "meta", "version": 1, "run": "r", "dialect": "apiyi", "profile": "full",
        "base_url": "https://gateway.example.com", "select": [], "models": {}, "world": {},
    }  # fmt: skip
    (tmp_path / "run.jsonl").write_text(json.dumps(meta) + "\n", "utf-8")
    with pytest.raises(UsageError, match="--max-cost or --max-paid-tasks"):
        resumed("https://gateway.example.com", tmp_path)
    assert options.may_pay(resumed("https://gateway.example.com", tmp_path, "--max-cost", "1"))


async def test_a_new_run_keeps_what_an_older_one_bought(tmp_path: Path) -> None:
    gateway = Gateway()
    async with serving(gateway):
        chosen = asked(gateway.base, tmp_path, profile="lite")
        for _ in range(3):
            await run_once(chosen, 10**6)
    kept = [Ledger(tmp_path / f"ledger-{number}.jsonl", Limits()) for number in (1, 2)]
    assert all(each.tasks for each in kept)
    for each in kept:
        each.close()
    assert transcript.load(tmp_path / "run-1.jsonl").whole
    (tmp_path / "ledger.jsonl").write_text("what is this\n{}\n", "utf-8")
    assert folder.set_aside(tmp_path) == "ledger-3.jsonl"


async def test_two_runs_do_not_share_a_folder(tmp_path: Path) -> None:
    gateway = Gateway()
    async with serving(gateway):
        chosen = asked(gateway.base, tmp_path, profile="free")
        with folder.locked(tmp_path), pytest.raises(UsageError, match="another run is going on"):
            await run_once(chosen, 10**6)
        assert gateway.calls == 0
        await run_once(chosen, 10**6)


@contextlib.contextmanager
def no_file_longer_than(size: int) -> Iterator[None]:
    """A disk that is full, as far as writing goes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_full_disk_stops_everything_before_it_is_sent(tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    ledger = Ledger(path, Limits())
    ledger.reserve("p", "own", Decimal(1))
    with no_file_longer_than(path.stat().st_size + 20):
        for cost in ("own", "free"):
            with pytest.raises(LedgerError, match=r"too large, so nothing more is sent"):
                ledger.reserve("q", cost, Decimal(1))
        ledger.close()
    again = Ledger(path, Limits())
    assert (again.tasks, again.bought("q")) == (1, False)
    again.close()
    with (tmp_path / "run.jsonl").open("w", encoding="utf-8") as file, no_file_longer_than(0):
        with pytest.raises(TranscriptError, match=r"run\.jsonl: File too large"):
            Writer(file).line("end", {})
        with contextlib.suppress(OSError):
            file.close()


async def test_a_run_on_a_full_disk_bills_no_more_than_its_ledger_holds(tmp_path: Path) -> None:
    gateway = Gateway()
    async with serving(gateway):
        chosen = asked(gateway.base, tmp_path)
        with no_file_longer_than(9_000), pytest.raises((LedgerError, TranscriptError)):
            await run_once(chosen, 10**6)
    ledger = Ledger(tmp_path / "ledger.jsonl", Limits())
    ledger.close()
    assert gateway.billed <= ledger.tasks


def test_a_ledger_that_is_no_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match="is no file"):
        Ledger(tmp_path, Limits())


@pytest.mark.parametrize(
    "text",
    [
        "[]\n{}\n",
        '{"settle": 3, "state": "refused"}\n{}\n',
        '{"reserve": 1, "probe": "p", "class": "own", "usd": "NaN"}\n',
        '{"reserve": 1, "probe": "p", "class": "own", "usd": "-5"}\n',
        "\xff\n",
    ],
)
def test_garbage_is_no_ledger(text: str, tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(LedgerError, match=r"ledger\.jsonl"):
        Ledger(path, Limits())


def test_pytest_asks_before_it_pays(pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]\nasyncio_default_fixture_loop_scope = function")
    pytester.makepyfile("def test_row(seedance_result): pass")
    for more in (
        ["--seedance-profile=lite", "--seedance-max-cost=1"],
        ["--seedance-max-contingent=1"],
    ):
        found = pytester.runpytest_inprocess(
            "--seedance-dialect=apiyi", "--seedance-base-url=https://gateway.example.com",
            "--seedance-select=apiyi.duration.range", "--seedance-api-key=sk", *more,
        )  # fmt: skip
        assert found.ret == 2
        found.stdout.fnmatch_lines(["*this may cost money: say --seedance-yes*"])


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
    lines = [json.loads(line) for line in (tmp_path / "run.jsonl").read_text("utf-8").splitlines()]
    creates = [each["probe"] for each in lines if each.get("cost") in ("own", "shared")]
    paid = [each for each in creates if creates.count(each) > 1]
    assert not paid


def test_worlds_differ_by_what_is_at_hand() -> None:
    from conformance.catalogue import documents

    world = World(documents.catalogue("nbility"))
    assert world.has("media")
    assert not World(documents.catalogue("apiyi")).has("media")
