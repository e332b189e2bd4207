"""Work that many wait for is done once for all of them, and again for those who come meanwhile."""

import asyncio

import pytest

from simulator.store import Broken
from simulator.store.together import Together


class Work:
    """Work that ends when it is told how: with its number, or Broken."""

    def __init__(self) -> None:
        self.ends: list[asyncio.Future[None]] = []
        self.together = Together(self)

    async def __call__(self) -> int:
        self.ends.append(asyncio.get_running_loop().create_future())
        number = len(self.ends)
        await self.ends[-1]
        return number

    async def wanted(self, by: int) -> list["asyncio.Task[int]"]:
        """So many who wait for it, with what is under way gone on as far as it can."""
        asked = [asyncio.create_task(self.together.done()) for _ in range(by)]
        for _ in range(5):
            await asyncio.sleep(0)
        return asked


async def test_who_comes_while_it_is_done_waits_for_the_next_time() -> None:
    work = Work()
    first = await work.wanted(by=3)
    second = await work.wanted(by=2)
    assert len(work.ends) == 1
    work.ends[0].set_result(None)
    assert await asyncio.gather(*first) == [1, 1, 1]
    third = await work.wanted(by=1)
    assert len(work.ends) == 2
    work.ends[1].set_result(None)
    assert await asyncio.gather(*second) == [2, 2]
    await work.wanted(by=0)
    work.ends[2].set_result(None)
    assert await asyncio.gather(*third) == [3]


async def test_a_broken_store_is_told_to_all_who_waited_and_to_nobody_after() -> None:
    work = Work()
    first = await work.wanted(by=2)
    work.ends[0].set_exception(Broken("the store cannot be used: gone"))
    for one in first:
        with pytest.raises(Broken, match=r"^the store cannot be used: gone$"):
            await one
    (again,) = await work.wanted(by=1)
    work.ends[1].set_result(None)
    assert await again == 2


async def test_who_has_gone_keeps_nobody_from_an_answer() -> None:
    work = Work()
    gone, stays = await work.wanted(by=2)
    gone.cancel()
    await work.wanted(by=0)
    work.ends[0].set_result(None)
    assert await stays == 1
    assert gone.cancelled()
