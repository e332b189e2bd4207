"""Time from the start of a process to its first answer, against a bare aiohttp application.

``python -m tests.bench.startup [ROUNDS]``; wanted is at most 1.3 times.
"""

import socket
import sys
from statistics import median

from tests.bench.servers import BARE, OURS, children_cpu, now, started

REQUEST = b"GET /_sim/health HTTP/1.1\r\nHost: localhost\r\n\r\n"


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 15
    for command in (OURS, BARE):
        once(command)  # writes the byte code
    times: dict[str, list[tuple[float, float]]] = {"ours": [], "bare": []}
    for _ in range(rounds):
        times["ours"].append(once(OURS))
        times["bare"].append(once(BARE))
    for at, what in enumerate(("wall", "cpu")):
        ours, bare = (median(one[at] for one in times[name]) for name in ("ours", "bare"))
        show = f"ours {1000 * ours:.0f} ms, bare {1000 * bare:.0f} ms"
        print(f"start-up, {what}: {show}, ratio {ours / bare:.2f}")  # noqa: T201 (a command)


def once(command: list[str]) -> tuple[float, float]:
    """Seconds to the first answer, and seconds of CPU until then."""
    before, used = now(), children_cpu()
    with started(command) as server:
        with socket.create_connection(("127.0.0.1", server.port)) as line:
            line.sendall(REQUEST)
            assert line.recv(65536).startswith(b"HTTP/1.1 200")
        took = now() - before
    return took, children_cpu() - used


if __name__ == "__main__":
    main()
