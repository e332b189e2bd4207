"""The account as an aggregate: whatever the store does, limits hold and the sums are right."""

import asyncio
from collections.abc import Awaitable
from copy import deepcopy
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from simulator.core.acceptance import Accept, Fate, Submission
from simulator.core.callbacks import Attempt, Told
from simulator.core.clock import Clock
from simulator.core.commands import (
    AddPlan,
    Cancel,
    Command,
    Learn,
    NoteAttempt,
    Remove,
    SettleCallback,
)
from simulator.core.config import Config, Key
from simulator.core.events import CallbackTried, ClockSet, Event
from simulator.core.item import Item
from simulator.core.ledger import entries, sums
from simulator.core.media import Facts
from simulator.core.plan import Match, Standing, Wish
from simulator.core.problems import Kind, Refusal
from simulator.core.task import LIVE, Charge, Order, Phase, Plan, Reference, Task
from simulator.engine import Engine
from simulator.store import Store, change
from simulator.store.memory import MemoryStore
from tests.stores import (
    Filed,
    Losing,
    Replicas,
    Shared,
    Writing,
    Yielding,
    closing_replicas,
)

START = 1_780_732_857_000
STORES = [MemoryStore, Yielding, Losing, Writing, Filed, Shared, Replicas]
AT_ONCE = 20
__all__ = ["closing_replicas"]
pytestmark = pytest.mark.usefixtures("closing_replicas")


def engine(store: Store) -> Engine:
    return Engine(Config(seed=1, start=START, freeze=True), store)


def order(prompt: str = "a prompt", **also: Any) -> Order:
    return Order("m", prompt, "t2v", "720p", "16:9", 1280, 720, 5, 120, 1, **also)


async def submission(here: Engine, account: Key, prompt: str = "a prompt") -> Submission:
    chance = await here.draw(account)
    return Submission(
        dialect="ark",
        account=account,
        order=order(prompt),
        charge=Charge("tokens", Decimal(50), Decimal(70)),
        name=lambda attempt: chance.word(("id", attempt), "ab", 5),
        failures={"Code": "Message"},
        refusals={"Review": "Message"},
        base="http://sim.test",
    )


async def submit(here: Engine, account: Key, prompt: str = "a prompt") -> Task | Kind:
    """The task, or why there is none."""
    try:
        given = await submission(here, account, prompt)
        now = await here.clocks.now(account.key)
        return await here.submit(given, await here.draw(account), now)
    except Refusal as refusal:
        return refusal.problem.kind


async def submit_called_back(here: Engine, account: Key) -> Task:
    """A task of which a client wants to be told."""
    given = await submission(here, account)
    given = replace(given, order=order(callback_url="https://client.example/told"))
    now = await here.clocks.now(account.key)
    return await here.submit(given, await here.draw(account), now)


async def many(*doing: Awaitable[Task | Kind]) -> list[Task]:
    """The tasks of orders that are given at the same time."""
    return [made for made in await asyncio.gather(*doing) if isinstance(made, Task)]


@pytest.mark.parametrize("kind", STORES)
async def test_no_more_orders_a_minute_than_allowed(kind: type[Store]) -> None:
    here, key = engine(kind()), Key("one", rpm=5)
    assert len(await many(*[submit(here, key) for _ in range(AT_ONCE)])) == 5


@pytest.mark.parametrize("kind", STORES)
async def test_no_more_tasks_at_once_than_slots(kind: type[Store]) -> None:
    here, key = engine(kind()), Key("one", slots=2)
    tasks = await many(*[submit(here, key) for _ in range(AT_ONCE)])
    assert len(tasks) == AT_ONCE
    for now in range(START, START + 60_000, 500):
        assert sum(task.phase(now) is Phase.RUNNING for task in tasks) <= 2


@pytest.mark.parametrize("kind", STORES)
async def test_no_more_tasks_wait_than_there_is_room(kind: type[Store]) -> None:
    here, key = engine(kind()), Key("one", slots=2, queue=3)
    assert len(await many(*[submit(here, key) for _ in range(AT_ONCE)])) == 5


@pytest.mark.parametrize("kind", STORES)
async def test_no_more_money_is_spent_than_there_is(kind: type[Store]) -> None:
    here, key = engine(kind()), Key("one", wallet=Decimal(220))
    assert len(await many(*[submit(here, key) for _ in range(AT_ONCE)])) == 4
    assert await here.balance(key, "tokens", START) == 20


@pytest.mark.parametrize("holder", [None, "one"])
@pytest.mark.parametrize("kind", STORES)
async def test_a_plan_decides_as_many_orders_as_it_says(
    kind: type[Store], holder: str | None
) -> None:
    here, key = engine(kind()), Key("one")
    await here.plans.add(Match(key=holder), Wish(end="failed"), 3)
    tasks = await many(*[submit(here, key) for _ in range(AT_ONCE)])
    assert sum(task.plan.end is Phase.FAILED for task in tasks) == 3
    assert await here.plans.waiting() == []


