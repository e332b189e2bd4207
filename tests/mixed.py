"""Mixed traffic of many clients that note what they were told.

Each client goes on, one call after the other, until its server has gone or the traffic is over.
What it was not told of may have happened or not; what it was told has to be so (``holding.py``),
whoever was killed meanwhile. None leaves while a server that lives is at its call: what is looked
at afterwards would still be changing.
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
from tests.test_cli import CREATE, ORDER

CLIENTS = 64
LONGEST_S = 60
KEYS = 8
ADVANCE_MS = 1000
TAIL = 4  # of a key, which is shown where the rest of it is not
UPLOAD = "/evolink/api/v1/files/upload/base64"
PNG = render(Facts("image", "png", 0, 300, 300), "")
GONE = (ClientError, OSError, ValueError)  # and a TimeoutError is an OSError


class Away(Exception):
    """The store was away: the call may have been done or not."""


@dataclass
class Noted:
    """What was acknowledged, by its id and when; in ``doubt`` is what was asked and not answered.

    ``ordered`` and ``away`` happen with each order, and each call that finds the store away.
    ``lenient`` says that the store may lose its last moments, so that polls may miss a task; each
    of ``losses`` is from when to when what was acknowledged may be lost.
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
    ordered: asyncio.Event = field(default_factory=asyncio.Event)
    away: asyncio.Event = field(default_factory=asyncio.Event)
    losses: list[tuple[float, float]] = field(default_factory=list)

    def may_lose(self, at: float) -> bool:
        """Whether what was acknowledged at a moment may be lost."""
        return any(since <= at <= until for since, until in self.losses)

    def gone(self, times: list[float], there: int) -> list[float]:
        """The moments of what is not there any more, of equal things of which some are.

        Nobody sees which of them are lost: those that may be, as far as these go.
        """
        return sorted(times, key=self.may_lose)[there:]


class Client:
    """One of many; those of one key meet at its tasks, clock and plans."""

    def __init__(
        self, session: ClientSession, base: str, key: str, noted: Noted, url: str, seed: str
    ) -> None:
        self._session, self._base, self._key = session, base, key
        self._noted, self._url, self._draw = noted, url, random.Random(seed)
        self._mine: list[str] = []

    async def run(self, over: asyncio.Event) -> None:
        """Go on until the server has gone, or it is over."""
        ways: dict[Callable[[], Awaitable[None]], int] = {
            self._order: 40,
            self._poll: 36,
            self._end: 10,
            self._advance: 5,
            self._plan: 6,
            self._upload: 3,
        }
        while not over.is_set():
            (way,) = self._draw.choices([*ways], [*ways.values()])
            way = way if self._mine else self._order
            try:
                await way()
                self._noted.calls[way.__name__.strip("_")] += 1
            except Away:
                self._noted.away.set()
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
    async with ClientSession(timeout=ClientTimeout(LONGEST_S)) as session:

        def client(n: int) -> Client:
            key = f"sk-mixed-traffic-{number:03}{n % KEYS}"
            return Client(session, bases[n % len(bases)], key, noted, url, f"{number} {n}")

        over = asyncio.Event()
        running = [asyncio.create_task(client(n).run(over)) for n in range(CLIENTS)]
        try:
            await again(noted.ordered)
            await asyncio.sleep(seconds)
            await then()
            over.set()
            await asyncio.gather(*running)
        finally:
            for one in running:
                one.cancel()


async def again(event: asyncio.Event) -> None:
    """Wait until something happens from now on, however slow the machine is."""
    event.clear()
    async with asyncio.timeout(LONGEST_S):
        await event.wait()
