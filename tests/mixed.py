"""Mixed traffic of many clients that note what they were told, and whether a store still holds it.

Each client goes on, one call after the other, until its server has gone. What it was not told of
may have happened or not; what it was told has to be so, whoever was killed meanwhile.
"""

import asyncio
import base64
import random
import time
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from aiohttp import ClientError, ClientSession, ClientTimeout

from simulator.core.media import Facts
from simulator.media.samples import render
from tests.receiving import Receiver
from tests.test_cli import CREATE, ORDER

CLIENTS = 64
LONGEST_S = 60
KEYS = 8
ADVANCE_MS = 1000
TAIL = 4  # of a key, which is shown where the rest of it is not
FLAGS = ("--callbacks", "local", "--pace", "fast", "--log-level", "warning")
UPLOAD = "/evolink/api/v1/files/upload/base64"
PNG = render(Facts("image", "png", 0, 300, 300), "")
GONE = (ClientError, OSError, ValueError)  # and a TimeoutError is an OSError
OUTCOMES = {"succeeded", "failed", "expired"}


class Away(Exception):
    """The store was away: the call may have been done or not."""


@dataclass
class Noted:
    """What was acknowledged, by its id and when; in ``doubt`` is what was asked and not answered.

    ``lenient`` says that the store may lose its last moments, so that polls may miss a task.
    """

    lenient: bool = False
    orders: dict[str, float] = field(default_factory=dict)
    ended: dict[str, float] = field(default_factory=dict)
    files: dict[str, float] = field(default_factory=dict)
    plans: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    advances: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    doubt: Counter[str] = field(default_factory=Counter)
    ending: set[str] = field(default_factory=set)
    calls: Counter[str] = field(default_factory=Counter)
    away: int = 0
    ordered: asyncio.Event = field(default_factory=asyncio.Event)


