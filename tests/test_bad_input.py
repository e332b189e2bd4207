"""Hostile requests get the dialect's own 4xx, leave no task and no charge, and break nothing."""

import asyncio
import gzip
import io
import json
import socket
import zlib
from collections.abc import AsyncIterator
from typing import Any

import brotli
import pytest
import pytest_asyncio

from simulator.dialects import ALL
from simulator.engine.dialect import Dialect
from tests.driving import KEY, encode_form
from tests.ordering import encoded
from tests.serving import Server, serve

JSON = "application/json"
DIALECTS = pytest.mark.parametrize("dialect", ALL, ids=lambda dialect: dialect.name)


@pytest_asyncio.fixture
async def server() -> AsyncIterator[Server]:
    async with serve() as running:
        yield running


def create_url(server: Server, dialect: Dialect) -> str:
    return f"{server.base}/{dialect.name}{dialect.route('create').path}"


def good(dialect: Dialect) -> tuple[bytes, str]:
    """The dialect's own example as a body and its content type."""
    return encoded(dialect)


async def refused(server: Server, dialect: Dialect, raw: Any, kind: str | None, **also: str) -> Any:
    """Send a body that must be refused, and see that nothing came of it."""
    headers = {"Content-Type": kind} if kind is not None else {}
    headers.update(also)
    skip = ["Content-Type"] if kind is None else []
    async with server.client.post(
        create_url(server, dialect), data=raw, headers=headers, skip_auto_headers=skip
    ) as answer:
        text = await answer.text()
        assert 400 <= answer.status < 500, (answer.status, text[:300])
        if text or dialect.name != "newapi" or "Content-Encoding" not in also:
            assert isinstance(json.loads(text), dict)  # new-api says nothing of odd encodings
        assert "Traceback" not in text
        status = answer.status
    async with server.anonymous.get(f"{server.base}/_sim/ledger?key={KEY}") as answer:
        assert (await answer.json())["total"] == 0
    async with server.anonymous.get(f"{server.base}/_sim/tasks?key={KEY}") as answer:
        assert (await answer.json())["total"] == 0
    return status


async def accepted(server: Server, dialect: Dialect, raw: bytes, kind: str) -> None:
    headers = {"Content-Type": kind}
    url = create_url(server, dialect)
    async with server.client.post(url, data=raw, headers=headers) as answer:
        assert answer.status == 200, await answer.text()


@DIALECTS
async def test_bodies_that_are_no_json_object(dialect: Dialect, server: Server) -> None:
    for raw in (
        b"",
        b"nope",
        b"{",
        b"[]",
        b"null",
        b'"x"',
        b"[" * 10_000 + b"]" * 10_000,
        b'{"model":' * 10_000 + b"1" + b"}" * 10_000,
        b'{"model":NaN}',
        b'{"duration":1e999}',
        b'{"model":"\\ud800"}',
        b'{"prompt":"\\u0000"}',
        b"\xff\xfe",
        b"\x00" * 1000,
    ):
        await refused(server, dialect, raw, JSON)
    await accepted(server, dialect, *good(dialect))


@DIALECTS
async def test_content_types(dialect: Dialect, server: Server) -> None:
    raw, _ = good(dialect)
    for kind in (None, "text/plain", "application/x-www-form-urlencoded", "nonsense"):
        await refused(server, dialect, raw, kind)
    wrong = JSON if dialect.route("create").form else "multipart/form-data; boundary=x"
    await refused(server, dialect, raw, wrong)
    await accepted(server, dialect, *good(dialect))


WRONG: tuple[object, ...] = (
    5, 1.5, True, [], {}, [[]], "", "\n", {"": None}, [None], -(10**40)
)  # fmt: skip


@DIALECTS
async def test_every_field_with_every_wrong_type(dialect: Dialect, server: Server) -> None:
    if dialect.route("create").form:
        pytest.skip("a form has only text: tests/dialects judges it")
    for name in dialect.example:
        if (dialect.name, name) == ("newapi", "metadata"):
            continue  # whatever is no object is none, for its builds
        for wrong in WRONG:
            if isinstance(wrong, type(dialect.example[name])) and wrong not in ("", "\n", []):
                continue
            order = {**dialect.example, name: wrong}
            if name in ("duration", "seconds") and wrong == 5:
                continue
            await refused(server, dialect, json.dumps(order).encode(), JSON)
    await accepted(server, dialect, *good(dialect))


