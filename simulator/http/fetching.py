"""Fetching references: from loopback and the named hosts, bounded, and from nowhere else."""

import asyncio

from aiohttp import ClientError, ClientResponse, ClientSession
from yarl import URL

from simulator.core.addresses import (
    Address,
    is_loopback_name,
    is_machine,
    parse,
    plain_host,
)
from simulator.engine.fetch import Unfetched
from simulator.http.outward import open_session

MOST_BYTES = 64 * 1024 * 1024
MOST_SECONDS = 10.0  # with all redirects
MOST_REDIRECTS = 3
# So many at a time, each of which holds as many bytes as it has got; the others wait for a while.
AT_ONCE = 8
MOST_WAIT = 30.0


class Fetcher:
    """A client that gets the bytes of a link from this machine or from a host it was given."""

    def __init__(self, hosts: tuple[str, ...]) -> None:
        self._hosts = frozenset(map(plain_host, hosts))
        self._sessions: dict[bool, ClientSession] = {}
        self._places = asyncio.Semaphore(AT_ONCE)

    async def __call__(self, url: str) -> bytes:
        """The bytes behind a link; Unfetched says in a sentence why there are none."""
        try:
            async with asyncio.timeout(MOST_WAIT):
                await self._places.acquire()
        except TimeoutError:
            raise Unfetched("the simulator is fetching too many other links") from None
        try:
            return await self._fetched(url)
        finally:
            self._places.release()

    async def _fetched(self, url: str) -> bytes:
        try:
            async with asyncio.timeout(MOST_SECONDS):
                return await self._follow(url)
        except TimeoutError:
            raise Unfetched(f"no answer within {MOST_SECONDS:g} seconds") from None
        except (ClientError, OSError, ValueError) as error:
            raise Unfetched(str(error)[:200] or type(error).__name__) from None

    async def _follow(self, url: str) -> bytes:
        target = parse(url)
        for _ in range(MOST_REDIRECTS + 1):
            if target is None:
                raise Unfetched("the link is not a valid URL")
            session = self._session_for(target.host or "")
            async with session.get(target, allow_redirects=False) as answer:
                if answer.status not in (301, 302, 303, 307, 308):
                    return await _read(answer)
                target = _next(target, answer.headers.get("Location", ""))
        raise Unfetched(f"more than {MOST_REDIRECTS} redirects")

    async def close(self) -> None:
        for session in self._sessions.values():
            await session.close()

    def _session_for(self, host: str) -> ClientSession:
        """The session for a host: loopback names only meet loopback addresses."""
        loopback = is_loopback_name(host)
        if not loopback and plain_host(host) not in self._hosts:
            raise Unfetched(f"{host} is not allowed; name it with --allow-host")
        if loopback not in self._sessions:
            self._sessions[loopback] = open_session(_not_loopback if loopback else _no_machine)
        return self._sessions[loopback]


async def _read(answer: ClientResponse) -> bytes:
    if answer.status != 200:
        raise Unfetched(f"status {answer.status}")
    data = bytearray()
    async for chunk in answer.content.iter_chunked(1 << 16):
        data += chunk
        if len(data) > MOST_BYTES:
            raise Unfetched(f"more than {MOST_BYTES} bytes")
    return bytes(data)


def _next(target: URL, location: str) -> URL | None:
    try:
        return parse(str(target.join(URL(location))))
    except ValueError:
        return None


def _not_loopback(address: Address) -> str:
    return "" if address.is_loopback else f"references may not come from {address}"


def _no_machine(address: Address) -> str:
    """A named host may be on a private network, but is no other thing."""
    return "" if is_machine(address) else f"references may not come from {address}"
