"""What polls wait for while the server makes ready what a clip of a new size will need.

``python -m tests.bench.warming [SIZES]``. Orders of a size that is new come in turns with orders
of one that is known, for which nothing is made ready. Sixteen connections poll from the answer to
each order on, all at once and again as soon as all have their answers, beyond the end of the work.
It is the clock that counts, since somebody waits: each pair meets the machine in the same mood.
Wanted is that the first polls after an order wait no longer for the work; behind them, half a
second later, the work runs beside the polls, and what the slowest of them wait for is shown.
"""

import json
import socket
import sys
from itertools import islice, product
from statistics import median, quantiles

from tests.bench.polling import CONNECTIONS, TASKS, call, polling, say
from tests.bench.servers import OURS, Started, now, started

SIZES = 12
WINDOW_S = 1.5
MOST = 1.25
RESOLUTIONS = ("720p", "1080p")
RATIOS = ("16:9", "9:16", "4:3", "3:4", "1:1", "21:9")


def main() -> None:
    sizes = int(sys.argv[1]) if len(sys.argv) > 1 else SIZES
    found: dict[bool, list[list[float]]] = {True: [], False: []}
    with started(OURS) as server:
        waits(server, "480p", "16:9")  # the first of all loads the libraries as well
        for resolution, shape in islice(product(RESOLUTIONS, RATIOS), sizes):
            for new in (True, False):
                found[new].append(waits(server, resolution, shape))
    for what, new in (("a new size", True), ("a known one", False)):
        first = [1000 * taken[0] for taken in found[new]]
        behind = quantiles((1000 * wait for taken in found[new] for wait in taken[1:]), n=100)
        worst = median(1000 * max(taken[1:]) for taken in found[new])
        say(
            f"sixteen polls after an order of {what}: the first {median(first):.2f} ms "
            f"({min(first):.2f} to {max(first):.2f}); behind them median {behind[49]:.2f}, "
            f"99 of 100 within {behind[98]:.2f}, the slowest of an order {worst:.1f} ms"
        )
    pairs = zip(found[True], found[False], strict=True)
    ratio = median(new[0] / known[0] for new, known in pairs)
    say(f"the first polls of a new size: {ratio:.2f} times those of a known one, at most {MOST}")
    sys.exit(ratio > MOST)


def waits(server: Started, resolution: str, ratio: str) -> list[float]:
    """Seconds that each round of polls took, from the answer to an order on."""
    lines = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(CONNECTIONS)]
    request = polling(server.port, create(server, resolution, ratio))
    began = at = now()
    taken = []
    while at - began < WINDOW_S:
        for line in lines:
            line.sendall(request)
        for line in lines:
            receive(line)
        taken.append(now() - at)
        at = now()
    for line in lines:
        line.close()
    return taken


def create(server: Started, resolution: str, ratio: str) -> str:
    content = [{"type": "text", "text": "A paper boat [[sim: stuck]]"}]
    model = "doubao-seedance-2-0-260128"
    order = {"model": model, "content": content, "resolution": resolution, "ratio": ratio}
    return str(call(server, TASKS, json.dumps(order).encode())["id"])


def receive(line: socket.socket) -> None:
    """Take one answer, whose length its headers say."""
    answer = line.recv(65536)
    assert answer.startswith(b"HTTP/1.1 200"), answer
    head, _, body = answer.partition(b"\r\n\r\n")
    left = int(head.lower().partition(b"content-length:")[2].split()[0]) - len(body)
    while left > 0:
        left -= len(line.recv(65536))


if __name__ == "__main__":
    main()
