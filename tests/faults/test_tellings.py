"""Faults of callbacks, as a receiver sees them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from simulator.faults import callbacks
from tests.faults.pair import Pair, Side, fitting, pair
from tests.receiving import Receiver, receiver

ENDS = {
    "evolink": ["completed"],
    "ark": ["succeeded"],
    "octopusx": ["SUCCESS"],
    "newapi": ["succeeded"],
}
EARLY = {
    "ark": ["queued", "running"],
    "newapi": ["queued", "running"],
    "octopusx": [],
    "evolink": [],
}
COURSE = ("0s", "1s", "3s", "1s", "2s", "4s", "1s")


@asynccontextmanager
async def listening(dialect: str, name: str) -> AsyncIterator[tuple[Pair, Receiver]]:
    """A pair whose faulty side calls a receiver back."""
    async with receiver() as told, pair(dialect, name, callbacks="local") as run:
        yield run, told


async def create(side: Side, url: str) -> None:
    if side.dialect.name in ("octopusx", "newapi"):
        metadata = {"resolution": "480p", "duration": 5, "callback_url": url}
        answer = await side.create(metadata=metadata)
    else:
        answer = await side.create(callback_url=url)
    assert answer.status == 200, answer.raw


async def words(run: Pair, told: Receiver) -> list[str]:
    await create(run.faulty, told.url)
    for span in COURSE:
        await run.faulty.advance(span)
    return told.words


@pytest.mark.parametrize("dialect", fitting("callback-duplicate"))
async def test_every_callback_twice(dialect: str) -> None:
    async with listening(dialect, "callback-duplicate") as (run, told):
        known = [*EARLY[dialect], *ENDS[dialect]]
        assert await words(run, told) == [word for word in known for _ in range(2)]


@pytest.mark.parametrize("dialect", fitting("callback-reordered"))
async def test_the_last_callback_first(dialect: str) -> None:
    async with listening(dialect, "callback-reordered") as (run, told):
        await create(run.faulty, told.url)
        await run.faulty.advance("3999ms")
        assert told.words == []
        await run.faulty.advance("1ms")
        assert told.words == [*ENDS[dialect], *reversed(EARLY[dialect])]


@pytest.mark.parametrize("dialect", fitting("callback-missing"))
async def test_no_callback(dialect: str) -> None:
    async with listening(dialect, "callback-missing") as (run, told):
        assert await words(run, told) == []
        assert await run.faulty.fired() == len([*EARLY[dialect], *ENDS[dialect]])


@pytest.mark.parametrize("dialect", fitting("callback-retried"))
async def test_callbacks_that_were_taken_come_again(dialect: str) -> None:
    async with listening(dialect, "callback-retried") as (run, told):
        assert await words(run, told) == [*EARLY[dialect], *ENDS[dialect] * 4]
        shown = (await run.faulty.sim("GET", "/tasks"))["items"][0]["callbacks"]
        times = [one["at_ms"] for one in shown if one["phase"] == "succeeded"]
        assert [later - times[0] for later in times] == [0, 1000, 3000, 7000]


@pytest.mark.parametrize("dialect", fitting("callback-before-create-answer"))
async def test_a_callback_before_the_answer(dialect: str) -> None:
    async with listening(dialect, "callback-before-create-answer") as (run, told):
        await create(run.faulty, told.url)
        assert told.words == ["queued"]
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
        assert told.words.count(ENDS[dialect][0]) == 2
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
