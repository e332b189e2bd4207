"""Clocks run, jump, stand still, and never go back."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from itertools import cycle
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.core.clock import (
    BEIJING,
    DAY,
    HOUR,
    MINUTE,
    SHIFTS_KEPT,
    Clock,
    SharedReal,
    duration,
    moment,
)
from simulator.core.commands import BeginClock
from simulator.core.config import Config, Key
from simulator.core.events import Event
from simulator.core.task import Task
from simulator.engine import Engine
from simulator.store.memory import MemoryStore
from tests.driving import KEY, START
from tests.serving import serve
from tests.stores import Yielding
from tests.test_account import submit
from tests.test_cli import CREATE, ORDER


def test_rate_counts_from_the_moment_it_is_set() -> None:
    clock = Clock(1000, since=0).run_at(60, real=500)
    assert clock.now(600) == 1000 + 500 + 100 * 60


def test_frozen_clock_moves_only_when_told() -> None:
    clock = Clock(0, since=0, frozen=True)
    assert clock.now(9_999) == 0
    clock = clock.advanced(DAY, 9_999)
    assert clock.now(9_999) == DAY
    clock = clock.freeze(False, 9_999)
    assert clock.now(10_004) == DAY + 5


def test_everybody_reads_the_same_from_the_same_facts() -> None:
    clock = Clock(7, since=0, rate=3)
    copy = msgspec.json.decode(msgspec.json.encode(clock), type=Clock)
    assert (clock.now(100), copy.now(100)) == (307, 307)


def test_a_machine_that_is_behind_does_not_turn_a_clock_back() -> None:
    assert Clock(1000, since=500).now(400) == 1000


Move = Callable[[Clock, int], Clock]
MOVES: tuple[Move, ...] = (
    lambda clock, real: clock.advanced(1000, real),
    lambda clock, real: clock.run_at(1, real),
    lambda clock, real: clock.freeze(False, real),
)


@pytest.mark.parametrize("late", MOVES)
@pytest.mark.parametrize("early", MOVES)
def test_a_move_that_had_to_wait_for_another_counts_no_time_twice(early: Move, late: Move) -> None:
    """It was asked for at 100, and its turn came after that of one which was asked for at 600."""
    clock = late(early(Clock(0, since=0), 600), 100)
    assert clock.now(700) == 700 + 1000 * (early, late).count(MOVES[0])


def test_real_until() -> None:
    clock = Clock(0, since=0, rate=10)
    assert clock.real_until(5_000, 0) == 0.5
    assert clock.real_until(-1, 0) == 0
    assert clock.freeze(True, 0).real_until(1, 0) is None


@given(st.lists(st.one_of(st.integers(0, DAY), st.floats(0.1, 1000), st.booleans())))
def test_never_backwards(moves: list[object]) -> None:
    clock, seen, real = Clock(0, since=0), 0, 0
    for move in moves:
        real += 13
        if isinstance(move, bool):
            clock = clock.freeze(move, real)
        elif isinstance(move, int):
            clock = clock.advanced(move, real)
        else:
            clock = clock.run_at(float(str(move)), real)
        assert clock.now(real) >= seen
        seen = clock.now(real)


@given(
    clock=st.builds(
        Clock,
        st.integers(0, DAY),
        st.integers(0, DAY),
        st.sampled_from((0.0, 0.3, 1.0, 60.0, 1e5)),
        st.booleans(),
    ),
    least=st.integers(0, 3 * DAY),
    real=st.integers(0, DAY),
)
def test_a_clock_is_never_before_the_latest_that_is_known(
    clock: Clock, least: int, real: int
) -> None:
    floored = clock.not_before(least, real)
    assert floored.now(real) == max(least, clock.now(real))
    assert (floored.rate, floored.frozen) == (clock.rate, clock.frozen)
    if floored is not clock and clock.rate == 1.0 and not clock.frozen:
        assert floored.now(DAY) == max(least, clock.now(DAY))
        assert floored.real_until(least + HOUR, real) == pytest.approx(
            clock.real_until(least + HOUR, real)
        )


MICROS = st.integers(0, 3_000_000)


@given(
    apart=st.integers(-HOUR, HOUR),
    asked=st.lists(st.tuples(st.booleans(), MICROS, MICROS, MICROS), max_size=20),
)
def test_machines_that_ask_the_same_one_are_told_times_in_order(
    apart: int, asked: list[tuple[bool, int, int, int]]
) -> None:
    """Each question has a way there, a way back, and then the time is read some time later."""
    true, last = 10**15, 0
    one = SharedReal(lambda: 1000 * true)
    other = SharedReal(lambda: 1000 * (true + 1000 * apart))
    for is_one, there, back, later in asked:
        mine = one if is_one else other
        true += there
        answer = true
        true += back
        mine.told(answer)
        true += later
        assert last <= mine() <= true // 1000
        last = mine()


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_moves_of_one_and_of_all_at_once_count_once_each(data: st.DataObject) -> None:
    """Two servers; each step is let through when Hypothesis says so. An account's own clock begins
    with its first move, which may come before a move of all, after it or between its steps."""
    turns = cycle(data.draw(st.lists(st.integers(0, 4), min_size=1, max_size=40)))
    store = Yielding(lambda: next(turns))
    here = [Engine(Config(seed=1, start=START, freeze=True), store) for _ in range(2)]
    names, spans = ("", "one", "two"), st.integers(1, 3).map(lambda n: 10**n)
    moves = data.draw(st.lists(st.tuples(st.sampled_from(names), spans), min_size=2, max_size=8))

    async def move(engine: Engine, name: str, ms: int) -> None:
        if name:
            await engine.clocks.move(name, lambda clock, real: clock.advanced(ms, real))
        else:
            await engine.clocks.move_all(ms)

    async def all_at_once() -> None:
        await asyncio.gather(*[move(here[n % 2], *one) for n, one in enumerate(moves)])
        for name in names:
            far = sum(ms for moved, ms in moves if moved in ("", name))
            assert [await one.clocks.now(name) - START for one in here] == [far, far]

    asyncio.run(all_at_once())


class Overtaken(MemoryStore):
    """Does something else just before an account's clock is set for the first time."""

    before: Callable[[], Awaitable[None]] | None = None

    async def append(self, account: str, version: int, events: Sequence[Event]) -> bool:
        if account and self.before is not None:
            before, self.before = self.before, None
            await before()
        return await super().append(account, version, events)