class Client:
    """One of many; those of one key meet at its tasks, clock and plans."""

    def __init__(
        self, session: ClientSession, base: str, key: str, noted: Noted, url: str, seed: str
    ) -> None:
        self._session, self._base, self._key = session, base, key
        self._noted, self._url, self._draw = noted, url, random.Random(seed)
        self._mine: list[str] = []

    async def run(self) -> None:
        """Go on until the server has gone."""
        ways: dict[Callable[[], Awaitable[None]], int] = {
            self._order: 40,
            self._poll: 36,
            self._end: 10,
            self._advance: 5,
            self._plan: 6,
            self._upload: 3,
        }
        while True:
            (way,) = self._draw.choices([*ways], [*ways.values()])
            way = way if self._mine else self._order
            try:
                await way()
                self._noted.calls[way.__name__.strip("_")] += 1
            except Away:
                self._noted.away += 1
                await asyncio.sleep(0.05)
            except GONE:
                return

    async def _told(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        head = {"Authorization": f"Bearer {self._key}"}
        url = self._base + path
        async with self._session.request(method, url, json=body, headers=head) as answer:
            told = answer.status, await answer.json()
        if answer.status == 503:
            raise Away
        return told

    async def _done(self, what: str, path: str, body: Any) -> Any:
        """What a call is answered that changes something, and has to be good."""
        doubtful = f"{what} {self._key}"
        self._noted.doubt[doubtful] += 1
        status, told = await self._told("POST", path, body)
        assert status == 200, told
        self._noted.doubt[doubtful] -= 1
        return told

    async def _order(self) -> None:
        heard = {"callback_url": self._url} if self._draw.random() < 0.5 else {}
        task = (await self._done("order", CREATE, {**ORDER, **heard}))["id"]
        assert task not in self._noted.orders
        self._noted.orders[task] = time.monotonic()
        self._noted.ordered.set()
        self._mine.append(task)

    async def _poll(self) -> None:
        task = self._draw.choice(self._mine)
        status, told = await self._told("GET", f"{CREATE}/{task}")
        known = status == 200 and told["id"] == task
        assert known or self._noted.lenient or task in self._noted.ending, (status, told)

    async def _end(self) -> None:
        """Cancel a task that waits, or remove one that has ended; else it is refused."""
        task = self._draw.choice(self._mine)
        self._noted.ending.add(task)
        status, _ = await self._told("DELETE", f"{CREATE}/{task}")
        if status == 200:
            self._noted.ended[task] = time.monotonic()

    async def _advance(self) -> None:
        moved = {"advance": ADVANCE_MS, "key": self._key, "wait": 0}
        await self._done("advance", "/_sim/clock", moved)
        self._noted.advances[self._key].append(time.monotonic())

    async def _plan(self) -> None:
        wish = {"plan": {"end": "failed"}, "match": {"key": self._key}, "times": 1}
        await self._done("plan", "/_sim/plans", wish)
        self._noted.plans[self._key[-TAIL:]].append(time.monotonic())

    async def _upload(self) -> None:
        sent = {"base64_data": base64.b64encode(PNG).decode()}
        link = (await self._done("file", UPLOAD, sent))["data"]["file_url"]
        self._noted.files[link.removeprefix(self._base)] = time.monotonic()


async def traffic(
    noted: Noted,
    bases: Sequence[str],
    url: str,
    number: int,
    seconds: float,
    then: Callable[[], Awaitable[None]],
) -> None:
    """Let many clients call, with keys of their own; then something happens.

    That is so many seconds after the first order is acknowledged, however slow the machine is.
    """
    noted.ordered.clear()
    async with ClientSession(timeout=ClientTimeout(LONGEST_S)) as session:

        def client(n: int) -> Client:
            key = f"sk-mixed-traffic-{number:03}{n % KEYS}"
            return Client(session, bases[n % len(bases)], key, noted, url, f"{number} {n}")

        running = [asyncio.create_task(client(n).run()) for n in range(CLIENTS)]
        async with asyncio.timeout(LONGEST_S):
            await noted.ordered.wait()
        await asyncio.sleep(seconds)
        await then()
        for one in running:
            one.cancel()
        for end in await asyncio.gather(*running, return_exceptions=True):
            assert end is None or isinstance(end, asyncio.CancelledError), end


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
        moved = await say("/_sim/clock", {"advance": "1h", "wait": "60s"})
        assert moved["pending"] == 0
        items = await all_of("/_sim/tasks")
        tasks = {one["id"]: one for one in items}
        assert len(tasks) == len(items)
        lost += [(f"task {one}", at) for one, at in noted.orders.items() if one not in tasks]
        lost += _missing_ends(noted, tasks)
        lost += _missing_plans(noted, plans, tasks)
        _adds_up(tasks, await say("/_sim/ledger?limit=1"))
        return Found(tasks, lost, _heard(tasks, receiver))


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
        mine, all_ = await say(f"/_sim/clock?key={key}"), await say("/_sim/clock")
        moved = round((mine["now_ms"] - all_["now_ms"]) / ADVANCE_MS)
        assert moved <= len(advances) + noted.doubt[f"advance {key}"], (key, moved)
        lost += [(f"advance of {key}", at) for at in sorted(advances)[moved:]]
    return lost


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
        (f"plan of {key}", at) for key, times in told.items() for at in sorted(times)[has[key] :]
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


def _heard(tasks: dict[str, Any], receiver: Receiver) -> int:
    """Every outcome was told, none of a cancelled task was; how many were told more than once."""
    heard = Counter((one.body["id"], one.body["status"]) for one in receiver.got)
    outcomes = {task for task, status in heard if status in OUTCOMES}
    for name, one in tasks.items():
        if one["cancelled_ms"] is not None:
            assert name not in outcomes, one
        elif one["removed_ms"] is None and one["order"]["callback_url"] is not None:
            assert name in outcomes, one
    return sum(count > 1 for count in heard.values())
