"""Memory per stored task, and what it costs to move time over very many of them.

``python -m tests.bench.tasks [TASKS]``; wanted are at most 2 KiB for a task with a prompt of 100
characters, and at most a second for an advance over 100 000 idle tasks.
"""

import asyncio
import json
import sys
import time
import tracemalloc

from simulator.core.clock import HOUR
from simulator.dialects.ark import DIALECT, TASKS
from tests.driving import KEY, world
from tests.serving import serve

ORDER = {
    "model": "doubao-seedance-2-0-260128",
    "content": [
        {"type": "text", "text": "A paper boat sails down a rainy street at dusk. " * 2 + "Rain."}
    ],
}


async def memory(count: int) -> None:
    here = world(DIALECT)
    await here.json("POST", TASKS, ORDER)
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    for _ in range(count):
        await here.send("POST", TASKS, ORDER)
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    print(f"memory: {(after - before) / count:.0f} bytes a task")  # noqa: T201 (a command)


async def advance(count: int) -> None:
    async with serve(journal_bytes=0) as server:
        url = f"{server.base}/ark{TASKS}"
        await asyncio.gather(*(create(server.client, url, count // 50) for _ in range(50)))
        started = time.perf_counter()
        body = {"advance": HOUR, "key": KEY}
        async with server.anonymous.post(f"{server.base}/_sim/clock", json=body) as answer:
            assert answer.status == 200
            happened = len((await answer.json())["happened"])
        took = time.perf_counter() - started
        started = time.perf_counter()
        async with server.anonymous.post(f"{server.base}/_sim/clock", json=body) as answer:
            assert answer.status == 200
        idle = time.perf_counter() - started
    said = f"{count} tasks that end: {took:.2f} s ({happened} told); idle: {idle:.2f} s"
    print(f"advance over {said}")  # noqa: T201 (a command)


async def create(client: object, url: str, count: int) -> None:
    raw = json.dumps(ORDER).encode()
    headers = {"Content-Type": "application/json"}
    for _ in range(count):
        async with client.post(url, data=raw, headers=headers) as answer:  # type: ignore[attr-defined]
            assert answer.status == 200


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    asyncio.run(memory(count // 10))
    asyncio.run(advance(count))


if __name__ == "__main__":
    main()
