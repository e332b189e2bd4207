"""Drives a dialect without a socket, as a client would with one."""

import json
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from multidict import CIMultiDict

from simulator.core.clock import duration
from simulator.core.config import Config
from simulator.core.plan import Match, Wish
from simulator.engine import Engine
from simulator.engine.answers import Answers
from simulator.engine.call import Call, Clip, Reply, Stream
from simulator.engine.dialect import Dialect
from simulator.http.pipeline import answer

START = 1_780_732_857_000  # 2026-06-06T08:00:57Z
KEY = "sk-test"
BASE = "http://sim.test"
T = TypeVar("T")


def world(dialect: Dialect, **settings: Any) -> "World":
    """A frozen world at START with seed 1, and one dialect to talk to."""
    given: dict[str, Any] = {"seed": 1, "start": START, "freeze": True, **settings}
    return World(dialect, Engine(Config(**given)))


@dataclass
class World:
    """One engine and one of its dialects."""

    dialect: Dialect
    engine: Engine
    headers: Mapping[str, str] = field(default_factory=dict)
    known: Answers | None = None

    async def send(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        key: str | None = KEY,
        headers: Mapping[str, str] | None = None,
    ) -> Reply | Clip:
        """The reply to a call; ``body`` is sent as JSON, or as it is when it is bytes."""
        raw = body if isinstance(body, bytes) else b"" if body is None else _dump(body)
        sent: CIMultiDict[str] = CIMultiDict({"Content-Type": "application/json"})
        if key is not None:
            sent["Authorization"] = f"Bearer {key}"
        sent.update(self.headers)
        sent.update(headers or {})

        async def read(limit: int) -> bytes:
            return raw

        target, _, query = path.partition("?")
        call = Call(method, target, query, sent, BASE, read)
        reply = (await answer(self.dialect, call, self.engine, known=self.known)).reply
        assert not isinstance(reply, Stream), "nothing is passed on here"
        return reply

    async def json(self, method: str, path: str, body: Any = None, **also: Any) -> tuple[int, Any]:
        """Status and body of the reply, after a round trip through JSON."""
        reply = await self.send(method, path, body, **also)
        assert isinstance(reply, Reply), reply
        return reply.status, json.loads(_dump(reply.body))

    async def form(self, path: str, parts: Mapping[str, str | bytes], **also: Any) -> Any:
        """Status and body of a multipart POST; bytes go as files, named as their part."""
        raw, content_type = encode_form(parts)
        headers = {"Content-Type": content_type, **also.pop("headers", {})}
        return await self.json("POST", path, raw, headers=headers, **also)

    def advance(self, span: str | int, key: str = KEY) -> None:
        """Move the clock of one account."""
        ms = duration(span)
        at_once(self.engine.clocks.move(key, lambda clock, real: clock.advanced(ms, real)))

    def now(self, key: str = KEY) -> int:
        return at_once(self.engine.clocks.now(key))

    async def plan(self, times: int | None = 1, **wish: Any) -> None:
        """Ask for the fate of the next tasks."""
        await self.engine.plans.add(Match(), Wish(**wish), times)

    async def sums(self, key: str = KEY) -> dict[str, int]:
        """What the account's wallet gained so far, by unit; nothing that is zero."""
        spent = (await self.engine.state(key)).spent(self.now(key))
        return {unit: int(amount) for unit, amount in spent.items() if amount}

    async def untouched(self, key: str = KEY) -> bool:
        """Whether the account has no task and was charged nothing."""
        return not await self.engine.tasks(key) and not await self.sums(key)


def at_once(doing: Coroutine[Any, Any, T]) -> T:
    """The result of something that waits for nothing, such as a store in memory."""
    try:
        doing.send(None)
    except StopIteration as done:
        result: T = done.value
        return result
    raise AssertionError("it waits")


def encode_form(parts: Mapping[str, str | bytes]) -> tuple[bytes, str]:
    """A multipart/form-data body and its content type."""
    boundary = "----seedance-test-boundary"
    raw = bytearray()
    for name, value in parts.items():
        raw += f"--{boundary}\r\n".encode()
        if isinstance(value, bytes):
            head = f'Content-Disposition: form-data; name="{name}"; filename="{name}.bin"\r\n'
            raw += f"{head}Content-Type: application/octet-stream\r\n\r\n".encode() + value
        else:
            head = f'Content-Disposition: form-data; name="{name}"\r\n\r\n'
            raw += f"{head}{value}".encode()
        raw += b"\r\n"
    raw += f"--{boundary}--\r\n".encode()
    return bytes(raw), f"multipart/form-data; boundary={boundary}"


def _dump(body: Any) -> bytes:
    return json.dumps(body, default=float).encode()
