"""Connections of a run: aiohttp's own, but not for an endpoint that only ever says "wait"."""

import functools
from typing import Any

import aiohttp
from aiohttp.client_proto import ResponseHandler

INTERIM = 50  # a server sends one or two before its answer


class Handler(ResponseHandler):
    """Reads answers; too many of the 100 range end the connection.

    aiohttp queues what it has parsed without a bound and passes over such answers one by one, so a
    stream of them fills the memory until the call's time is over.
    """

    interim = 0

    def feed_data(self, data: Any, size: int = 0) -> None:
        """Take one more parsed head."""
        self.interim = self.interim + 1 if 100 <= data[0].code < 200 else 0
        if self.interim <= INTERIM:
            super().feed_data(data, size)
        elif self.interim == INTERIM + 1:
            self._buffer.clear()
            self.set_exception(aiohttp.ClientError(f"more than {INTERIM} answers of the 100 range"))
            if self.transport is not None:
                self.transport.abort()


class Connector(aiohttp.TCPConnector):
    """Makes such connections. aiohttp has no public place for it; a test would notice a new one."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        made: Any = functools.partial(Handler, loop=self._loop)
        self._factory = made
