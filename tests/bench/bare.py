"""The least that aiohttp needs to answer polls: the same JSON from a dictionary, no key asked,
and orders kept in it without a look.

It reads the tasks as one JSON object from standard input.
"""

import asyncio
import json
import sys

from aiohttp import web

from tests.bench.answering import answer

TASKS = json.loads(sys.stdin.read() or "{}")


async def show(request: web.Request) -> web.Response:
    return web.json_response(TASKS[request.match_info["id"]])


async def create(request: web.Request) -> web.Response:
    task = f"cgt-20260606160057-{len(TASKS):05}"
    TASKS[task] = await request.json()
    return web.json_response({"id": task})


async def health(request: web.Request) -> web.Response:
    return web.json_response({"status": "ok"})


async def main() -> None:
    app = web.Application()
    app.router.add_post("/ark/api/v3/contents/generations/tasks", create)
    app.router.add_get("/ark/api/v3/contents/generations/tasks/{id}", show)
    app.router.add_get("/_sim/health", health)
    await answer(app)


asyncio.run(main())
