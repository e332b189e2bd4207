"""Work that those who want it at the same time have done once, such as a question to the store."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from simulator.store import Broken

Result = TypeVar("Result")


class Together(Generic[Result]):
    """One piece of work, never twice at once: who comes while it is done waits for the next time.

    The work takes what it is to be done for before it first waits for something.
    """

    def __init__(self, work: Callable[[], Awaitable[Result]]) -> None:
        self._work = work
        self._waiting: list[asyncio.Future[Result | Broken]] = []
        self._doing: asyncio.Task[None] | None = None

    async def done(self) -> Result:
        """What the work gives that begins after this call, or Broken if it said so."""
        end = asyncio.get_running_loop().create_future()
        self._waiting.append(end)
        if self._doing is None:
            self._doing = asyncio.create_task(self._do())
        found: Result | Broken = await end
        if isinstance(found, Broken):
            raise Broken(str(found))
        return found

    async def _do(self) -> None:
        """Do the work, until nobody waits for it any more."""
        try:
            while waiting := self._waiting:
                self._waiting = []
                found: Result | Broken = Broken("the store was closed")
                try:
                    found = await self._work()
                except Broken as broken:
                    found = broken
                finally:
                    for end in waiting:
                        if not end.done():  # whoever has waited may have gone
                            end.set_result(found)
        finally:
            self._doing = None
