"""The engine: accounts do not meet, wallets add up, slots are kept, under any interleaving."""

import asyncio
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from simulator.core.config import Config, Key
from simulator.core.ledger import entries, sums
from simulator.core.plan import Match, Wish
from simulator.core.problems import Kind, Refusal
from simulator.core.task import LIVE, Charge, Order, Phase, Task
from simulator.engine import Engine, Submission

START = 1_780_732_857_000


def engine(**also: Any) -> Engine:
    return Engine(Config(seed=1, start=START, freeze=True, **also))


def order(prompt: str = "a prompt", **also: Any) -> Order:
    return Order("m", prompt, "t2v", "720p", "16:9", 1280, 720, 5, 120, 1, **also)


async def submit(
    here: Engine,
    account: Key,
    given: Order | None = None,
    reserved: int = 50,
    settled: int = 70,
) -> Task:
    chance = await here.draw(account)
    submission = Submission(
        dialect="ark",
        account=account,
        order=order() if given is None else given,
        charge=Charge("tokens", Decimal(reserved), Decimal(settled)),
        name=lambda attempt: chance.word(("id", attempt), "ab", 12),
        failures={"Code": "Message", "Other": "Another message"},
        refusals={"Refused": "A refusal"},
        base="http://sim.test",
    )
    return await here.submit(submission, chance, await here.clocks.now(account.key))


async def advance(here: Engine, account: str, ms: int) -> None:
    await here.clocks.move(account, lambda clock, real: clock.advanced(ms, real))


async def refused(doing: Any) -> Kind:
    with pytest.raises(Refusal) as caught:
        await doing
    return caught.value.problem.kind


async def test_accounts_do_not_see_each_other() -> None:
    here = engine()
    task = await submit(here, Key("one"))
    assert await here.find("ark", Key("one"), task.id, START) is task
    assert await refused(here.find("ark", Key("two"), task.id, START)) is Kind.UNKNOWN_TASK
    assert await refused(here.find("apiyi", Key("one"), task.id, START)) is Kind.UNKNOWN_TASK


async def test_a_record_is_kept_seven_days() -> None:
    here = engine()
    task = await submit(here, Key("one"))
    week = START + 7 * 86_400_000
    assert task.kept(week - 1)
    assert not task.kept(week)


async def test_precedence_is_plan_then_directive_then_pace() -> None:
    here = engine()
    asked = order("x [[sim: fail=Other queue=2s run=10s seed=9 nonsense]]y")
    await here.plans.add(Match(prompt="sim:"), Wish(run=500), 1)
    task = await submit(here, Key("one"), asked)
    assert (task.plan.queue, task.plan.run, task.plan.end) == (2000, 500, Phase.FAILED)
    assert (task.plan.code, task.order.prompt, task.order.seed) == ("Other", "xy", 9)
    assert await here.plans.waiting() == []


async def test_a_failure_without_a_code_gets_the_dialects_first() -> None:
    here = engine()
    task = await submit(here, Key("one"), order("[[sim: fail]]"))
    assert (task.plan.code, task.plan.message) == ("Code", "Message")


async def test_slots_settle_the_start_on_acceptance() -> None:
    here = engine()
    account = Key("one", slots=2)
    tasks = [await submit(here, account) for _ in range(5)]
    assert [task.starts - START for task in tasks] == [1000, 1000, 4000, 4000, 7000]


async def test_without_a_queue_only_free_slots_are_taken() -> None:
    here = engine()
    account = Key("one", slots=2, queue=0)
    for _ in range(2):
        await submit(here, account)
    assert await refused(submit(here, account)) is Kind.QUEUE_FULL
    await advance(here, "one", 4000)
    await submit(here, account)


async def test_a_full_queue_a_fast_caller_and_an_empty_wallet_are_refused() -> None:
    here = engine()
    waiting = Key("waiting", slots=1, queue=1)
    await submit(here, waiting)
    await submit(here, waiting)
    assert await refused(submit(here, waiting)) is Kind.QUEUE_FULL
    patient = Key("patient", queue=1)
    await submit(here, patient)
    assert await refused(submit(here, patient)) is Kind.QUEUE_FULL
    fast = Key("fast", rpm=2)
    await submit(here, fast)
    await submit(here, fast)
    assert await refused(submit(here, fast)) is Kind.LIMITED
    await advance(here, "fast", 60_000)
    await submit(here, fast)
    poor = Key("poor", wallet=Decimal(60))
    await submit(here, poor)
    assert await refused(submit(here, poor)) is Kind.BROKE
    assert len(await here.tasks("poor")) == 1


async def test_only_a_waiting_task_is_cancelled_and_its_money_comes_back() -> None:
    here = engine()
    account = Key("one", wallet=Decimal(1000))
    task = await submit(here, account)
    await here.cancel(task, START + 1)
    assert await here.balance(account, "tokens", START + 1) == 1000
    other = await submit(here, account)
    assert await refused(here.cancel(other, other.created + 1000)) is Kind.STATE
    stale = await submit(here, account)
    await here.cancel(stale, START)
    assert await refused(here.cancel(stale, START)) is Kind.STATE


async def test_the_same_seed_gives_the_same_tasks() -> None:
    one, two = engine(), engine()
    await submit(one, Key("else"))
    made = [await submit(one, Key("k")), await submit(two, Key("k"))]
    assert made[0] == made[1]


class Wallets(RuleBasedStateMachine):
    """Orders, cancellations and time in any order; the wallet is always the sum of its entries."""

    @initialize()
    def begin(self) -> None:
        self.engine = engine()
        self.account = Key("one", wallet=Decimal(500))
        self.now = START

    def run(self, doing: Any) -> Any:
        try:
            return asyncio.run(doing)
        except Refusal as refusal:
            if refusal.problem.kind not in (Kind.BROKE, Kind.STATE):
                raise
            return None

    @rule(
        reserved=st.integers(0, 120),
        settled=st.integers(0, 120),
        end=st.sampled_from(["succeeded", "fail", "expire", "cancel", "stuck"]),
    )
    def order(self, reserved: int, settled: int, end: str) -> None:
        word = {"succeeded": "succeed"}.get(end, end)
        given = order(f"[[sim: {word}]]")
        self.run(submit(self.engine, self.account, given, reserved, settled))

    @rule(ms=st.integers(0, 5000))
    def wait(self, ms: int) -> None:
        self.run(advance(self.engine, "one", ms))
        self.now += ms

    @rule(at=st.integers(0, 50))
    def cancel(self, at: int) -> None:
        tasks = self.run(self.engine.tasks("one"))
        if tasks:
            self.run(self.engine.cancel(tasks[at % len(tasks)], self.now))

    @invariant()
    def adds_up(self) -> None:
        if not hasattr(self, "engine"):
            return
        tasks = self.run(self.engine.tasks("one"))
        found = [entry for task in tasks for entry in entries(task, self.now)]
        expected = 500 + sums(found).get("tokens", Decimal(0))
        assert self.run(self.engine.balance(self.account, "tokens", self.now)) == expected
        for task in tasks:
            kinds = [entry.kind for entry in found if entry.task == task.id]
            assert kinds[0] == "reserved"
            assert len(kinds) == (1 if task.phase(self.now) in LIVE else 2)


TestWallets = Wallets.TestCase
TestWallets.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
