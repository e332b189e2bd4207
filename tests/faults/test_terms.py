"""Faults that are settled on acceptance: what is billed, and late turns of fate."""

import pytest

from simulator.faults import money
from tests.driving import START
from tests.faults.pair import differences, fitting, pair

MINUTE = 60_000
END = START + 4000


@pytest.mark.parametrize("dialect", fitting("late-settlement"))
async def test_late_settlement(dialect: str) -> None:
    async with pair(dialect, "late-settlement") as run:
        await run.both("create")
        await run.polls("4s")
        assert [kind for kind, _, _ in await run.faulty.ledger()] == ["reserved"]
        assert await run.polls("59s", "1s") == [set(), set()]
        plain, faulty = await run.both("ledger")
        assert faulty[-1] == (*plain[-1][:2], END + MINUTE)
        assert faulty[:-1] == plain[:-1]


async def test_late_settlement_shows_in_the_balance() -> None:
    async with pair("uniall", "late-settlement") as run:
        await run.both("create")
        used = []
        for span in ("4s", "59s", "1s"):
            await run.both("advance", span)
            answers = [
                await side.send("GET", "/api/usage/token") for side in (run.plain, run.faulty)
            ]
            used.append([answer.body["data"]["total_used"] for answer in answers])
        assert used[0][0] == used[1][0] == used[2][0] == used[2][1]
        assert used[0][1] == used[1][1] != used[0][0]


@pytest.mark.parametrize(("name", "refunds"), [("double-refund", 2), ("refund-missing", 0)])
@pytest.mark.parametrize("dialect", ["ark", "nbility", "evolink", "octopusx"])
async def test_refunds(name: str, refunds: int, dialect: str) -> None:
    async with pair(dialect, name) as run:
        await run.both("plan", end="failed")
        await run.both("create")
        assert await run.polls("0s", "4s") == [set(), set()]
        plain, faulty = await run.both("ledger")
        assert faulty == [plain[0], *[plain[1]] * refunds]
        sums = (await run.faulty.sim("GET", "/ledger"))["sums"]
        assert list(sums.values()) == [(refunds - 1) * plain[1][1]]


async def test_refunds_show_in_the_balance() -> None:
    async with pair("evolink", "double-refund") as run:
        await run.both("plan", end="failed")
        await run.both("create")
        await run.both("advance", "4s")
        left = [
            (await side.send("GET", "/v1/credits")).body["data"]["user"]["used_credits"]
            for side in (run.plain, run.faulty)
        ]
        assert left[0] == 0
        assert left[1] < 0


@pytest.mark.parametrize("dialect", fitting("billed-twice"))
async def test_billed_twice(dialect: str) -> None:
    async with pair(dialect, "billed-twice") as run:
        await run.both("create")
        assert await run.polls("0s", "4s") == [set(), set()]
        plain, faulty = await run.both("ledger")
        cost = sum(amount for _, amount, _ in plain)
        assert faulty[:-1] == plain
        assert sum(amount for _, amount, _ in faulty) == 2 * cost != 0
        found = await run.both("sim", "GET", "/ledger")
        assert list(found[1]["sums"].values()) == [2 * each for each in found[0]["sums"].values()]


async def test_billed_not_requested_length() -> None:
    for dialect in fitting("billed-not-requested-length"):
        async with pair(dialect, "billed-not-requested-length") as run:
            await run.both("create")
            assert (await run.polls("4s"))[0] <= {"/data/quota"}  # where the answer tells the bill
            sums = [(await side.sim("GET", "/ledger"))["sums"] for side in (run.plain, run.faulty)]
            ((unit, plain),) = sums[0].items()
            assert sums[1] == {unit: 2 * plain}


@pytest.mark.parametrize("dialect", fitting("refund-then-success"))
async def test_refund_then_success(dialect: str) -> None:
    async with pair(dialect, "refund-then-success") as run:
        await run.both("create")
        assert await run.polls("3999ms") == [set()]
        assert (await run.polls("1ms"))[0]
        assert [kind for kind, _, _ in await run.faulty.ledger()] == ["reserved", "refunded"]
        assert (await run.polls("59999ms"))[0]
        await run.polls("1ms")
        plain, faulty = run.seen[-1]
        later = differences(plain, faulty)
        links = set(run.dialect.reader.link)
        assert {place for place in later - links if place.rpartition("/")[2] not in TIMES} == set()
        kinds = [kind for kind, _, _ in await run.faulty.ledger()]
        assert kinds == ["reserved", "refunded", "settled"]
        sums = [(await side.sim("GET", "/ledger"))["sums"] for side in (run.plain, run.faulty)]
        assert sums[0] == sums[1]


# Names of the time at which a task ended, or was last changed.
TIMES = {"updated_at", "finish_time", "completed_at", "expires_at"}


@pytest.mark.parametrize("dialect", fitting("moderation-late"))
async def test_moderation_late(dialect: str) -> None:
    async with pair(dialect, "moderation-late") as run:
        await run.both("plan", end="failed", run="180s")
        await run.both("create")
        assert await run.polls("2s", "178s", "1s") == [set(), set(), set()]
        assert (await run.faulty.sim("GET", "/tasks"))["items"][0]["phase"] == "failed"


async def test_the_length_that_was_asked_for_may_be_ignored() -> None:
    async with pair("ark", "duration-ignored") as run:
        await run.both("create")
        assert await run.polls("0s") == [set()]
        tokens = {"/usage/completion_tokens", "/usage/total_tokens"}
        assert await run.polls("4s") == [{"/duration", *tokens}]
        assert run.seen[-1][1].body["duration"] == 4
        await run.faulty.create(duration=4)
        await run.faulty.advance("4s")
        assert (await run.faulty.query()).body["duration"] == 5


@pytest.mark.parametrize("dialect", fitting("reserved-not-settled"))
async def test_twice_the_price_is_held_and_never_settled(dialect: str) -> None:
    async with pair(dialect, "reserved-not-settled") as run:
        await run.both("create")
        await run.both("advance", "24h")
        plain, faulty = await run.both("ledger")
        cost = -sum(amount for _, amount, _ in plain)
        assert [(kind, amount) for kind, amount, _ in faulty] == [("reserved", -2 * cost)]


async def test_what_was_held_too_much_comes_back_with_a_failure() -> None:
    async with pair("ark", "reserved-not-settled") as run:
        await run.both("plan", end="failed")
        await run.both("create")
        await run.both("advance", "4s")
        ledger = await run.faulty.ledger()
        assert [kind for kind, _, _ in ledger] == ["reserved", "refunded"]
        assert sum(amount for _, amount, _ in ledger) == 0


def test_every_fault_of_money_is_tested_here() -> None:
    here = {"late-settlement", "double-refund", "refund-missing", "billed-not-requested-length"}
    here |= {"billed-twice", "refund-then-success", "moderation-late", "reserved-not-settled"}
    assert here == {fault.name for fault in money.FAULTS}
