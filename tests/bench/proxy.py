"""What passing calls on costs, against a plain streaming proxy of aiohttp.

``python -m tests.bench.proxy [RUNS]``; wanted is at most 1.3 times the CPU time, for polls over 64
connections and for a clip of 60 MB, and memory that the clip does not show in. The upstream and the
two proxies are processes of their own, and the rounds of a run come in pairs.
"""

import asyncio
import sys
from statistics import median

from aiohttp import ClientSession, TCPConnector

from tests.bench.far import SIZE
from tests.bench.polling import say
from tests.bench.servers import OURS, Started, started

RUNS = 5
PAIRS = 5
CONNECTIONS = 64
POLLS = 2_000
MOST = 1.3
MOST_GROWN_MB = 16.0
HEADERS = {"Authorization": "Bearer sk-bench"}


def main() -> None:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else RUNS
    found = [asyncio.run(compare(number)) for number in range(1, runs + 1)]
    halves, kept = zip(*(one[:2] for one in found), strict=True), 0
    for name, ratios in zip(("polls", "60 MB"), halves, strict=True):
        kept += max(ratios) <= MOST
        say(f"{name}: {min(ratios):.2f} to {max(ratios):.2f} times, wanted at most {MOST}")
    grown = max(one[2] for one in found)
    say(f"memory grew by at most {grown:.1f} MB, wanted at most {MOST_GROWN_MB:g}")
    sys.exit(kept < 2 or grown > MOST_GROWN_MB)


async def compare(number: int) -> tuple[float, float, float]:
    """The ratios of polls and of the clip, and the MB by which the clip made our peak grow."""
    far = [sys.executable, "-m", "tests.bench.far"]
    with started(far) as behind:
        upstream = f"http://127.0.0.1:{behind.port}"
        ours = [*OURS, "--dialect", "openai", "--upstream", upstream]
        plain = [sys.executable, "-m", "tests.bench.plain", upstream]
        with started(ours) as own, started(plain) as bare:
            polls = [(await polled(own), await polled(bare)) for _ in range(PAIRS + 1)][1:]
            before = own.memory("VmHWM")
            clips = [(await fetched(own), await fetched(bare)) for _ in range(PAIRS + 1)][1:]
            grown = own.memory("VmHWM") - before
    by_poll, by_clip = (median(a / b for a, b in pairs) for pairs in (polls, clips))
    each = [1e6 * median(took) / POLLS for took in zip(*polls, strict=True)]
    whole = [1e3 * median(took) for took in zip(*clips, strict=True)]
    say(
        f"run {number}: polls {by_poll:.2f} times ({each[0]:.0f} and {each[1]:.0f} us of CPU), "
        f"60 MB {by_clip:.2f} times ({whole[0]:.0f} and {whole[1]:.0f} ms), {grown:+.1f} MB"
    )
    return by_poll, by_clip, grown


async def polled(server: Started) -> float:
    """The CPU seconds of polls over many connections."""
    url, left = f"http://127.0.0.1:{server.port}/v1/videos/video_1", iter(range(POLLS))

    async def one(session: ClientSession) -> None:
        for _ in left:
            async with session.get(url, headers=HEADERS) as answer:
                assert answer.status == 200, await answer.text()
                await answer.read()

    before = server.cpu()
    async with ClientSession(connector=TCPConnector(limit=0)) as session:
        await asyncio.gather(*(one(session) for _ in range(CONNECTIONS)))
    return server.cpu() - before


async def fetched(server: Started) -> float:
    """The CPU seconds of one clip."""
    url, size, before = f"http://127.0.0.1:{server.port}/v1/videos/video_1/content", 0, server.cpu()
    async with ClientSession() as session, session.get(url, headers=HEADERS) as answer:
        async for piece in answer.content.iter_any():
            size += len(piece)
    assert (answer.status, size) == (200, SIZE)
    return server.cpu() - before


if __name__ == "__main__":
    main()
