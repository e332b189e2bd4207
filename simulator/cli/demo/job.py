"""One example as a client runs it: create, poll to the end, fetch the clip, save it."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiohttp import ClientError, ClientResponse, ClientSession, FormData

from simulator.cli.demo.clients import CLIENTS, Answer, Client
from simulator.cli.demo.examples import Example, File
from simulator.media.probe import Unreadable, probe

PAUSE_S = 0.15
LIMIT_S = 90.0

Step = Callable[[Example, Answer], None]


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
    client = CLIENTS[example.dialect]
    try:
        async with asyncio.timeout(LIMIT_S):
            answer = await _finished(session, base, key, example, client, step)
            data = await _download(session, answer.url)
            cost = answer.cost or await _billed(session, base, key)
    except TimeoutError:
        raise Trouble(f"no clip within {LIMIT_S:g} seconds") from None
    except (ClientError, KeyError, TypeError, ValueError, LookupError) as error:
        raise Trouble(f"{type(error).__name__}: {error}") from None
    return _save(data, example, folder, cost)


async def _finished(
    session: ClientSession, base: str, key: str, example: Example, client: Client, step: Step
) -> Answer:
    """The first answer that says that the task has ended well."""
    root = f"{base}/{example.dialect}"
    headers = {"Authorization": f"Bearer {key}"}
    sent = {"json": example.body} if not client.multipart else {"data": _form(example.body)}
    async with session.post(root + client.create, headers=headers, **sent) as reply:
        task = client.task(await _json(reply))
    while True:
        async with session.get(f"{root}{client.query}/{task}", headers=headers) as reply:
            answer = client.read(await _json(reply))
        step(example, answer)
        if answer.failure:
            raise Trouble(f"task {task} failed: {answer.failure}")
        if answer.url:
            return answer
        await asyncio.sleep(PAUSE_S)


async def _json(reply: ClientResponse) -> Any:
    if reply.status != 200:
        raise Trouble(f"{reply.method} {reply.url.path}: {reply.status} {await reply.text()}")
    return await reply.json()


async def _download(session: ClientSession, url: str) -> bytes:
    """The clip, asked for as its link wants it: without the key."""
    async with session.get(url) as reply:
        if reply.status != 200:
            raise Trouble(f"the clip's link answers {reply.status} {await reply.text()}")
        return await reply.read()


async def _billed(session: ClientSession, base: str, key: str) -> str:
    """What the key's only task cost, by the simulator's own ledger."""
    async with session.get(f"{base}/_sim/ledger", params={"key": key}) as reply:
        sums = (await _json(reply))["sums"]
    return ", ".join(f"{-amount:g} {unit}" for unit, amount in sums.items())


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
