"""One example as a client runs it: create, poll to the end, fetch the clip, save it."""

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiohttp import ClientError, ClientResponse, ClientSession, FormData

from simulator.cli.demo.examples import Example, File
from simulator.core.reader import Reading
from simulator.core.task import Phase
from simulator.dialects import load
from simulator.engine.dialect import Dialect
from simulator.media.probe import Unreadable, probe

PAUSE_S = 0.15
LIMIT_S = 90.0

Step = Callable[[Example, Reading], None]


class Trouble(Exception):
    """An example that did not end in a clip; the text says why in one line."""


@dataclass(frozen=True, slots=True)
class Made:
    """A clip that was saved, as measured in its bytes."""

    example: Example
    file: Path
    width: int
    height: int
    seconds: float
    cost: str


async def make(
    session: ClientSession, base: str, key: str, example: Example, folder: Path, step: Step
) -> Made:
    """Run an example with a key of its own and save its clip."""
    client = Client(session, f"{base}/{example.dialect}", key, load(example.dialect))
    try:
        async with asyncio.timeout(LIMIT_S):
            task = await client.order(example.body)
            done = await client.wait(task, lambda answer: step(example, answer))
            data = await client.download(task, done.link)
            cost = await _billed(session, base, key)
    except TimeoutError:
        raise Trouble(f"no clip within {LIMIT_S:g} seconds") from None
    except (ClientError, KeyError, TypeError, ValueError, LookupError) as error:
        raise Trouble(f"{type(error).__name__}: {error}") from None
    return _save(data, example, folder, cost)


@dataclass(frozen=True, slots=True)
class Client:
    """A client of one dialect, which knows of it only its routes and how its answers are read."""

    session: ClientSession
    root: str
    key: str
    dialect: Dialect

    async def order(self, body: Mapping[str, Any]) -> str:
        """Give an order; the id of its task."""
        route = self.dialect.route("create")
        sent = {"data": _form(body)} if route.form else {"json": body}
        url = self.root + route.target()
        async with self.session.post(url, headers=self._headers(), **sent) as reply:
            answer = await _json(reply)
        task = self.dialect.reader.created_id(answer)
        if not task:
            raise Trouble(f"no id in {json.dumps(answer)}")
        return task

    async def wait(self, task: str, step: Callable[[Reading], None]) -> Reading:
        """The first answer that says that the task has ended well."""
        url = self.root + self.dialect.route("query").target(id=task)
        while True:
            async with self.session.get(url, headers=self._headers()) as reply:
                answer = self.dialect.reader.read(await _json(reply))
            step(answer)
            if answer.over and answer.phase is not Phase.SUCCEEDED:
                raise Trouble(f"task {task} failed: {answer.message or answer.word}")
            if answer.over:
                return answer
            await asyncio.sleep(PAUSE_S)

    async def download(self, task: str, link: str) -> bytes:
        """The clip: by its link without the key, or else by the dialect's call for it."""
        headers = {} if link else self._headers()
        if not link and not self.dialect.has("download"):
            raise Trouble(f"task {task} has ended well, and there is no link")
        url = link or self.root + self.dialect.route("download").target(id=task)
        async with self.session.get(url, headers=headers) as reply:
            if reply.status != 200:
                raise Trouble(f"the clip's link answers {reply.status} {await reply.text()}")
            return await reply.read()

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.key}"}


async def _json(reply: ClientResponse) -> Any:
    if reply.status != 200:
        raise Trouble(f"{reply.method} {reply.url.path}: {reply.status} {await reply.text()}")
    return await reply.json()


async def _billed(session: ClientSession, base: str, key: str) -> str:
    """What the key's only task cost, by the simulator's own ledger."""
    async with session.get(f"{base}/_sim/ledger", params={"key": key}) as reply:
        sums = (await _json(reply))["sums"]
    return ", ".join(f"{-amount:.15g} {unit}" for unit, amount in sums.items())


def _form(body: Any) -> FormData:
    form = FormData(default_to_multipart=True)
    for name, value in body.items():
        if isinstance(value, File):
            content_type = "application/octet-stream"
            form.add_field(name, value.data, filename=value.name, content_type=content_type)
        else:
            form.add_field(name, str(value))
    return form


def _save(data: bytes, example: Example, folder: Path, cost: str) -> Made:
    file = folder / f"{example.dialect}-{example.mode}.mp4"
    try:
        facts = probe(data)
        file.write_bytes(data)
    except Unreadable as error:
        raise Trouble(f"the clip cannot be read: {error}") from None
    except OSError as error:
        raise Trouble(f"cannot write {file}: {error.strerror}") from None
    return Made(example, file, facts.width, facts.height, facts.ms / 1000, cost)
