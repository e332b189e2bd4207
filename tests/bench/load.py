"""A minute of polling and creating on 64 connections: no error, steady memory, no long waits.

``python -m tests.bench.load [SECONDS]``; wanted are no error, a p99 below 20 times the median, and
a server that stops growing once its journal is full.
"""

import asyncio
import json
import statistics
import sys
import time

from aiohttp import ClientSession, TCPConnector

from tests.bench.servers import Started, started

CONNECTIONS = 64
TASKS = "/ark/api/v3/contents/generations/tasks"
ORDER = {
    "model": "doubao-seedance-2-0-260128",
    "content": [{"type": "text", "text": "A paper boat"}],
}
SERVER = [
    *(sys.executable, "-m", "simulator", "serve", "--port", "0"),
    *("--journal-bytes", str(8 * 1024 * 1024)),
]


async def client(session: ClientSession, until: float, waits: list[float]) -> int:
    """Create a task, poll it twenty times, and again; how many answers were no success."""
    wrong = 0
    while time.perf_counter() < until:
        began = time.perf_counter()
        async with session.post(TASKS, data=json.dumps(ORDER)) as answer:
            wrong += answer.status != 200
            task = (await answer.json())["id"]
        waits.append(time.perf_counter() - began)
        for _ in range(20):
            began = time.perf_counter()
            async with session.get(f"{TASKS}/{task}") as answer:
                wrong += answer.status != 200
                await answer.read()
            waits.append(time.perf_counter() - began)
    return wrong


async def load(server: Started, seconds: float) -> None:
    headers = {"Authorization": "Bearer sk-load", "Content-Type": "application/json"}
    memory: list[float] = []
    waits: list[float] = []
    connector = TCPConnector(limit=CONNECTIONS)
    base = f"http://127.0.0.1:{server.port}"
    async with ClientSession(base, headers=headers, connector=connector) as session:
        began = time.perf_counter()
        for part in range(4):
            until = began + seconds * (part + 1) / 4
            clients = [client(session, until, waits) for _ in range(CONNECTIONS)]
            wrong = sum(await asyncio.gather(*clients))
            assert wrong == 0, f"{wrong} answers were no success"
            memory.append(server.memory("VmRSS"))
    median, worst = statistics.median(waits), statistics.quantiles(waits, n=100)[98]
    rate = len(waits) / (time.perf_counter() - began)
    show = f"{rate:.0f} calls a second, median {median * 1000:.1f} ms, p99 {worst * 1000:.1f} ms"
    grown = ", ".join(f"{size:.0f}" for size in memory)
    print(f"{show} ({worst / median:.1f} times); MiB after each quarter: {grown}")  # noqa: T201
    assert worst < 20 * median


def main() -> None:
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 60
    with started(SERVER) as server:
        asyncio.run(load(server, seconds))


if __name__ == "__main__":
    main()
