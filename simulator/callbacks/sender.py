"""Posting to addresses that have been judged, and to no other."""

import asyncio
from contextlib import AbstractAsyncContextManager

from aiohttp import ClientError, ClientResponse, ClientSession
from yarl import URL

from simulator import __version__
from simulator.addresses import Policy, may_deliver, parse
from simulator.outward import open_session

BODY_READ = 4096
HEADERS = {"Content-Type": "application/json", "User-Agent": f"seedance-sim/{__version__}"}


class Sender:
    """A client without redirects, cookies and proxies."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._session: ClientSession | None = None

    async def post(self, url: str, body: bytes, limit: float) -> tuple[int | None, str | None]:
        """The status of the answer, or what went wrong instead within so many seconds."""
        target = parse(url)
        if target is None:
            return None, "the link is not a valid URL"
        status = None
        try:
            async with asyncio.timeout(limit), self._posting(target, body) as answer:
                status = answer.status
                if answer.content_length is not None and answer.content_length <= BODY_READ:
                    await answer.content.read(BODY_READ)
        except TimeoutError:
            error = f"no answer within {limit:g} seconds"
        except (ClientError, OSError, ValueError) as fault:
            error = str(fault)[:500] or type(fault).__name__
        # The status has decided, whatever became of the body.
        return (None, error) if status is None else (status, None)

    def _posting(self, target: URL, body: bytes) -> AbstractAsyncContextManager[ClientResponse]:
        return self._open().post(target, data=body, headers=HEADERS, allow_redirects=False)

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()

    def _open(self) -> ClientSession:
        if self._session is None:
            policy = self._policy
            self._session = open_session(
                lambda address: may_deliver(address, policy), "callbacks may not go to"
            )
        return self._session
