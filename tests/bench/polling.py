"""The CPU time of polls and of orders, against a bare aiohttp application that has the same JSON.

``python -m tests.bench.polling [RUNS]``; wanted is at least 1.0 times for polls in every run. (The
bare application looks at no order, so these are for comparison alone.) It is CPU time, since the
clock also shows what else the machine does. A run has two servers of its own, and rounds in pairs
under the same load of the same client: a few connections, one request under way on each. The ratio
of a run is the median of its pairs. No two orders have the same prompt.
"""

import json
import socket
import sys
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count, repeat
from statistics import median

from tests.bench.servers import BARE, OURS, Started, now, started

TASKS = "/ark/api/v3/contents/generations/tasks"
KEY = "sk-bench"
CONNECTIONS = 16
BATCHES = 250
COUNT = BATCHES * CONNECTIONS
RUNS = 5
PAIRS = 7
# Until the caches are warm, and the simulator has made ready what the task's clip will need.
WARM_UP = 3
PROMPTS = {"succeeded": "A paper boat", "running": "A paper boat [[sim: queue=0s stuck]]"}
LEAST = 1.0


@dataclass(frozen=True, slots=True)
class Pair:
    """Seconds of CPU that a round took, ours and the bare one."""

    ours: float
    bare: float

    @property
    def ratio(self) -> float:
        return self.bare / self.ours


def main() -> None:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else RUNS
    good = [compare(f"polls, {state}", state, runs, LEAST) for state in PROMPTS]
    compare("orders", None, runs, 0)
    sys.exit(not all(good))


def compare(what: str, state: str | None, runs: int, least: float) -> bool:
    """Print the ratio of each run, the spread of its pairs, and whether each is enough."""
    ratios = []
    for number in range(1, runs + 1):
        with loads(state) as (ours, bare):
            pairs = [Pair(ours.run()[1], bare.run()[1]) for _ in range(PAIRS + WARM_UP)][WARM_UP:]
        found = sorted(pair.ratio for pair in pairs)
        ratios.append(median(found))
        mine, theirs = (
            1e6 * median(took) / COUNT
            for took in ([pair.ours for pair in pairs], [pair.bare for pair in pairs])
        )
        say(
            f"{what}, run {number}: {ratios[-1]:.2f} times ({found[0]:.2f} to {found[-1]:.2f}); "
            f"ours {mine:.0f}, bare {theirs:.0f} us of CPU each"
        )
    enough = sum(ratio >= least for ratio in ratios)
    say(
        f"{what}: {min(ratios):.2f} to {max(ratios):.2f} times, "
        f"{enough} of {runs} runs have at least {least}"
    )
    return enough == runs


@contextmanager
def loads(state: str | None) -> Iterator[tuple["Load", "Load"]]:
    """The same load for new servers of both kinds: polls of a task in a state, or orders."""
    with started(OURS) as ours:
        known = {}
        request: Callable[[int], Iterator[bytes]] = orders
        if state is not None:
            task = create(ours, PROMPTS[state])
            known = {task: show(ours, task)}
            assert known[task]["status"] == state

            def request(port: int) -> Iterator[bytes]:
                return repeat(polling(port, task))

        with started(BARE, json.dumps(known)) as bare:
            yield Load(ours, request(ours.port)), Load(bare, request(bare.port))


def create(server: Started, prompt: str) -> str:
    return str(call(server, TASKS, order(prompt))["id"])


def order(prompt: str) -> bytes:
    content = [{"type": "text", "text": prompt}]
    return json.dumps({"model": "doubao-seedance-2-0-260128", "content": content}).encode()


def show(server: Started, task: str) -> dict[str, object]:
    return call(server, f"{TASKS}/{task}")


def call(server: Started, path: str, body: bytes | None = None) -> dict[str, object]:
    headers = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"}
    url = f"http://127.0.0.1:{server.port}{path}"
    with urllib.request.urlopen(urllib.request.Request(url, body, headers)) as answer:
        found: dict[str, object] = json.load(answer)
        return found


def polling(port: int, task: str) -> bytes:
    return head("GET", f"{TASKS}/{task}", port) + b"\r\n"


def orders(port: int) -> Iterator[bytes]:
    """One order after the other, each of another prompt and all of one length."""
    mark = "0" * 9
    request = ordering(port, prompt=f"A paper boat, the {mark}th [[sim: stuck]]")
    before, _, after = request.partition(mark.encode())
    return (b"%b%09d%b" % (before, number, after) for number in count())


def ordering(port: int, key: str = KEY, prompt: str = "A paper boat [[sim: stuck]]") -> bytes:
    body = order(prompt)
    length = f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    return head("POST", TASKS, port, key) + length.encode() + body


def head(method: str, path: str, port: int, key: str = KEY) -> bytes:
    return (
        f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAccept: */*\r\n"
        f"Authorization: Bearer {key}\r\nUser-Agent: bench\r\n"
    ).encode()


def say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


class Load:
    """Connections to a server that ask the same again and again, or one request after the other."""

    def __init__(
        self, server: Started, requests: bytes | Iterator[bytes], batches: int = BATCHES
    ) -> None:
        self._server = server
        self._batches = batches
        self._requests = repeat(requests) if isinstance(requests, bytes) else requests
        address = ("127.0.0.1", server.port)
        self._lines = [socket.create_connection(address) for _ in range(CONNECTIONS)]
        self._lines[0].sendall(next(self._requests))
        answer = self._lines[0].recv(65536)
        assert answer.startswith(b"HTTP/1.1 200"), answer
        self._length = len(answer)

    def run(self) -> tuple[float, float]:
        """Seconds that a round takes, by the clock and of the server's CPU."""
        before, used = now(), self._server.cpu()
        for _ in range(self._batches):
            self.once()
        return now() - before, self._server.cpu() - used

    def once(self) -> None:
        """Ask on every connection, and wait for all answers."""
        for line in self._lines:
            line.sendall(next(self._requests))
        for line in self._lines:
            left = self._length
            while left > 0:
                left -= len(line.recv(65536))


if __name__ == "__main__":
    main()
