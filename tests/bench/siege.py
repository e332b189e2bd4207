"""What a hostile gateway can take from its judge: `python -m tests.bench.siege [--wait 10s]`.

Each siege is a gateway in a process of its own and `seedance-conformance run` in another, measured
from outside: most memory of the run and of what it starts, seconds, exit status, and the lines
that name a limit. With `--most` a run that takes more ends with status 1.
"""

import argparse
import asyncio
import gzip
import itertools
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from pathlib import Path

from aiohttp import web

KEY = "sk-siege"
MB = 2**20
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
BOMB = gzip.compress(bytes(64 * MB), 9)


async def zeros() -> AsyncIterator[bytes]:
    """A body that does not end."""
    while True:
        yield bytes(MB)


async def bombs() -> AsyncIterator[bytes]:
    """A body of gzip that does not end: a thousand times as much when it is opened."""
    while True:
        yield BOMB


async def drops() -> AsyncIterator[bytes]:
    """Two bytes each second, for ever."""
    while True:
        yield b"xx"
        await asyncio.sleep(1)


def flowing(made: Callable[[], AsyncIterator[bytes]], **headers: str) -> Handler:
    """An answer with such a body."""

    async def handle(request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse(headers={"Content-Type": "video/mp4", **headers})
        await answer.prepare(request)
        try:
            async for piece in made():
                await answer.write(piece)
        except ConnectionError:
            pass
        return answer

    return handle


async def interim(request: web.Request) -> web.StreamResponse:
    """Answers that only say that an answer will come."""
    assert request.transport is not None
    with_many = b"HTTP/1.1 103 Early Hints\r\nX: y\r\n\r\n" * 1000
    while not request.transport.is_closing():
        request.transport.write(with_many)
        await asyncio.sleep(0)
        while request.transport.get_write_buffer_size() > 4 * MB:  # noqa: ASYNC110 (no event)
            await asyncio.sleep(0.001)
    raise web.HTTPOk


def said(text: bytes, status: int = 200, **headers: str) -> Handler:
    """The same answer to everything."""

    async def handle(request: web.Request) -> web.StreamResponse:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return web.Response(
            body=text, status=status, content_type="application/json", headers=named
        )

    return handle


def many_lists() -> bytes:
    """A megabyte of JSON that is as much work and memory as a megabyte can be."""
    return b'{"id": "cgt-1", "x": [' + b"[]," * (330_000) + b"[]]}"


def deep() -> bytes:
    """JSON nested deeper than anything that walks it by calling itself can go."""
    return b'{"id": "cgt-1", "x": ' + b"[" * 500 + b"]" * 500 + b"}"


# What is answered to downloads, and what to every other call (None: a task like any other).
SIEGES: Mapping[str, tuple[Handler | None, Handler | None]] = {
    "endless clip": (flowing(zeros), None),
    "endless clip of gzip": (flowing(bombs, **{"Content-Encoding": "gzip"}), None),
    "clip at 2 bytes a second": (flowing(drops), None),
    "endless answer": (None, flowing(zeros)),
    "endless answer of gzip": (None, flowing(bombs, **{"Content-Encoding": "gzip"})),
    "endless 1xx": (None, interim),
    "megabytes of lists": (None, said(many_lists())),
    "deep JSON": (None, said(deep())),
    "Retry-After: 60 after the first calls": (None, None),
}


SLOW = "clip at 2 bytes a second"  # each call ends after a minute, and the run after five


class Gateway:
    """Tasks of apiyi that succeed at once, and one thing that is hostile."""

    def __init__(self, name: str) -> None:
        self.name, (self.download, self.other) = name, SIEGES[name]
        self.turns = itertools.count(1)
        self.base = ""

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer."""
        turn = next(self.turns)
        if request.path.endswith(".mp4"):
            return await (self.download or said(b"x"))(request)
        if self.other and turn > 4:
            return await self.other(request)
        if self.name.startswith("Retry") and turn > 4:
            return await said(b"{}", 429, Retry_After="60")(request)
        if request.method == "POST":
            return await self._create(request)
        if request.path.rpartition("/")[2].startswith("cgt-mine"):
            link = f"{self.base}/clip.mp4"
            found = {"id": "cgt-mine", "status": "succeeded", "content": {"video_url": link}}
            return web.json_response(found)
        error = {"code": "NotFound", "message": "there is no such task"}
        return web.json_response({"error": error}, status=404)

    async def _create(self, request: web.Request) -> web.StreamResponse:
        try:
            order = json.loads(await request.text())
            if order.get("model") and order.get("content"):
                return web.json_response({"id": f"cgt-mine-{next(self.turns)}"})
        except (ValueError, AttributeError):
            pass
        error = {"code": "InvalidParameter", "message": "no"}
        return web.json_response({"error": error}, status=400)


async def serve(name: str) -> None:
    """The gateway, until it is killed."""
    gateway = Gateway(name)
    app = web.Application(client_max_size=2**28)
    app.router.add_route("*", "/{path:.*}", gateway.handle)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    gateway.base = f"http://127.0.0.1:{runner.addresses[0][1]}"
    sys.stdout.write(gateway.base + "\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


def resident(root: int) -> int:
    """Bytes that a process and everything that it has started hold in memory now."""
    total, waiting = 0, [root]
    while waiting:
        pid = waiting.pop()
        try:
            status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
            kids = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="utf-8")
        except OSError:
            continue
        waiting += map(int, kids.split())
        total += sum(
            int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmRSS")
        )
    return total


def besieged(name: str, wait: str, longest: float) -> tuple[int, float, int | None, str]:
    """Most bytes, seconds, exit status (None: it was killed) and what was said last."""
    here = [sys.executable, "-m", "tests.bench.siege", "--serve", name]
    gateway = subprocess.Popen(here, stdout=subprocess.PIPE, text=True, stderr=subprocess.DEVNULL)
    assert gateway.stdout is not None
    base = gateway.stdout.readline().strip()
    with tempfile.TemporaryDirectory() as folder:
        command = [
            sys.executable, "-m", "conformance", "run", "--dialect", "apiyi", "--base-url", base,
            "--api-key", KEY, "--control", "none", "--max-wait", wait, "--report-dir", folder,
        ]  # fmt: skip
        with (Path(folder) / "said").open("w+") as said:
            started, most = time.monotonic(), 0
            run = subprocess.Popen(command, stdout=said, stderr=said, env={**os.environ})
            while run.poll() is None and time.monotonic() - started < longest:
                most = max(most, resident(run.pid))
                time.sleep(0.02)
            took = time.monotonic() - started
            code = run.poll()
            if code is None:
                run.kill()
                run.wait()
            said.seek(0)
            lines = [line.strip() for line in said if line.strip()]
    gateway.kill()
    gateway.wait()
    return most, took, code, " / ".join(lines[-3:])[:300]


def main() -> int:
    """Lay all sieges, or those named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="SIEGE")
    parser.add_argument("--quick", action="store_true", help="without the one that takes minutes")
    parser.add_argument("--serve", choices=[*SIEGES])
    parser.add_argument("--wait", default="10s")
    parser.add_argument("--longest", type=float, default=900)
    parser.add_argument("--most", type=int, help="MB that no run may take")
    given = parser.parse_args()
    if given.serve:
        asyncio.run(serve(given.serve))
        return 0
    too_much = False
    for name in given.names or [each for each in SIEGES if not (given.quick and each == SLOW)]:
        most, took, code, said = besieged(name, given.wait, given.longest)
        ended = "killed" if code is None else f"exit {code}"
        sys.stdout.write(f"{name}: {most / MB:.0f} MB, {took:.0f} s, {ended}: {said}\n")
        sys.stdout.flush()
        bad = code in (None, 5) or (given.most is not None and most > given.most * MB)
        too_much = too_much or bad
    return 1 if too_much else 0


if __name__ == "__main__":
    sys.exit(main())
