"""Whether a store holds what the clients of mixed traffic were told, and agrees with itself."""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from aiohttp import ClientSession, ClientTimeout

from tests.mixed import ADVANCE_MS, LONGEST_S, PNG, TAIL, Noted
from tests.receiving import Receiver

OUTCOMES = {"succeeded", "failed", "expired"}


@dataclass
class Found:
    """What a store has after all, and what of the acknowledged it lacks, with its moment."""

    tasks: dict[str, Any]
    lost: list[tuple[str, float]]
    twice: int


async def found(noted: Noted, base: str, receiver: Receiver) -> Found:
    """Ask a server for everything; what it has must agree with itself and with what was told."""
    async with ClientSession(base, timeout=ClientTimeout(5 * LONGEST_S)) as session:

        async def say(path: str, body: Any = None) -> Any:
            method = "GET" if body is None else "POST"
            async with session.request(method, path, json=body) as answer:
                assert answer.status == 200, (path, await answer.text())
                return await answer.json()

        async def all_of(path: str) -> list[Any]:
            items: list[Any] = []
            while page := (
                await say(f"{path}?limit=1000" + (f"&after={items[-1]['id']}" if items else ""))
            )["items"]:
                items += page
            return items

        lost = await _missing_files(noted, session)
        lost += await _missing_advances(noted, say)
        plans = await all_of("/_sim/plans")
        await _all_told(say)
        items = await all_of("/_sim/tasks")
        tasks = {one["id"]: one for one in items}
        assert len(tasks) == len(items)
        lost += [(f"task {one}", at) for one, at in noted.orders.items() if one not in tasks]
        lost += _missing_ends(noted, tasks)
        lost += _missing_plans(noted, plans, tasks)
        _adds_up(tasks, await say("/_sim/ledger?limit=1"))
        lost += _told_of_cancelled(tasks, receiver)
        return Found(tasks, lost, _heard(tasks, receiver))


async def _all_told(say: Callable[[str, Any], Awaitable[Any]]) -> None:
    """Let every task end and every callback be made, as long as there are fewer left each time."""
    move: dict[str, str] = {"advance": "1h", "wait": f"{LONGEST_S}s"}
    left = (await say("/_sim/clock", move))["pending"]
    while left:
        before, left = left, (await say("/_sim/clock", {**move, "advance": "0s"}))["pending"]
        assert left < before, f"{left} callbacks are not made"


async def _missing_files(noted: Noted, session: ClientSession) -> list[tuple[str, float]]:
    lost = []
    for link, at in noted.files.items():
        async with session.get(link) as answer:
            if answer.status != 200 or await answer.read() != PNG:
                lost.append((f"file {link}", at))
    return lost


async def _missing_advances(
    noted: Noted, say: Callable[[str], Awaitable[Any]]
) -> list[tuple[str, float]]:
    """Each key's clock is ahead of the server's by all that it was moved."""
    lost = []
    for key, advances in noted.advances.items():
        most = len(advances) + noted.doubt[f"advance {key}"]
        moved = await _moved(key, most, say)
        lost += [(f"advance of {key}", at) for at in noted.gone(advances, moved)]
    return lost


async def _moved(key: str, most: int, say: Callable[[str], Awaitable[Any]]) -> int:
    """How often a key's clock was moved: whole moves, and no more than were asked for.

    The server's clock is read before and after, since the answers of a busy machine take their
    time. What does not fit may be right soon: an order may have been under way, by the time of a
    move that was then lost, and its account's clock stands until it has come so far.
    """
    until = time.monotonic() + LONGEST_S
    while True:
        paths = ("/_sim/clock", f"/_sim/clock?key={key}", "/_sim/clock")
        before, mine, after = [(await say(path))["now_ms"] for path in paths]
        least, moved = -((after - mine) // ADVANCE_MS), (mine - before) // ADVANCE_MS
        if least == moved <= most:
            return int(moved)
        assert time.monotonic() < until, (key, before, mine, after, most)
        await asyncio.sleep(0.1)


def _missing_ends(noted: Noted, tasks: dict[str, Any]) -> list[tuple[str, float]]:
    lost = []
    for one, at in noted.ended.items():
        task = tasks.get(one)
        if task is not None and task["cancelled_ms"] is None and task["removed_ms"] is None:
            lost.append((f"end of {one}", at))
    return lost


def _missing_plans(
    noted: Noted, plans: list[Any], tasks: dict[str, Any]
) -> list[tuple[str, float]]:
    """Each one-shot plan waits, or has decided about one order, and never about two."""
    has = Counter(plan["match"]["key"][-TAIL:] for plan in plans)
    has += Counter(one["key"][-TAIL:] for one in tasks.values() if one["plan"]["end"] == "failed")
    told = noted.plans
    doubt = {name[-TAIL:]: n for name, n in noted.doubt.items() if name.startswith("plan ")}
    for key, count in has.items():
        assert count <= len(told[key]) + doubt.get(key, 0), (key, count)
    return [
        (f"plan of {key}", at) for key, times in told.items() for at in noted.gone(times, has[key])
    ]


def _adds_up(tasks: dict[str, Any], ledger: Any) -> None:
    """Each task is reserved for once, settled or refunded once, and billed if it succeeded."""
    total, billed = 0, 0
    for one in tasks.values():
        kinds = Counter(entry["kind"] for entry in one["ledger"])
        cost = sum(entry["amount"] for entry in one["ledger"])
        good = one["cancelled_ms"] is None and one["end"] == "succeeded"
        assert kinds == {"reserved": 1, "settled" if good else "refunded": 1}, one
        assert (cost < 0) is good, one
        total, billed = total + cost, billed + good
    assert ledger["total"] == 2 * len(tasks)
    assert ledger["sums"] == {"tokens": total}
    assert ledger["bill"]["tasks"] == billed


def _outcomes(receiver: Receiver) -> dict[str, float]:
    """The tasks of which an outcome was told, and when first."""
    told = [one for one in receiver.got if one.body["status"] in OUTCOMES]
    return {one.body["id"]: one.at for one in reversed(told)}


def _told_of_cancelled(tasks: dict[str, Any], receiver: Receiver) -> list[tuple[str, float]]:
    """A task whose outcome was told is cancelled by nobody, unless what it came of was lost."""
    return [
        (f"outcome of {name}, which is cancelled", at)
        for name, at in _outcomes(receiver).items()
        if name in tasks and tasks[name]["cancelled_ms"] is not None
    ]


def _heard(tasks: dict[str, Any], receiver: Receiver) -> int:
    """Every outcome was told; how many were told more than once."""
    outcomes = _outcomes(receiver)
    for name, one in tasks.items():
        called = one["order"]["callback_url"] is not None
        if called and one["cancelled_ms"] is None and one["removed_ms"] is None:
            assert name in outcomes, one
    heard = Counter((one.body["id"], one.body["status"]) for one in receiver.got)
    return sum(count > 1 for count in heard.values())
