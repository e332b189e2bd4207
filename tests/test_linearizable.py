"""Two replicas against one model: whatever is asked of either, in turns or at once, is answered as
one simulator would that is asked one thing after the other."""

import asyncio
from collections.abc import Coroutine
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from msgspec.structs import replace

from simulator.core.config import Key
from simulator.core.plan import Match, Wish
from simulator.core.problems import Kind, Refusal
from simulator.core.task import Task
from simulator.engine import Engine
from simulator.store.memory import MemoryStore
from tests.stores import Replica
from tests.test_account import engine, order, submission

KEY = Key("one", rpm=6, slots=2, queue=3, wallet=Decimal(400))
ENDS = ("succeed", "fail", "cancel", "stuck")
Outcome = tuple[Any, ...] | Kind


async def ordered(here: Engine, number: int, end: str) -> Outcome:
    """What an order comes to; its id follows from its number."""
    given = replace(
        await submission(here, KEY),
        order=order(f"[[sim: {end} seed=1]]"),
        name=lambda attempt: f"task-{number}-{attempt}",
    )
    try:
        now = await here.clocks.now(KEY.key)
        return facts(await here.submit(given, await here.draw(KEY), now))
    except Refusal as refusal:
        return refusal.problem.kind


def facts(task: Task) -> tuple[Any, ...]:
    """What a client could see of a task."""
    plan = (task.plan.queue, task.plan.run, task.plan.end, task.plan.code)
    return task.id, task.created, task.starts, task.ends, task.cancelled, task.removed, plan


async def seen(here: Engine) -> tuple[Any, ...]:
    """All that an account comes to."""
    now = await here.clocks.now(KEY.key)
    tasks = [facts(task) for task in await here.tasks(KEY.key)]
    plans = [(plan.number, plan.times) for plan in await here.plans.waiting()]
    return now, tasks, plans, await here.balance(KEY, "tokens", now)


class Linearizable(RuleBasedStateMachine):
    """Each rule asks one of the replicas, or both at once, and the model; the answers are equal."""

    @initialize()
    def begin(self) -> None:
        self.runner = asyncio.Runner()
        self.number = 0
        self.run(self._begin())

    async def _begin(self) -> None:
        first = Replica()
        self.stores = (first, Replica(first))
        self.replicas = [engine(store) for store in self.stores]
        self.model = engine(MemoryStore())

    def run(self, doing: Coroutine[Any, Any, Any]) -> Any:
        return self.runner.run(doing)

    @rule(at=st.integers(0, 1), end=st.sampled_from(ENDS))
    def order(self, at: int, end: str) -> None:
        self.number += 1
        found = self.run(ordered(self.replicas[at], self.number, end))
        assert found == self.run(ordered(self.model, self.number, end))

    @rule(count=st.integers(2, 6), end=st.sampled_from(ENDS))
    def orders_at_once(self, count: int, end: str) -> None:
        """The accepted ones came in the order in which they stand, and the refused ones last."""
        numbers = range(self.number + 1, self.number + count + 1)
        self.number += count
        found = self.run(self._at_once(list(numbers), end))
        stand = [task.id for task in self.run(self.replicas[0].tasks(KEY.key))]
        accepted = [number for number in numbers if not isinstance(found[number], Kind)]
        accepted.sort(key=lambda number: stand.index(found[number][0]))
        for number in [*accepted, *(n for n in numbers if n not in accepted)]:
            assert found[number] == self.run(ordered(self.model, number, end))

    async def _at_once(self, numbers: list[int], end: str) -> dict[int, Outcome]:
        doing = [ordered(self.replicas[number % 2], number, end) for number in numbers]
        return dict(zip(numbers, await asyncio.gather(*doing), strict=True))

    @rule(at=st.integers(0, 1), which=st.integers(0, 20))
    def cancel(self, at: int, which: int) -> None:
        outcomes = [self.run(self._cancelled(h, which)) for h in (self.replicas[at], self.model)]
        assert outcomes[0] == outcomes[1]

    async def _cancelled(self, here: Engine, which: int) -> Outcome | None:
        tasks = await here.tasks(KEY.key)
        if not tasks:
            return None
        try:
            now = await here.clocks.now(KEY.key)
            return facts(await here.cancel(tasks[which % len(tasks)], now))
        except Refusal as refusal:
            return refusal.problem.kind

    @rule(at=st.integers(0, 1), ms=st.integers(0, 40_000))
    def wait(self, at: int, ms: int) -> None:
        for here in (self.replicas[at], self.model):
            self.run(here.clocks.move(KEY.key, lambda clock, real: clock.advanced(ms, real)))

    @rule(at=st.integers(0, 1), mine=st.integers(0, 9000), all_=st.integers(0, 9000))
    def wait_at_once(self, at: int, mine: int, all_: int) -> None:
        """One moves the account's clock while the other moves all: both count, in any order."""
        for one, other in ((self.replicas[at], self.replicas[1 - at]), (self.model, self.model)):
            self.run(self._moved_at_once(one, mine, other, all_))

    async def _moved_at_once(self, one: Engine, mine: int, other: Engine, all_: int) -> None:
        own = one.clocks.move(KEY.key, lambda clock, real: clock.advanced(mine, real))
        await asyncio.gather(own, other.clocks.move_all(all_))

    @rule(at=st.integers(0, 1), times=st.sampled_from((1, 2, None)))
    def plan(self, at: int, times: int | None) -> None:
        for here in (self.replicas[at], self.model):
            self.run(here.plans.add(Match(key=KEY.key), Wish(end="failed"), times))

    @invariant()
    def all_see_the_same(self) -> None:
        if hasattr(self, "model"):
            expected = self.run(seen(self.model))
            for here in self.replicas:
                assert self.run(seen(here)) == expected

    def teardown(self) -> None:
        if hasattr(self, "model"):
            for store in self.stores:
                self.run(store.close())
                Replica.open.remove(store)
            self.runner.close()


TestLinearizable = pytest.mark.slow(Linearizable.TestCase)
TestLinearizable.settings = settings(
    max_examples=40,
    stateful_step_count=20,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
