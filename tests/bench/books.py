"""How long the books of an account with a hundred thousand tasks take, and how long others wait.

python -m tests.bench.books
"""

import asyncio
import time

from msgspec.structs import replace

from simulator.control import tasks
from simulator.dialects.ark import TASKS
from simulator.server.app import WORLD
from tests.driving import KEY
from tests.serving import serve
from tests.test_app import ORDER

COUNT = 100_000


async def main() -> None:
    async with serve(pace="instant") as server:
        async with server.client.post(f"{server.base}/ark{TASKS}", json=ORDER) as answer:
            await answer.read()
        plane = server.app[WORLD].plane
        (one,) = await plane.engine.tasks(KEY)
        many = [replace(one, id=f"cgt-{number}") for number in range(COUNT)]
        now = {one.account: one.created + 3_600_000}
        began = time.process_time()
        work = asyncio.create_task(
            asyncio.to_thread(tasks._ledger, plane, many, now, set(), "1", None)
        )
        slowest = 0.0
        while not work.done():
            asked = time.perf_counter()
            async with server.anonymous.get(f"{server.base}/_sim/health") as answer:
                await answer.read()
            slowest = max(slowest, time.perf_counter() - asked)
        found = await work
        spent = time.process_time() - began
        print(f"ledger of {found['bill']['tasks']} tasks: {spent:.2f} s of CPU")  # noqa: T201
        print(f"slowest answer to somebody else meanwhile: {slowest * 1000:.0f} ms")  # noqa: T201


if __name__ == "__main__":
    asyncio.run(main())
