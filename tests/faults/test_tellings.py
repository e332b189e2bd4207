"""Faults of callbacks, as a receiver sees them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from simulator.core.task import LIVE
from simulator.faults import callbacks
from tests.faults.pair import ORDERS, Pair, Side, fitting, pair
from tests.ordering import asking
from tests.receiving import Receiver, receiver

COURSE = ("0s", "1s", "3s", "1s", "2s", "4s", "1s")


@asynccontextmanager
async def listening(dialect: str, name: str) -> AsyncIterator[tuple[Pair, Receiver]]:
    """A pair whose faulty side calls a receiver back."""
    async with receiver() as told, pair(dialect, name, callbacks="local") as run:
        yield run, told


async def create(side: Side, url: str) -> None:
    order = asking(side.dialect, ORDERS[side.dialect.name], callback=url)
    answer = await side.create(order)
    assert answer.status == 200, answer.raw


async def words(side: Side, told: Receiver) -> list[str]:
    """The words that a receiver is told in the course of a task."""
    told.got.clear()
    await create(side, told.url)
    for span in COURSE:
        await side.advance(span)
    return [side.dialect.reader.read(one.body).word for one in told.got]


def parted(run: Pair, known: list[str]) -> tuple[list[str], list[str]]:
    """Words of a task that is under way, and of one that is over."""
    over = [word for word in known if run.dialect.reader.phase(word) not in LIVE]
    return known[: len(known) - len(over)], over


@pytest.mark.parametrize("dialect", fitting("callback-duplicate"))
async def test_every_callback_twice(dialect: str) -> None:
    async with listening(dialect, "callback-duplicate") as (run, told):
        known = await words(run.plain, told)
        assert known
        assert await words(run.faulty, told) == [word for word in known for _ in range(2)]


@pytest.mark.parametrize("dialect", fitting("callback-reordered"))
async def test_the_last_callback_first(dialect: str) -> None:
    async with listening(dialect, "callback-reordered") as (run, told):
        known = await words(run.plain, told)
        assert await words(run.faulty, told) == known[::-1]
        told.got.clear()
        await run.faulty.fault("callback-reordered")
        await create(run.faulty, told.url)
        await run.faulty.advance("3999ms")
        assert told.got == []
        await run.faulty.advance("1ms")
        assert len(told.got) == len(known)


@pytest.mark.parametrize("dialect", fitting("callback-missing"))
async def test_no_callback(dialect: str) -> None:
    async with listening(dialect, "callback-missing") as (run, told):
        known = await words(run.plain, told)
        assert await words(run.faulty, told) == []
        assert await run.faulty.fired() == len(known)


@pytest.mark.parametrize("dialect", fitting("callback-retried"))
async def test_callbacks_that_were_taken_come_again(dialect: str) -> None:
    async with listening(dialect, "callback-retried") as (run, told):
        way, end = parted(run, await words(run.plain, told))
        assert await words(run.faulty, told) == [*way, *end * 4]
        shown = (await run.faulty.sim("GET", "/tasks"))["items"][0]["callbacks"]
        times = [one["at_ms"] for one in shown if one["phase"] == "succeeded"]
        assert [later - times[0] for later in times] == [0, 1000, 3000, 7000]


@pytest.mark.parametrize("dialect", fitting("callback-before-create-answer"))
async def test_a_callback_before_the_answer(dialect: str) -> None:
    async with listening(dialect, "callback-before-create-answer") as (run, told):
        await create(run.faulty, told.url)
        assert len(told.got) == 1
        assert await run.faulty.fired() == 1
        assert [await run.faulty.create()]
        assert await run.faulty.fired() == 1


@pytest.mark.parametrize("dialect", fitting("callback-before-poll-terminal"))
async def test_queries_that_do_not_know_yet(dialect: str) -> None:
    async with listening(dialect, "callback-before-poll-terminal") as (run, told):
        await create(run.plain, told.url)
        told.got.clear()
        await create(run.faulty, told.url)
        await run.polls("3999ms")
        differ = await run.polls("1ms", "0s", "0s")
        read = [run.dialect.reader.read(one.body).over for one in told.got]
        assert read.count(True) == 2
        assert [bool(found) for found in differ] == [True, False, False]
        assert run.seen[1][1].body == run.seen[0][1].body


@pytest.mark.parametrize("name", ["status-synonym", "status-case", "numbers-as-strings"])
async def test_faults_of_answers_are_faults_of_callbacks_too(name: str) -> None:
    async with listening("ark", name) as (run, told):
        await create(run.plain, told.url)
        await run.plain.advance("4s")
        plain = [one.body for one in told.got]
        told.got.clear()
        await create(run.faulty, told.url)
        await run.faulty.advance("4s")
        faulty = [one.body for one in told.got]
        assert len(plain) == len(faulty) == 3
        assert all(one != other for one, other in zip(plain, faulty, strict=True))


def test_every_fault_of_callbacks_is_tested_here() -> None:
    here = {f"callback-{name}" for name in ("duplicate", "reordered", "missing", "retried")}
    here |= {"callback-before-create-answer", "callback-before-poll-terminal"}
    assert here == {fault.name for fault in callbacks.FAULTS}
