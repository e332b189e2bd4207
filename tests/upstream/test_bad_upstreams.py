"""Upstreams and clients that do what they should not, over real sockets."""

import asyncio
import ssl
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from simulator.server.app import WORLD
from simulator.store.journal import Exchange
from simulator.upstream import asking, streaming
from tests.serving import Server, serve
from tests.upstream.test_passing import TASKS, Wire, endless

CLIP = "/v1/videos/video_1/content"


@asynccontextmanager
async def front(
    wire: Wire, dialect: str = "openai", tls: ssl.SSLContext | None = None
) -> AsyncIterator[Server]:
    """A server whose upstream is a socket that does what ``wire`` does."""
    behind = await asyncio.start_server(wire, "127.0.0.1", 0, ssl=tls)
    port = behind.sockets[0].getsockname()[1]
    scheme = "http" if tls is None else "https"
    async with behind, serve(dialect=dialect, upstream=f"{scheme}://127.0.0.1:{port}") as server:
        yield server


async def _hangs(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()  # until the other side has had enough
    writer.close()


async def test_an_upstream_that_hangs_is_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "ANSWER_S", 0.05)
    async with (
        front(_hangs, "ark") as server,
        server.client.get(f"{server.base}{TASKS}/cgt-1") as answer,
    ):
        assert answer.status == 500
        assert "no answer within 0.05 seconds" in await answer.text()


def _of_file(size: int) -> Wire:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size)
            for _ in range(size // 2**20):
                writer.write(bytes(2**20))
                await writer.drain()
        writer.close()

    return answer


async def test_a_file_of_64_mb_passes_and_an_answer_of_64_mb_does_not() -> None:
    wire = _of_file(64 * 2**20)
    async with front(wire) as server:
        async with server.client.get(server.base + CLIP) as answer:
            size = 0
            async for piece in answer.content.iter_any():
                size += len(piece)
        assert (answer.status, size) == (200, 64 * 2**20)
        async with server.client.get(f"{server.base}/v1/videos/video_1") as answer:
            assert answer.status == 500
            assert "the answer has more than" in await answer.text()


@pytest.mark.parametrize("dialect", ["openai", "evolink", "newapi"])
async def test_what_an_upstream_did_not_give_is_not_said_to_be_a_clip(dialect: str) -> None:
    paths = {"openai": CLIP, "evolink": "/v1/tasks/task-1", "newapi": "/v1/videos/task_1"}

    async def closes(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    async with (
        front(closes, dialect) as server,
        server.client.get(server.base + paths[dialect]) as answer,
    ):
        said = await answer.text()
    assert answer.status == 500
    assert "the upstream gave no" in said
    assert "render" not in said
    assert "could not be made" not in said


async def test_a_stalled_client_does_not_hold_the_upstream(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streaming, "STALLED_S", 0.2)
    gone = asyncio.Event()

    async def sending(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await endless(reader, writer)
        gone.set()
        writer.close()

    async with front(sending) as server:
        ended: asyncio.Queue[Exchange] = asyncio.Queue()
        server.app[WORLD].engine.journal.on_end.append(ended.put_nowait)
        answer = await server.client.get(server.base + CLIP)  # whose body nobody reads
        async with asyncio.timeout(10):
            seen = await ended.get()
            await gone.wait()
        answer.close()
    assert (seen.status, seen.lost) == (200, "the client took nothing for 0.2 seconds")


def _own_certificate(folder: Path) -> ssl.SSLContext:
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    asked = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    named = ["-keyout", str(key), "-out", str(certificate), "-subj", "/CN=elsewhere.example"]
    try:
        subprocess.run(["openssl", "req", *asked, *named], check=True, capture_output=True)
    except FileNotFoundError:
        pytest.skip("no openssl to make a certificate with")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context


async def test_a_certificate_that_does_not_hold_is_told_of(tmp_path: Path) -> None:
    tls = await asyncio.to_thread(_own_certificate, tmp_path)
    async with (
        front(_hangs, "ark", tls) as server,
        server.client.get(f"{server.base}{TASKS}/cgt-1") as answer,
    ):
        assert answer.status == 500
        assert "its certificate or TLS does not hold" in await answer.text()
