"""What the metrics cost polling: ``python -m tests.bench.metrics [PAIRS]``; wanted is 3 % at most.

Two servers of the same code differ by more than that, by where their memory happens to lie. So it
is one server that counts every exchange or counts nothing, as it is told by a signal: short batches
of the same polls alternate, and the scheduler's own count says what CPU each took. The cost is the
median of the pairs, between the bounds within which it is in 95 of 100 such runs. A scrape is
measured apart, and counted as if Prometheus came each second while the server did nothing but
polls: more often than it does.
"""

import runpy
import signal
import sys
import urllib.request
from collections.abc import Sequence
from math import sqrt
from statistics import median

from tests.bench.polling import CONNECTIONS, PROMPTS, Load, create, polling, say
from tests.bench.servers import OURS, Started, started

MOST_PERCENT = 3.0
PAIRS = 600
BATCHES = 12
COUNT = BATCHES * CONNECTIONS
WARM_UP = 30
SCRAPES = 50
SCRAPED_EACH_S = 1.0
SWITCHED = [sys.executable, "-m", "tests.bench.metrics", "switched", *OURS[3:]]
COUNTED, UNCOUNTED = signal.SIGUSR1, signal.SIGUSR2


def main(pairs: int) -> int:
    """Print the cost; 1 where it is surely more than wanted, 2 where it cannot be told."""
    with started(SWITCHED) as server:
        load = Load(server, polling(server.port, create(server, PROMPTS["succeeded"])), BATCHES)
        took = [pair(server, load, number) for number in range(pairs + WARM_UP)][WARM_UP:]
        scrapes = [scraped(server) for _ in range(SCRAPES)]
    costs = sorted(100 * (ours / bare - 1) for ours, bare in took)
    least, most = bounds(costs)
    scrape = 100 * median(scrapes) / SCRAPED_EACH_S
    say(
        f"metrics: {median(costs) + scrape:.1f} % of polling; counting {median(costs):.1f} % "
        f"({least:.1f} to {most:.1f}, {pairs} pairs of {COUNT} polls, "
        f"{1e6 * median(bare for _, bare in took) / COUNT:.1f} us of CPU each), "
        f"a scrape each second {scrape:.1f} % ({1e3 * median(scrapes):.1f} ms)"
    )
    if least + scrape > MOST_PERCENT:
        return 1
    return 2 * (most + scrape > MOST_PERCENT)


def pair(server: Started, load: Load, number: int) -> tuple[float, float]:
    """Seconds of CPU that the same polls take, counted and not; the two take turns to be first."""
    took = {}
    for how in (COUNTED, UNCOUNTED) if number % 2 else (UNCOUNTED, COUNTED):
        server.process.send_signal(how)
        load.once()  # which is answered after the signal was heard
        took[how] = load.run()[1]
    return took[COUNTED], took[UNCOUNTED]


def bounds(found: Sequence[float]) -> tuple[float, float]:
    """Between which of some sorted values their median is with 95 %, whatever their distribution.

    By the binomial of how many of them are below it.
    """
    count = len(found)
    off = 0.98 * sqrt(count)
    return found[max(0, round(count / 2 - off))], found[min(count - 1, round(count / 2 + off))]


def scraped(server: Started) -> float:
    """Seconds of CPU of one scrape."""
    used = server.cpu()
    with urllib.request.urlopen(f"http://127.0.0.1:{server.port}/_sim/metrics") as answer:
        assert b"seedance_sim_requests_total{" in answer.read()
    return server.cpu() - used


def switched() -> None:
    """Run the simulator with a journal that counts, or counts nothing, by signals."""
    from simulator.store.journal import Exchange, Journal

    def uncounted(exchange: Exchange) -> None:
        """The rest of what ``Journal._keep`` does."""
        made = journals[0]
        made.bytes += exchange.bytes
        if made.bytes > made.most_bytes:
            made._shrink()
        for listener in made.on_end:
            listener(exchange)

    journals: list[Journal] = []
    begin = Journal.__init__

    def kept(journal: Journal, *given: object, **named: object) -> None:
        begin(journal, *given, **named)  # type: ignore[arg-type]
        journals.append(journal)
        switch(COUNTED)

    def switch(how: int, _: object = None) -> None:
        # Both are found in the same place, so that to find them costs the same.
        (journal,) = journals
        counted = Journal._keep.__get__(journal)
        journal.__dict__["_keep"] = counted if how == COUNTED else uncounted

    Journal.__init__ = kept  # type: ignore[method-assign, assignment]
    for how in (COUNTED, UNCOUNTED):
        signal.signal(how, switch)
    del sys.argv[1]
    runpy.run_module("simulator", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["switched"]:
        switched()
    else:
        raise SystemExit(main(int(sys.argv[1]) if len(sys.argv) > 1 else PAIRS))
