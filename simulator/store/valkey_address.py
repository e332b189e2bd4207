"""Where a Valkey (or Redis) server is, as ``--store`` says it, and clients that speak to it.

redis-py takes URLs of single servers, sockets and nodes of a cluster, with users, passwords and
TLS. It has none for Sentinels, which say who the master is; theirs is read here:
``sentinel://[USER:PASSWORD@]HOST:PORT[,HOST:PORT]…/SERVICE/N``. User, password and N are the
master's; of Sentinels that want some themselves, ``?sentinel_username=`` and
``?sentinel_password=``.
"""

from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import redis
import redis.asyncio
import redis.asyncio.cluster
import redis.asyncio.sentinel
import redis.connection
import redis.sentinel

# So long a command may take; while a server is away, callers wait no longer than this and a bit.
TIMEOUT_S = 2.0
MOST_CONNECTIONS = 32
SENTINEL_PORT = 26379
LIMITS: dict[str, Any] = {"socket_timeout": TIMEOUT_S, "socket_connect_timeout": TIMEOUT_S}
# They have no types.
_blocking: Any = redis.sentinel
_asynchronous: Any = redis.asyncio.sentinel
_parse: Any = redis.connection.parse_url


class Address:
    """One URL. ValueError, with any of its clients, where it is none."""

    def __init__(self, url: str) -> None:
        scheme, _, rest = url.partition("://")
        self._sentinel = scheme == "sentinel"
        self._url = f"{ {'valkey': 'redis', 'valkeys': 'rediss'}.get(scheme, scheme) }://{rest}"
        # Without its password, for people.
        self.place = f"{scheme}://{rest.partition('?')[0].rpartition('@')[2]}"

    def plain(self) -> Any:
        """A client that blocks, of the server itself."""
        if self._sentinel:
            hosts, own, service, master = _sentinels(self._url)
            asked: Any = _blocking.Sentinel(hosts, sentinel_kwargs=own)
            return asked.master_for(service, **master)
        if not self._url.startswith("unix:"):
            _numbered(urlsplit(self._url).path.strip("/"))
        return redis.Redis.from_url(self._url, **LIMITS)

    def at_once(self, cluster: bool) -> Any:
        """A client that blocks, of whatever the server is."""
        if not cluster:
            return self.plain()
        return redis.RedisCluster.from_url(self._url, socket_timeout=TIMEOUT_S)

    def connect(self, cluster: bool) -> Any:
        """A client of the event loop."""
        if cluster:
            return redis.asyncio.cluster.RedisCluster.from_url(self._url, **LIMITS)
        if self._sentinel:
            hosts, own, service, master = _sentinels(self._url)
            asked: Any = _asynchronous.Sentinel(hosts, sentinel_kwargs=own)
            return asked.master_for(service, connection_class=_Elected, **master)
        pool = redis.asyncio.BlockingConnectionPool.from_url(
            self._url, max_connections=MOST_CONNECTIONS, timeout=TIMEOUT_S, **LIMITS
        )
        return redis.asyncio.Redis.from_pool(pool)


class _Elected(redis.asyncio.sentinel.SentinelManagedConnection):
    """A connection that asks the Sentinels whenever it is made anew.

    redis-py's own asks when it is taken from the pool. One that stays with a client is never taken
    again, and goes back to where its master once was.
    """

    async def send_packed_command(self, command: Any, check_health: bool = True) -> None:
        if not self.is_connected:
            await self.connect()  # type: ignore[no-untyped-call]
        await super().send_packed_command(command, check_health)


async def close(client: Any) -> None:
    """Let go of a client's connections, and of those to the Sentinels that it asks."""
    await client.aclose()
    manager = getattr(getattr(client, "connection_pool", None), "sentinel_manager", None)
    for one in () if manager is None else manager.sentinels:
        await one.aclose()


def _numbered(database: str) -> None:
    """ValueError where a database has a name: redis-py would take the first one."""
    if database and not (database.isascii() and database.isdigit()):
        raise ValueError(f"a database has a number, not {database!r}")


def _sentinels(
    url: str,
) -> tuple[list[tuple[str, int]], dict[str, Any], str, dict[str, Any]]:
    """The Sentinels, how to speak to them, which service to ask for, and how to speak to that."""
    parts = urlsplit(url)
    user, _, netloc = parts.netloc.rpartition("@")
    service, _, number = parts.path.strip("/").partition("/")
    _numbered(number)
    nodes = [urlsplit(f"//{one}") for one in netloc.split(",")]
    hosts = [(node.hostname, node.port or SENTINEL_PORT) for node in nodes]
    if not service or not all(host for host, _ in hosts):
        raise ValueError("Sentinels are named as sentinel://HOST:PORT,HOST:PORT/SERVICE/N")
    query = dict(parse_qsl(parts.query))
    own = {
        name: query.pop(f"sentinel_{name}")
        for name in ("username", "password")
        if f"sentinel_{name}" in query
    }
    plain = urlunsplit(("redis", f"{user}@master", f"/{number}", urlencode(query), ""))
    master: dict[str, Any] = {**_parse(plain), **LIMITS}
    del master["host"]
    return [(str(host), port) for host, port in hosts], {**own, **LIMITS}, service, master
