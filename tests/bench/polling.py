"""Polls a second, against a bare aiohttp application that has the same JSON in a dictionary.

``python -m tests.bench.polling [ROUNDS]``; wanted is at least 1.0 times. The rounds take turns, and
the same client puts the same load on both: a few connections, one request under way on each. Both
servers are new for each kind of task: what an earlier load leaves behind changes their speed.
"""

import json
import socket
import sys
import urllib.request
from statistics import median

from tests.bench.servers import BARE, OURS, Started, now, started

TASKS = "/ark/api/v3/contents/generations/tasks"
KEY = "sk-bench"
CONNECTIONS = 16
BATCHES = 250
COUNT = BATCHES * CONNECTIONS
# Until the caches are warm, and the simulator has made ready what the task's clip will need.
WARM_UP = 5
PROMPTS = {"succeeded": "A paper boat", "running": "A paper boat [[sim: queue=0s stuck]]"}


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 9
    for state, prompt in PROMPTS.items():
        with started(OURS) as ours:
            task = create(ours, prompt)
            body = show(ours, task)
            assert body["status"] == state
            with started(BARE, json.dumps({task: body})) as bare:
                compare(state, f"{TASKS}/{task}", ours, bare, rounds)


def create(server: Started, prompt: str) -> str:
    order = {
        "model": "doubao-seedance-2-0-260128",
        "content": [{"type": "text", "text": prompt}],
    }
    return str(call(server, TASKS, json.dumps(order).encode())["id"])


def show(server: Started, task: str) -> dict[str, object]:
    return call(server, f"{TASKS}/{task}")


def call(server: Started, path: str, body: bytes | None = None) -> dict[str, object]:
    headers = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"}
    url = f"http://127.0.0.1:{server.port}{path}"
    with urllib.request.urlopen(urllib.request.Request(url, body, headers)) as answer:
        found: dict[str, object] = json.load(answer)
        return found


def compare(state: str, path: str, ours: Started, bare: Started, rounds: int) -> None:
    """Print the median of both, by the clock and by the CPU that the server used."""
    loads = [Load(server, path) for server in (ours, bare)]
    results: list[list[tuple[float, float]]] = [[], []]
    for number in range(rounds + WARM_UP):
        for load, found in zip(loads, results, strict=True):
            result = load.run()
            if number >= WARM_UP:
                found.append(result)
    by_clock = [COUNT / median(took for took, _ in found) for found in results]
    by_cpu = [COUNT * rounds / sum(used for _, used in found) for found in results]
    for what, (mine, theirs) in (("second", by_clock), ("CPU second", by_cpu)):
        show = f"ours {mine:.0f}, bare {theirs:.0f} a {what}"
        print(f"polls, {state}: {show}, ratio {mine / theirs:.2f}")  # noqa: T201 (a command)


class Load:
    """Connections to a server that ask the same again and again."""

    def __init__(self, server: Started, path: str) -> None:
        self._server = server
        self._request = (
            f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nAccept: */*\r\n"
            f"Authorization: Bearer {KEY}\r\nUser-Agent: bench\r\n\r\n"
        ).encode()
        address = ("127.0.0.1", server.port)
        self._lines = [socket.create_connection(address) for _ in range(CONNECTIONS)]
        self._lines[0].sendall(self._request)
        answer = self._lines[0].recv(65536)
        assert answer.startswith(b"HTTP/1.1 200"), answer
        self._length = len(answer)

    def run(self) -> tuple[float, float]:
        """Seconds that a round takes, by the clock and of the server's CPU."""
        before, used = now(), self._server.cpu()
        for _ in range(BATCHES):
            for line in self._lines:
                line.sendall(self._request)
            for line in self._lines:
                left = self._length
                while left > 0:
                    left -= len(line.recv(65536))
        return now() - before, self._server.cpu() - used


if __name__ == "__main__":
    main()
