"""Connections that this server opens: only to addresses that have been judged."""

import errno
import socket
from collections.abc import Callable

from aiohttp import (
    AddrInfoType,
    ClientSession,
    ClientTimeout,
    DummyCookieJar,
    TCPConnector,
    ThreadedResolver,
)
from aiohttp.abc import ResolveResult

from simulator.core.addresses import Address, is_loopback_name, read

# The library rounds limits of five seconds and more up to whole ones, and a documented limit is an
# exact one: whoever opens a session bounds what it does with ``asyncio.timeout``.
UNLIMITED = ClientTimeout()


def open_session(
    why_not: Callable[[Address], str],
    timeout: ClientTimeout = UNLIMITED,
    *,
    decompress: bool = True,
) -> ClientSession:
    """A client without cookies and proxies whose every socket is for an address that may be.

    ``why_not`` judges the address that a name was resolved to, just before the connection to
    exactly that address: it gives the text of the error, or nothing where it may be.
    """

    def judged(found: AddrInfoType) -> socket.socket:
        family, kind, protocol, _, address = found
        refusal = why_not(read(str(address[0])))
        if refusal:
            raise PermissionError(errno.EACCES, refusal)
        return socket.socket(family, kind, protocol)

    connector = TCPConnector(
        limit=0,
        resolver=Resolver(),
        use_dns_cache=False,
        force_close=True,
        socket_factory=judged,
    )
    return ClientSession(
        connector=connector,
        cookie_jar=DummyCookieJar(),
        trust_env=False,
        timeout=timeout,
        auto_decompress=decompress,
    )


class Resolver(ThreadedResolver):
    """The system's resolver, which never asks anybody else for this machine's own names."""

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        name = "localhost" if is_loopback_name(host) else host
        return await super().resolve(name, port, family)
