"""The connection to a Valkey (or Redis) server: what it is, what may be wrong, scripts.

redis-py speaks to it, since it has the protocol, TLS, reconnects and clusters. It takes half a
second to load, so this module is imported by nobody but the store of such a server.
"""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any, TypeVar

import redis
import redis.exceptions

from simulator.core.clock import SharedReal, wall
from simulator.core.config import BadSetting
from simulator.store import Broken
from simulator.store.valkey_address import Address, close
from simulator.store.valkey_scripts import VALUES

# Counted up with every change of the keys and of what is in them.
SCHEMA = "1"
PAGE = 1000
# The fact which start of the server the store began with.
LIFE = "life"
# What a connection that breaks is heard of by; RuntimeError is uvloop's, of one that is closed.
BROKEN = (redis.ConnectionError, redis.TimeoutError, OSError, RuntimeError)
Result = TypeVar("Result")


class Server:
    """A server, a cluster, or whoever is the master, at an address (``store.valkey_address``).

    BadSetting says, when it is made, why the server cannot be used.
    """

    def __init__(self, url: str, prefix: str) -> None:
        self._address = Address(url)
        self.place = self._address.place
        self.prefix = prefix
        self.real = SharedReal()
        with self._refusing(), self._address.plain() as plain:
            about = plain.info("server")
            # Valkey calls it server_mode, Redis redis_mode.
            self.cluster = "cluster" in (about.get("server_mode"), about.get("redis_mode"))
            seconds, micros = plain.time()
            self.real.told(seconds * 1_000_000 + micros)
            self.ahead_ms = wall() - self.real()
            life = str(about.get("run_id", ""))
        self._client = self._address.connect(self.cluster)
        self._lines: dict[str, Any] = {}
        schema = self.fact("schema", SCHEMA)
        if schema != SCHEMA:
            text = f"was written by another version (schema {schema}, not {SCHEMA})"
            raise BadSetting(f"--store: {self.place} {text}")

        self._life, self._broke = life, False
        self.interrupted = self.fact(LIFE, life) != life

    async def begin_anew(self) -> None:
        """Count no more what was interrupted before: nothing of it is left that could be missed."""
        if not self.cluster:
            with telling():
                self._life = await self._was_started()
            await self.call("SET", f"{self.prefix}fact:{LIFE}", self._life)
            self.interrupted = False

    def keys(self, account: str) -> tuple[str, str, str]:
        """Version, log and snapshot of an account, at one node of a cluster by their hash tag.

        The tag is never empty, and where a key has a brace it still is the same for all three.
        """
        at = f"{self.prefix}{{a={account}}}:"
        return f"{at}v", f"{at}log", f"{at}snap"

    def fact(self, name: str, value: str) -> str:
        """A fact as it was stated first; asked for at the start alone, so it may block."""
        key = f"{self.prefix}fact:{name}"
        with self._refusing(), self._address.at_once(self.cluster) as client:
            client.set(key, value, nx=True)
            return str(client.get(key).decode())

    async def run(self, script: str, keys: Sequence[str], values: Sequence[Any]) -> Any:
        """Run a script, which the server keeps once it has seen it."""
        return await self._again(lambda: _run(self._client, script, keys, values))

    async def write_down(self, script: str, keys: Sequence[str], values: Sequence[Any]) -> None:
        """Run a script of which there is never a second one under way."""
        line = self._line("write")
        await self._again(lambda: _run(line, script, keys, values))

    async def values(self, keys: Sequence[str]) -> list[bytes | None]:
        """What is at some keys, in one round trip (of each node in a cluster), and the time."""
        if not self.cluster:
            line = self._line("ask")
            (seconds, micros), found = await self._again(lambda: _run(line, VALUES, keys, ()))
        else:
            found = await self._again(lambda: self._client.mget_nonatomic(keys))
            # Nodes differ, so all ask the same one.
            (seconds, micros), _ = await self.run(VALUES, [f"{self.prefix}{{index}}time"], ())
        self.real.told(int(seconds) * 1_000_000 + int(micros))
        return list(found)

    async def call(self, *command: Any) -> Any:
        """One command, which may be sent again."""
        return await self._again(lambda: self._client.execute_command(*command))

    async def calls(self, commands: Sequence[Sequence[Any]]) -> list[Any]:
        """Some commands in one round trip, which may be sent again."""

        async def sent() -> list[Any]:
            async with self._client.pipeline(transaction=False) as pipe:
                for command in commands:
                    pipe.execute_command(*command)
                return list(await pipe.execute())

        return await self._again(sent)

    async def drop_all(self, *parts: str) -> None:
        """Delete every key that begins with one of these."""
        with telling():
            for part in parts:
                match = f"{_literal(self.prefix + part)}*"
                found = [key async for key in self._client.scan_iter(match=match, count=PAGE)]
                for start in range(0, len(found), PAGE):
                    await self.calls([("UNLINK", key) for key in found[start : start + PAGE]])

    async def close(self) -> None:
        """Let go of the connections."""
        for line in self._lines.values():
            await line.aclose()
        await close(self._client)

    async def _again(self, ask: Callable[[], Awaitable[Result]]) -> Result:
        """What the server says; where the connection turns out to be broken, asked on a new one.

        A server that was away and is back has left broken ones behind, which nobody should be told
        of. redis-py's pools of the event loop do not ask again, unlike its blocking ones.
        """
        with telling():
            try:
                found = await ask()
            except BROKEN as error:
                self._broke = True
                if not isinstance(error, redis.ConnectionError):
                    raise
                found = await ask()
            if self._broke:
                self.interrupted = self.interrupted or await self._was_started() != self._life
                self._broke = False
            return found

    async def _was_started(self) -> str:
        """By what this start of the server is known; one of a cluster is not told from others."""
        if self.cluster:
            return ""
        line = self._line("ask")  # a single connection, so that the second one is a new one
        try:
            about = await line.execute_command("INFO", "server")
        except redis.ConnectionError:
            about = await line.execute_command("INFO", "server")
        return str(about.get("run_id", ""))

    def _line(self, name: str) -> Any:
        """A client with a connection of its own: to take one from the pool is half of a poll."""
        if self.cluster:
            return self._client
        line = self._lines.get(name)
        if line is None:
            self._lines[name] = line = self._client.client()
        return line

    @contextmanager
    def _refusing(self) -> Iterator[None]:
        try:
            yield
        except (redis.RedisError, OSError, ValueError) as error:
            raise BadSetting(f"--store: {self.place} cannot be used: {_said(error)}") from None