@pytest.mark.parametrize("kind", STORES)
async def test_a_plan_is_given_back_when_its_order_is_refused(kind: type[Store]) -> None:
    here, key = engine(kind()), Key("one", rpm=5)
    await here.plans.add(Match(), Wish(end="failed"), AT_ONCE)
    assert len(await many(*[submit(here, key) for _ in range(AT_ONCE)])) == 5
    (left,) = await here.plans.waiting()
    assert left.times == AT_ONCE - 5


@pytest.mark.parametrize("kind", STORES)
async def test_ids_are_nobody_elses(kind: type[Store]) -> None:
    """Ids of five letters of two: twenty accounts want the same few."""
    here = engine(kind())
    tasks = await many(*[submit(here, Key(f"key-{n}")) for n in range(AT_ONCE)])
    assert len({task.id for task in tasks}) == AT_ONCE
    for task in tasks:
        assert await here.task(task.id) == task


@pytest.mark.parametrize("kind", STORES)
async def test_a_task_is_cancelled_once(kind: type[Store]) -> None:
    here, key = engine(kind()), Key("one")
    (task,) = await many(submit(here, key))

    async def cancel() -> Task | Kind:
        try:
            return await here.cancel(task, START)
        except Refusal as refusal:
            return refusal.problem.kind

    assert len(await many(*[cancel() for _ in range(AT_ONCE)])) == 1
    assert await here.balance(Key("one", wallet=Decimal(0)), "tokens", START) == 0


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_limits_hold_under_any_interleaving(data: st.DataObject) -> None:
    """Twenty commands at once, each let through when Hypothesis says so."""
    turns = st.integers(0, 5)
    here = engine(Yielding(lambda: data.draw(turns)))
    key = Key("one", rpm=9, slots=2, queue=4, wallet=Decimal(400))
    kinds = data.draw(st.lists(st.sampled_from("oooocta"), min_size=AT_ONCE, max_size=AT_ONCE))

    async def one(kind: str) -> Any:
        if kind == "o":
            return await submit(here, key, data.draw(st.sampled_from(["x", "[[sim: fail]]"])))
        if kind == "t":
            await here.clocks.move("one", lambda clock, real: clock.advanced(1000, real))
        elif kind == "a":
            await here.plans.add(Match(key="one"), Wish(end="expired"), 1)
        elif tasks := await here.tasks("one"):
            try:
                await here.cancel(tasks[-1], await here.clocks.now("one"))
            except Refusal as refusal:
                return refusal.problem.kind
        return None

    async def all_at_once() -> None:
        await asyncio.gather(*[one(kind) for kind in kinds])
        await holds(here, key)

    asyncio.run(all_at_once())


async def holds(here: Engine, key: Key) -> None:
    """The account keeps to its limits, and its wallet is the sum of its entries."""
    tasks, now = await here.tasks(key.key), await here.clocks.now(key.key)
    assert key.rpm is not None
    assert key.slots is not None
    assert key.wallet is not None
    assert len(tasks) <= key.rpm
    made = sums(entry for task in tasks for entry in entries(task, now))
    left = await here.balance(key, "tokens", now)
    assert left == key.wallet + made.get("tokens", Decimal(0))
    # A settlement may cost more than was reserved; a reservation alone never empties the wallet.
    assert key.wallet - sum(task.charge.reserved for task in tasks if task.phase(now) in LIVE) >= 0
    for at in range(now, now + 60_000, 250):
        assert sum(task.phase(at) is Phase.RUNNING for task in tasks) <= key.slots


def rich_order() -> Order:
    reference = Reference("image", "first_frame", "a.png", Facts("image", "png", 9, 4, 5), "ab")
    return order(references=(reference,), callback_url="https://e.test/", extra={"n": [1, None]})


async def a_life(here: Engine) -> None:
    """A bit of everything that an account can come to."""
    key = Key("one")
    await here.plans.add(
        Match(key="one", prompt="a"),
        Wish(end="failed", progress=((0, 1),), then=Plan(1, 2, Phase.SUCCEEDED)),
        2,
    )
    await here.plans.add(Match(key="one", model="other"), Wish(), None)
    given = await submission(here, key)
    for also in (rich_order(), order(), order("[[sim: stuck]]")):
        await here.submit(
            Submission(**{**_fields(given), "order": also}), await here.draw(key), START
        )
    first, second, third = await here.tasks("one")
    await here.cancel(third, START)
    await here.clocks.move("one", lambda clock, real: clock.run_at(2.5, real).advanced(9000, real))
    await here.note_fetched(second)
    await here.remove(first, START + 9000)
    await here.keep(Item("item-1", "ark", "one", "asset", START, {"a": None, "b": 1.5}, _FACTS))
    await here.keep(Item("item-2", "ark", "one", "asset", START))
    attempt = Attempt("one", second.id, Phase.SUCCEEDED, 1, START + 9000, 3, None, "no answer")
    await here.change("one", NoteAttempt(attempt))
    told = Told((Phase.QUEUED,)).again(Phase.SUCCEEDED, 2, START + 9003, 1000)
    await here.change("one", SettleCallback(second.id, told))
    await submit(here, key)


