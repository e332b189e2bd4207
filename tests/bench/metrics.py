"""What the metrics cost polling: ``python -m tests.bench.metrics [ROUNDS]``; wanted is 3 % at most.

The server as it is, which counts every exchange and is scraped once in each round (4000 polls, so
more often than any Prometheus would), against the same server that counts nothing and is never
asked. It is CPU time, in pairs of rounds under the same load; the cost is the median of the pairs.
"""

import runpy
import sys
import urllib.request
from statistics import median

from tests.bench.polling import COUNT, PROMPTS, WARM_UP, Load, create, polling, say
from tests.bench.servers import OURS, Started, started

MOST_PERCENT = 3.0
ROUNDS = 15
UNCOUNTED = [sys.executable, "-m", "tests.bench.metrics", "uncounted", *OURS[3:]]


def main(rounds: int) -> int:
    """Print the cost; 1 where it is more than wanted."""
    with started(OURS) as counted, started(UNCOUNTED) as uncounted:
        loads = [Load(one, polled(one)) for one in (counted, uncounted)]
        pairs = []
        for number in range(rounds + WARM_UP):
            # Who is first has the caches of the machine against it: they take turns.
            mine, bare = (0, 1) if number % 2 else (1, 0)
            took = {mine: 0.0, bare: 0.0}
            for which in (mine, bare):
                took[which] = loads[which].run()[1]
            before = counted.cpu()
            scrape(counted)
            pairs.append((took[0] + counted.cpu() - before, took[1]))
    costs = sorted(100 * (ours / bare - 1) for ours, bare in pairs[WARM_UP:])
    each = 1e6 * median(ours for ours, _ in pairs[WARM_UP:]) / COUNT
    say(
        f"metrics: {median(costs):.1f} % of polling "
        f"({costs[0]:.1f} to {costs[-1]:.1f} in {rounds} rounds; {each:.0f} us of CPU a poll)"
    )
    return int(median(costs) > MOST_PERCENT)


def polled(server: Started) -> bytes:
    """The poll of a task that has ended."""
    return polling(server.port, create(server, PROMPTS["succeeded"]))


def scrape(server: Started) -> None:
    with urllib.request.urlopen(f"http://127.0.0.1:{server.port}/_sim/metrics") as answer:
        assert b"seedance_sim_requests_total{" in answer.read()


def uncounted() -> None:
    """Run the simulator with a journal that counts nothing."""
    from simulator.store.journal import Exchange, Journal

    def keep(journal: Journal, exchange: Exchange) -> None:
        journal.bytes += exchange.bytes
        if journal.bytes > journal.most_bytes:
            journal._shrink()
        for listener in journal.on_end:
            listener(exchange)

    Journal._keep = keep  # type: ignore[method-assign, assignment]
    del sys.argv[1]
    runpy.run_module("simulator", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["uncounted"]:
        uncounted()
    else:
        raise SystemExit(main(int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS))
