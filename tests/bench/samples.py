"""What samples cost in memory: one extreme request, then forty readers that take in nothing.

python -m tests.bench.samples
"""

import asyncio
import re
import subprocess
import sys
from pathlib import Path

READERS = 40
EXTREME = (
    "/_sim/media/video.mp4?width=8000&height=5000&fps=100&seconds=600",
    "/_sim/media/video.mp4?width=1920&height=1080&fps=60&seconds=480",
    "/_sim/media/video.mp4?width=7680&height=4320&fps=24&seconds=5",
    "/_sim/media/image.webp?width=5000&height=4000",
    "/_sim/media/image.jpg?width=8000&height=5000&size=250000000",
)
LARGE = "/_sim/media/audio.wav?seconds=10&channels=8&size=250000000"


def main() -> None:
    for path in EXTREME:
        process, port = started()
        try:
            status, size = asyncio.run(fetched(port, path))
            print(f"{peak(process):6.0f} MB  {status} {size:>11,} bytes  {path}")  # noqa: T201
        finally:
            process.kill()
            process.wait()
    process, port = started()
    try:
        asyncio.run(slow(port))
        print(f"{peak(process):6.0f} MB  {READERS} readers that take in nothing of {LARGE}")  # noqa: T201
    finally:
        process.kill()
        process.wait()


def started() -> "tuple[subprocess.Popen[str], int]":
    command = [sys.executable, "-m", "simulator", "serve", "--port", "0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    return process, int(process.stdout.readline().rpartition(":")[2])


async def opened(port: int, path: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 16)
    head = f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    writer.write(head.encode())
    return reader, writer


async def fetched(port: int, path: str) -> tuple[int, int]:
    reader, _writer = await opened(port, path)
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return 0, 0  # no answer at all
    size = 0
    while portion := await reader.read(1 << 20):
        size += len(portion)
    return int(head.split()[1]), size


async def slow(port: int) -> None:
    readers = await asyncio.gather(*[opened(port, LARGE) for _ in range(READERS)])
    for reader, _writer in readers:
        await reader.readuntil(b"\r\n\r\n")
    await asyncio.sleep(1)


def peak(process: "subprocess.Popen[str]") -> float:
    """The most memory that the server itself has had."""
    text = Path(f"/proc/{process.pid}/status").read_text(encoding="utf-8")
    found = re.search(r"VmHWM:\s+(\d+) kB", text)
    return int(found[1]) / 1024 if found else float("nan")  # which is gone


if __name__ == "__main__":
    main()
