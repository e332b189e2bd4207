"""The same requests get the same bytes, and keys never meet."""

import json
from typing import Any

import pytest

from simulator.dialects import ALL
from simulator.engine.dialect import Dialect
from tests.serving import Server, serve
from tests.test_bad_input import create_url, good

DIALECTS = pytest.mark.parametrize("dialect", ALL, ids=lambda dialect: dialect.name)


async def conversation(server: Server, dialect: Dialect) -> list[Any]:
    """Everything that a short life of two tasks shows, headers included."""
    heard: list[Any] = []
    raw, kind = good(dialect)
    ids = []
    for _ in range(2):
        headers = {"Content-Type": kind}
        call = server.client.post(create_url(server, dialect), data=raw, headers=headers)
        async with call as answer:
            body = await answer.read()
            heard.append((answer.status, dict(answer.headers), body))
            created = json.loads(body)
            ids.append(dialect.reader.created_id(created))
    for span in ("0s", "1s", "1500ms", "1500ms"):
        await server.advance(span)
        for task_id in ids:
            url = f"{server.base}/{dialect.name}{dialect.route('query').target(id=task_id)}"
            async with server.client.get(url) as answer:
                assert answer.status == 200
                heard.append((answer.status, dict(answer.headers), await answer.read()))
    return heard


@DIALECTS
async def test_a_run_can_be_repeated_to_the_byte(dialect: Dialect) -> None:
    runs = []
    for _ in range(2):
        async with serve(public_url="http://sim.example.com") as server:
            runs.append(await conversation(server, dialect))
    assert runs[0] == runs[1]


@DIALECTS
async def test_another_seed_gives_other_ids(dialect: Dialect) -> None:
    seen = set()
    for seed in (1, 2):
        async with serve(seed=seed, public_url="http://sim.example.com") as server:
            seen.add((await conversation(server, dialect))[0][2])
    assert len(seen) == 2


@DIALECTS
async def test_a_query_changes_nothing(dialect: Dialect) -> None:
    async with serve() as server:
        raw, kind = good(dialect)
        headers = {"Content-Type": kind}
        url = create_url(server, dialect)
        async with server.client.post(url, data=raw, headers=headers) as answer:
            created = await answer.json()
        task_id = dialect.reader.created_id(created)
        url = f"{server.base}/{dialect.name}{dialect.route('query').target(id=task_id)}"
        for _ in range(4):
            seen = set()
            for _ in range(3):
                async with server.client.get(url) as answer:
                    seen.add(await answer.read())
            assert len(seen) == 1
            await server.advance("1200ms")
        stranger = {"Authorization": "Bearer sk-other"}
        async with server.anonymous.get(url, headers=stranger) as answer:
            foreign = (answer.status, sorted(await answer.json()))
        unknown = url.replace(task_id, task_id[:-1] + ("a" if task_id[-1] != "a" else "b"))
        async with server.client.get(unknown) as answer:
            assert (answer.status, sorted(await answer.json())) == foreign
        assert foreign[0] in (400, 404)