async def test_a_first_move_that_is_overtaken_by_one_of_all_runs_on_as_all_do() -> None:
    store, real = Overtaken(), 10**6
    here = Engine(Config(seed=1, start=0), store, lambda: real)

    async def all_of_them() -> None:
        nonlocal real
        real += 500
        await here.clocks.move_all(MINUTE, 60, False)
        assert await here.clocks.own() == []

    store.before = all_of_them
    await here.clocks.move("one", lambda clock, real: clock.advanced(HOUR, real))
    real += 7
    for _ in range(2):
        assert await here.clocks.now("one") == HOUR + 500 + MINUTE + 7 * 60
        assert await here.clocks.now("two") == 500 + MINUTE + 7 * 60
        await here.clocks.move_all(0)  # takes it in for good
    for _ in range(2 * SHIFTS_KEPT):
        await here.clocks.move_all(1)
    assert await here.clocks.now("one") == HOUR + 500 + MINUTE + 7 * 60 + 2 * SHIFTS_KEPT


async def test_a_clock_that_another_server_has_begun_is_kept() -> None:
    store = MemoryStore()
    first, second = (Engine(Config(seed=1, start=0, freeze=True), store) for _ in range(2))
    await first.clocks.begin()
    await first.clocks.move("one", lambda clock, real: clock)
    begin = BeginClock(Clock(0, 0))
    await first.clocks.move_all(MINUTE)
    await second.change("", begin)
    assert [await second.clocks.now(name) for name in ("", "one", "two")] == 3 * [MINUTE]


@pytest.mark.parametrize("rate", [1, 60])
async def test_no_account_goes_back_between_servers_a_minute_apart(rate: float) -> None:
    store, real = MemoryStore(), 10**12
    config = Config(seed=1, start=0, rate=rate)
    ahead = Engine(config, store, lambda: real + MINUTE)
    behind = Engine(config, store, lambda: real)
    await behind.clocks.begin()
    key = Key("one")
    await submit(behind, key)
    seen = await ahead.clocks.now("one")
    made = await submit(ahead, key)
    assert isinstance(made, Task)
    for here in (behind, ahead, behind):
        assert await here.clocks.now("one") >= seen
        seen = await here.clocks.now("one") if here is ahead else seen
    assert [task.created for task in await behind.tasks("one")][1] == made.created
    for move in (
        lambda clock, now: clock.freeze(True, now),
        lambda clock, now: clock.advanced(7, now),
        lambda clock, now: clock.freeze(False, now),
    ):
        before = await behind.clocks.now("one")
        assert before >= made.created
        await behind.clocks.move("one", move)
        assert await behind.clocks.now("one") >= before
    real += 2 * MINUTE
    assert await behind.clocks.now("one") > before


@pytest.mark.parametrize("moved", [{"key": KEY}, {}])
async def test_an_order_whose_body_comes_late_is_of_when_it_is_accepted(moved: Any) -> None:
    """The clock is moved while the server waits for the body: what comes of it is not past yet."""
    async with serve() as server:

        async def late() -> AsyncIterator[bytes]:
            move = {"advance": "1h", **moved}
            async with server.anonymous.post(f"{server.base}/_sim/clock", json=move) as answer:
                assert answer.status == 200
            yield msgspec.json.encode(ORDER)

        url, head = server.base + CREATE, {"Content-Type": "application/json"}
        async with server.client.post(url, data=late(), headers=head, expect100=True) as answer:
            task = (await answer.json())["id"]
        async with server.client.get(f"{server.base}/_sim/tasks/{task}") as answer:
            shown = await answer.json()
        assert (shown["created_ms"], shown["phase"]) == (START + HOUR, "queued")


@pytest.mark.parametrize(
    ("given_", "ms"),
    [
        ("500ms", 500),
        ("1.5s", 1500),
        ("24h", DAY),
        ("7d", 7 * DAY),
        ("2m", 120_000),
        (0, 0),
        (42, 42),
    ],
)
def test_durations(given_: object, ms: int) -> None:
    assert duration(given_) == ms


@pytest.mark.parametrize(
    "given_",
    ["", "5", "-1s", "1e9d", "s", "1 s", "9" * 15 + "d", -1, True, 1.5, None, "\u0661s", []],
)
def test_what_is_no_duration(given_: object) -> None:
    with pytest.raises(ValueError, match="is not"):
        duration(given_)


def test_moment_keeps_milliseconds() -> None:
    assert f"{moment(1_780_732_857_042, BEIJING):%Y%m%d%H%M%S.%f}" == "20260606160057.042000"