_FACTS = Facts("video", "mp4", 1, 2, 3, 4, 23.976, 2, True)


def _fields(given: Submission) -> dict[str, Any]:
    return {name: getattr(given, name) for name in Submission.__struct_fields__}


async def test_the_written_log_gives_the_same_state() -> None:
    store = Writing()
    await a_life(engine(store))
    for account in await store.accounts():
        state = (await store.load(account))[1]
        again = store.read_again(account)
        for name in type(state).__struct_fields__:
            assert _plain(getattr(again, name)) == _plain(getattr(state, name)), (account, name)


def _plain(value: Any) -> Any:
    """Without the difference between tuples and lists in what dialects keep for themselves."""
    return repr(value).replace("(", "[").replace(")", "]").replace(",]", "]")


async def test_deciding_changes_nothing() -> None:
    store = MemoryStore()
    here = engine(store)
    await a_life(here)
    (waits,) = await many(submit(here, Key("one"), "[[sim: queue=1h]]"))
    state = (await store.load("one"))[1]
    before = deepcopy(state)
    given, (first, *_) = await submission(here, Key("one")), list(state.tasks.values())
    commands: list[Command[Any]] = [
        Accept(given, lambda state: Fate(given, Plan(1, 1)), START + 9000),
        Remove(first.id, START),
        AddPlan(Standing(9, Match(), Wish())),
        Cancel(waits.id, START),
    ]
    for command in commands:
        events, _ = command.decide(state)
        assert events or isinstance(command, Remove)
        assert state == before
    state.balance(None, "tokens", START + 10**9)
    assert state == before


LATER = START + 3_600_000


def _tried(task: str, at: int) -> Attempt:
    return Attempt("one", task, Phase.SUCCEEDED, 1, at, 5, 200)


@pytest.mark.parametrize("before", [ClockSet(Clock(LATER, 0)), CallbackTried(_tried("x", LATER))])
async def test_what_waited_for_its_turn_happens_after_what_came_before_it(before: Event) -> None:
    """The clock was moved, or an end was told, since the time was read that a command goes by."""
    store = MemoryStore()
    here, key = engine(store), Key("one")
    waits, ended = await many(submit(here, key, "[[sim: stuck]]"), submit(here, key))
    given = await submission(here, key)
    version, state = await store.load("one")
    assert await store.append("one", version, [before])
    accept = Accept(given, lambda state: Fate(given, Plan(1, 1)), START)
    made = (await here.change("one", accept)).task
    assert made is not None
    assert made.created == LATER
    with pytest.raises(Refusal, match="succeeded"):
        await here.cancel(ended, START)
    await here.remove(ended, START)
    await here.change("one", Learn(waits.id, Phase.FAILED, START))
    assert (state.tasks[ended.id].removed, state.tasks[waits.id].ends) == (LATER, LATER)


async def test_a_forgotten_account_takes_nothing_that_was_decided_before() -> None:
    store = MemoryStore()
    here, key = engine(store), Key("one")
    (task,) = await many(submit(here, key))
    version, state = await store.load("one")
    events, _ = Cancel(task.id, START).decide(state)
    await store.forget("one")
    assert await here.task(task.id) is None
    await submit(here, key)
    assert not await store.append("one", version, events)


async def test_what_comes_too_late_for_a_forgotten_account_leaves_nothing() -> None:
    store = MemoryStore()
    here, key = engine(store), Key("one")
    (task,) = await many(submit(here, key))
    await here.reset("one")
    with pytest.raises(Refusal) as caught:
        await here.cancel(task, START)
    assert caught.value.problem.kind is Kind.UNKNOWN_TASK
    await here.remove(task, START)
    await here.note_fetched(task)
    assert await store.accounts() == []


async def test_a_command_that_always_loses_ends() -> None:
    class Never(MemoryStore):
        async def append(self, account: str, version: int, events: Any) -> bool:
            return False

    with pytest.raises(RuntimeError, match="faster"):
        await change(Never(), "one", AddPlan(Standing(1, Match(), Wish())))
