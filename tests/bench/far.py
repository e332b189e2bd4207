"""An upstream for measuring what passing on costs: one answer to polls, and a file of 60 MB."""

import asyncio

from aiohttp import web

from tests.bench.answering import answer

SIZE = 60_000_000
PIECE = bytes(262_144)
TASK = {"id": "video_1", "object": "video", "model": "sora-2", "status": "in_progress"}


async def show(request: web.Request) -> web.Response:
    return web.json_response(TASK)


async def content(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "video/mp4"})
    response.content_length = SIZE
    await response.prepare(request)
    for start in range(0, SIZE, len(PIECE)):
        await response.write(PIECE[: SIZE - start])
    return response


async def main() -> None:
    app = web.Application()
    app.router.add_get("/v1/videos/{id}", show)
    app.router.add_get("/v1/videos/{id}/content", content)
    await answer(app)


if __name__ == "__main__":
    asyncio.run(main())