@contextmanager
def telling() -> Iterator[None]:
    """What the client library complains of, as the store's own word.

    RuntimeError is uvloop's of a connection that is closed while it is written to. What the library
    complains of as it cleans up after a cancellation stands in the place of that: who is cancelled
    must not take it for a store that is away, and go on.
    """
    try:
        yield
    except (redis.RedisError, OSError, RuntimeError) as error:
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            raise asyncio.CancelledError from error
        raise Broken(f"the store cannot be used: {_said(error)}") from error


def _said(error: Exception) -> str:
    """The words of the client library, without the objects that it shows of itself."""
    if str(error).startswith("HELLO must be called"):  # the server's, of its own protocol
        return "it asks for a password (USER:PASSWORD@ before the host)"
    return str(error).partition(" : <")[0]


async def _run(client: Any, script: str, keys: Sequence[str], values: Sequence[Any]) -> Any:
    try:
        return await client.evalsha(_sha(script), len(keys), *keys, *values)
    except redis.exceptions.NoScriptError:
        return await client.eval(script, len(keys), *keys, *values)


@cache
def _sha(script: str) -> str:
    return hashlib.sha1(script.encode(), usedforsecurity=False).hexdigest()


def _literal(prefix: str) -> str:
    """A text as part of a pattern that stands for itself."""
    return "".join(f"\\{letter}" if letter in "*?[]\\^-" else letter for letter in prefix)
