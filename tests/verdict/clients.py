"""A careful client of any dialect, and what careless ones do in its stead."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urljoin

from aiohttp import ClientError, ClientTimeout

from simulator.core.pointers import get, there
from simulator.core.task import LIVE, Phase
from simulator.engine.dialect import Dialect
from tests.driving import KEY
from tests.faults.pair import DIALECTS
from tests.ordering import encoded
from tests.serving import Server


class Reported(Exception):
    """The client ends and tells its user why."""


@dataclass(frozen=True)
class Answer:
    """``status`` is 0 where none came, ``body`` None where it is not what it should be."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    raw: bytes = b""

    @property
    def body(self) -> Any:
        try:
            found = json.loads(self.raw)
        except ValueError:
            return None
        return found if isinstance(found, dict) else None

    @property
    def transient(self) -> bool:
        return self.status in (0, 408, 425, 429) or self.status >= 500


@dataclass
class Careful:
    """Orders once, polls with patience, fetches with care, and sleeps on the account's clock."""

    server: Server
    name: str = "ark"
    key: str = KEY
    order: dict[str, Any] = field(default_factory=dict)
    limit: float = 10.0
    pause: float = 5.0
    tries: int = 6
    again: int = 4

    @property
    def dialect(self) -> Dialect:
        return DIALECTS[self.name]

    async def run(self) -> str:
        """What the user is told."""
        try:
            task = await self.create()
            await self.fetch(task, await self.wait(task))
        except Reported as report:
            return str(report)
        return "made"

    async def create(self) -> str:
        for attempt in range(self.again):
            answer = await self.give_order()
            asked = answer.headers.get("Retry-After", "")
            if answer.status == 429 or (answer.status == 503 and asked):
                await self.back_off(answer, attempt)
                continue
            if answer.transient or (answer.status < 300 and answer.body is None):
                raise Reported("unclear whether the order was accepted")
            if answer.status >= 400:
                raise Reported(f"refused with {answer.status}")
            task = self.dialect.reader.created_id(answer.body)
            if not task:
                raise Reported("accepted without an id")
            return task
        raise Reported("no room")

    async def give_order(self) -> Answer:
        data, kind = encoded(self.dialect, {**self.dialect.example, **self.order})
        path = self.dialect.route("create").path
        return await self.send("POST", path, data=data, headers={"Content-Type": kind})

    async def query(self, task: str) -> Answer:
        return await self.send("GET", self.dialect.route("query").target(id=task))

    async def wait(self, task: str) -> str:
        """The link of the clip."""
        stumbles = linkless = polls = 0
        while polls < 120:
            answer = await self.query(task)
            polls += 1
            young = polls <= 3 and answer.status in (400, 404)
            if answer.transient or young or (answer.status < 300 and answer.body is None):
                stumbles += 1
                if stumbles >= self.tries:
                    raise Reported(f"no answer about {task}")
                await self.back_off(answer, stumbles)
                continue
            if answer.status >= 400:
                raise Reported(f"{task} cannot be read: {answer.status}")
            stumbles = 0
            word = self.word(answer)
            phase = self.dialect.reader.phase(word)
            if phase is Phase.SUCCEEDED:
                link = self.link(answer)
                if link:
                    return link
                linkless += 1
                if linkless > 2:
                    raise Reported(f"{task} is {word} without a link")
            elif phase is not None and phase not in LIVE:
                raise Reported(f"{task} is {word}")
            await self.sleep(self.pause)
        raise Reported(f"{task} takes too long")

    def word(self, answer: Answer) -> Any:
        """The status as it stands in an answer; empty where there is none."""
        found = there(answer.body, self.dialect.reader.status)
        return get(answer.body, found[0]) if found else ""

    def link(self, answer: Answer) -> str:
        """The address of the clip; of a dialect whose answers have none, that of its own call."""
        reader = self.dialect.reader
        if not reader.link:
            path = self.dialect.route("download").target(id=reader.shown_id(answer.body))
            return f"{self.server.base}/{self.name}{path}"
        found = reader.read(answer.body).link
        return urljoin(self.server.base, found) if found else ""

    async def fetch(self, task: str, link: str) -> bytes:
        for attempt in range(self.again):
            answer = await self.download(link)
            if answer.status == 200 and self.whole(answer):
                return answer.raw
            if answer.status == 403 and not attempt:
                link = self.link(await self.query(task)) or link
            elif not answer.transient and answer.status != 200:
                raise Reported(f"the clip of {task} cannot be fetched: {answer.status}")
            await self.back_off(answer, attempt)
        raise Reported(f"the clip of {task} came damaged")

    def whole(self, answer: Answer) -> bool:
        return answer.raw[4:8] == b"ftyp"

    async def download(self, link: str) -> Answer:
        return await self.send("GET", link, key="/tos/" not in link)

    async def back_off(self, answer: Answer, attempt: int) -> None:
        asked = answer.headers.get("Retry-After", "")
        await self.sleep(max(2.0**attempt, 90.0 if asked else 0.0))

    async def sleep(self, seconds: float) -> None:
        await self.server.advance(f"{int(seconds * 1000)}ms", self.key)

    async def send(
        self,
        method: str,
        path: str,
        *,
        data: Any = None,
        headers: dict[str, str] | None = None,
        key: bool = True,
    ) -> Answer:
        url = path if path.startswith("http") else f"{self.server.base}/{self.name}{path}"
        sent = {**(headers or {}), "Accept-Encoding": "identity"}
        if key:
            sent["Authorization"] = f"Bearer {self.key}"
        limit = ClientTimeout(total=self.limit)
        call = self.server.anonymous.request(method, url, data=data, headers=sent, timeout=limit)
        try:
            async with call as answer:
                return Answer(answer.status, dict(answer.headers), await answer.read())
        except (ClientError, TimeoutError, OSError):
            return Answer()


Do = Callable[[Careful], Awaitable[object]]


async def findings(server: Server, key: str = KEY, subject: str = "client") -> dict[str, str]:
    """What the verdict finds, with how bad it is."""
    found = (await verdict(server, key, subject))["findings"]
    return {one["id"]: one["severity"] for one in found}


async def verdict(server: Server, key: str = KEY, subject: str = "client") -> Any:
    asked = {"key": key, "as": subject}
    async with server.anonymous.get(f"{server.base}/_sim/verdict", params=asked) as answer:
        assert answer.status == 200, await answer.text()
        return await answer.json()


async def ask(server: Server, path: str, body: Any) -> None:
    """A call of the control plane, for the client's account."""
    match = {"key": KEY, **body.pop("match", {})}
    async with server.anonymous.post(
        f"{server.base}/_sim{path}", json={"match": match, **body}
    ) as answer:
        assert answer.status == 200, await answer.text()
