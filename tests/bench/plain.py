"""The least that aiohttp needs to pass calls on, as they come and in pieces: ``URL`` is where."""

import asyncio
import sys

from aiohttp import ClientSession, TCPConnector, web

from tests.bench.answering import answer

UPSTREAM = sys.argv[1]
OWN = {"host", "connection", "content-length", "transfer-encoding"}


async def main() -> None:
    async with ClientSession(
        UPSTREAM, connector=TCPConnector(limit=0), auto_decompress=False
    ) as session:

        async def passed(request: web.Request) -> web.StreamResponse:
            headers = {n: v for n, v in request.headers.items() if n.lower() not in OWN}
            body = await request.read() or None
            call = session.request(request.method, request.path_qs, headers=headers, data=body)
            async with call as answer:
                shown = {n: v for n, v in answer.headers.items() if n.lower() not in OWN}
                response = web.StreamResponse(status=answer.status, headers=shown)
                response.content_length = answer.content_length
                await response.prepare(request)
                async for piece in answer.content.iter_any():
                    await response.write(piece)
                await response.write_eof()
                return response

        app = web.Application()
        app.router.add_route("*", "/{rest:.*}", passed)
        await answer(app)


asyncio.run(main())
