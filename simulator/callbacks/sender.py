"""Posting to addresses that have been judged, and to no other."""

import errno
import socket
from contextlib import suppress

from aiohttp import (
    AddrInfoType,
    ClientError,
    ClientSession,
    ClientTimeout,
    DummyCookieJar,
    StreamReader,
    TCPConnector,
    ThreadedResolver,
)
from aiohttp.abc import ResolveResult

from simulator import __version__
from simulator.addresses import Policy, is_loopback_name, may_deliver, parse

BODY_READ = 4096
HEADERS = {"Content-Type": "application/json", "User-Agent": f"seedance-sim/{__version__}"}


class Sender:
    """A client without redirects, cookies and proxies."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._session: ClientSession | None = None

    async def post(self, url: str, body: bytes, limit: float) -> tuple[int | None, str | None]:
        """The status of the answer, or what went wrong instead."""
        target = parse(url)
        if target is None:
            return None, "the link is not a valid URL"
        try:
            async with self._open().post(
                target,
                data=body,
                headers=HEADERS,
                allow_redirects=False,
                timeout=ClientTimeout(total=limit),
            ) as answer:
                if answer.content_length is not None and answer.content_length <= BODY_READ:
                    await _ignore(answer.content)
                return answer.status, None
        except TimeoutError:
            return None, f"no answer within {limit:g} seconds"
        except (ClientError, OSError, ValueError) as error:
            return None, str(error)[:500] or type(error).__name__

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()

    def _open(self) -> ClientSession:
        if self._session is None:
            connector = TCPConnector(
                limit=0,
                resolver=Resolver(),
                use_dns_cache=False,
                force_close=True,
                socket_factory=self._socket,
            )
            jar = DummyCookieJar()
            self._session = ClientSession(connector=connector, cookie_jar=jar, trust_env=False)
        return self._session

    def _socket(self, found: AddrInfoType) -> socket.socket:
        """A socket for exactly this address, however the name was resolved to it."""
        family, kind, protocol, _, address = found
        if not may_deliver(str(address[0]), self._policy):
            raise PermissionError(errno.EACCES, f"callbacks may not go to {address[0]}")
        return socket.socket(family, kind, protocol)


class Resolver(ThreadedResolver):
    """The system's resolver, which never asks anybody else for this machine's own names."""

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        name = "localhost" if is_loopback_name(host) else host
        return await super().resolve(name, port, family)


async def _ignore(content: StreamReader) -> None:
    """Take in a short body; the status has decided already."""
    with suppress(ClientError, OSError, TimeoutError):
        await content.read(BODY_READ)