@DIALECTS
async def test_what_is_legal_is_an_ordinary_task(dialect: Dialect, server: Server) -> None:
    if dialect.route("create").form:
        order = {name: str(value) for name, value in dialect.example.items()}
        for also in ({"prompt": "x" * 1_000_000}, {"unknown": "field"}):
            await accepted(server, dialect, *encode_form({**order, **also}))
        return
    text = json.dumps(dialect.example)
    nulls = json.dumps({**dialect.example, "nothing": None, "seed": None, "unknown": {"a": [1]}})
    twice = text[:-1] + ', "model": ' + json.dumps(dialect.example["model"]) + "}"
    for body in (text, nulls, '{"model": 5, ' + twice[1:]):
        await accepted(server, dialect, body.encode(), JSON)


@DIALECTS
async def test_gzip(dialect: Dialect, server: Server) -> None:
    raw, kind = good(dialect)
    encoding = {"Content-Encoding": "gzip"}
    bomb = io.BytesIO(gzip.compress(b"\0" * (1 << 20)) * (1024 if dialect is ALL[-1] else 80))
    await refused(server, dialect, b"no gzip", kind, **encoding)
    await refused(server, dialect, gzip.compress(raw)[: len(raw) // 3], kind, **encoding)
    assert await refused(server, dialect, bomb, kind, **encoding) in (400, 413)
    headers = {"Content-Type": kind, **encoding}
    url = create_url(server, dialect)
    async with server.client.post(url, data=gzip.compress(raw), headers=headers) as answer:
        assert answer.status == 200


@DIALECTS
async def test_other_encodings(dialect: Dialect, server: Server) -> None:
    raw, kind = good(dialect)
    url = create_url(server, dialect)
    packed = {"br": brotli.compress(raw), "deflate": zlib.compress(raw)}
    for encoding in ("br", "deflate", "zstd", "gzip"):
        await refused(server, dialect, b"nonsense", kind, **{"Content-Encoding": encoding})
    for encoding, data in packed.items():
        headers = {"Content-Type": kind, "Content-Encoding": encoding}
        async with server.client.post(url, data=data, headers=headers) as answer:
            assert answer.status == 200, encoding
    body = bytes(reversed(raw))
    async with server.client.post(
        url, data=body, headers={**headers, "Content-Encoding": "x"}
    ) as a:
        assert a.status == 400


@DIALECTS
async def test_a_body_that_is_too_large(dialect: Dialect, server: Server) -> None:
    _, kind = good(dialect)
    reader, writer = await asyncio.open_connection("127.0.0.1", int(server.base.rpartition(":")[2]))
    path = create_url(server, dialect).removeprefix(server.base)
    writer.write(
        f"POST {path} HTTP/1.1\r\nHost: sim.test\r\nAuthorization: Bearer {KEY}\r\n"
        f"Content-Type: {kind}\r\nContent-Length: {65 * 1024 * 1024}\r\n\r\n".encode()
    )
    head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5)
    assert head.startswith(b"HTTP/1.1 400 " if dialect.name == "newapi" else b"HTTP/1.1 413 ")
    writer.close()
    await accepted(server, dialect, *good(dialect))


@DIALECTS
async def test_ids_that_are_no_ids(dialect: Dialect, server: Server) -> None:
    route = dialect.route("query")
    for name in (
        "..",
        "%2e%2e",
        "a%2Fb",
        "%00",
        "%",
        "%zz",
        "x" * 5000,
        "%F0%9F%98%80",
        "a;b",
        "*",
    ):
        path = f"/{dialect.name}{route.path.replace('{id}', name)}"
        status, body = await raw_get(server, path)
        assert 400 <= status < 500, (name, status, body)
        assert b"Traceback" not in body


async def raw_get(server: Server, path: str) -> tuple[int, bytes]:
    """A GET whose path no client library has tidied up."""
    host, port = "127.0.0.1", int(server.base.rpartition(":")[2])
    reader, writer = await asyncio.open_connection(host, port, family=socket.AF_INET)
    head = f"GET {path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {KEY}\r\n"
    writer.write(f"{head}Connection: close\r\n\r\n".encode())
    answer = await asyncio.wait_for(reader.read(), 5)
    writer.close()
    return int(answer.split(b" ", 2)[1]), answer


@DIALECTS
async def test_headers_that_are_no_keys(dialect: Dialect, server: Server) -> None:
    raw, kind = good(dialect)
    for value in ("", "Bearer", "Bearer ", "Basic eDp5", "Bearer a b", "Bearer " + "k" * 4000):
        status = await refused(server, dialect, raw, kind, Authorization=value)
        assert status == 401, value
    url = create_url(server, dialect)
    async with server.anonymous.post(url, data=raw, headers={"Content-Type": kind}) as answer:
        assert answer.status == 401
        assert isinstance(await answer.json(), dict)
