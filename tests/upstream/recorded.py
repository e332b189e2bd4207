"""A recording of one life, made once, and copies of it for tests to replay, judge or spoil."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.serving import Server
from tests.upstream.test_passing import Pair

STEPS = ("0s", "1s", "1s", "1s", "1s", "1h")


async def life(here: Pair, *servers: Server) -> list[Any]:
    """What a client is told from its order to the clip, with time moved between."""
    said: list[Any] = [await here.order()]
    task = here.dialect.reader.created_id(said[0][1])
    for step in STEPS:
        for server in servers:
            await server.advance(step)
        said.append(await here.get(here.dialect.route("query").target(id=task)))
    link = here.dialect.reader.read(json.loads(said[-1][1])).link
    if link.startswith(here.front.base):
        async with here.front.anonymous.get(link) as answer:
            said.append((answer.status, await answer.read()))
    if here.dialect.has("download"):
        route = here.dialect.route("download")
        said.append(await here.get(route.target(id=task)))
    return said


def edited(file: Path, change: Callable[[str], str]) -> None:
    """The recording, otherwise."""
    file.write_text(change(file.read_text("utf-8")), "utf-8")
