"""Posting to addresses that have been judged, and to no other."""

from contextlib import suppress

from aiohttp import ClientError, ClientSession, ClientTimeout, StreamReader

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
            policy = self._policy
            self._session = open_session(
                lambda address: may_deliver(address, policy), "callbacks may not go to"
            )
        return self._session


async def _ignore(content: StreamReader) -> None:
    """Take in a short body; the status has decided already."""
    with suppress(ClientError, OSError, TimeoutError):
        await content.read(BODY_READ)
