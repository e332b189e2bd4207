"""What stores cost: CPU of a poll and of an order on SQLite and Valkey, and bytes in the latter.

``python -m tests.bench.replicas [ROUNDS]``. The same load goes to one server with its accounts in
memory, to one on a file, and to one, two and four on one Valkey each; the rounds of all of them
take turns, and the best of each counts, since what else the machine does only adds. What is printed
is CPU time for each request, the sum of all servers. Polls are of one task; orders are of a key for
each server, as a load balancer sends them that goes by the key, and then of one key at all servers,
each of which reads what the others have accepted. Then, how much of Valkey's memory a task takes.
Ends with 1 where polls on a file or on Valkey cost more than twice memory's, or where polls, or
orders by key, cost with more replicas more than 15 % beside one.
"""

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from statistics import mean
from tempfile import TemporaryDirectory
from typing import Any

import redis

from tests.bench.polling import (
    BATCHES,
    CONNECTIONS,
    COUNT,
    KEY,
    PROMPTS,
    Load,
    create,
    ordering,
    polling,
    say,
)
from tests.bench.servers import OURS, Started, now, started
from tests.valkeys import Valkey

ROUNDS = 5
WARM_UP = 1
REPLICAS = (1, 2, 4)
# An order's round is shorter: it is the dearer of the two.
ORDERS = 40
LEAST, MOST = 0.5, 1.15


def main() -> None:
    """Measure and print."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    good = [compare(what, rounds) for what in ("polls", "orders", "orders of one key")]
    size(rounds)
    sys.exit(not all(good))


def compare(what: str, rounds: int) -> bool:
    """Print what memory and each number of replicas take; whether that is within the limits."""
    with ExitStack() as ending:
        file = f"sqlite:{ending.enter_context(TemporaryDirectory())}/sim.db"
        sets = [
            [ending.enter_context(started([*OURS, "--store", one]))] for one in ("memory", file)
        ]
        sets += [ending.enter_context(servers(count))[0] for count in REPLICAS]
        found = measured(what, sets, rounds)
    memory, lasting, *replicas = found
    say(f"{what}, memory: {memory:.0f} us of CPU each")
    speed = f"{memory / lasting:.2f} times memory's speed"
    say(f"{what}, SQLite: {lasting:.0f} us of CPU each, {speed}")
    for count, each in zip(REPLICAS, replicas, strict=True):
        say(
            f"{what}, {count} on Valkey: {each:.0f} us of CPU each, {memory / each:.2f} times "
            f"memory's speed, {each / replicas[0]:.2f} times one's cost"
        )
    flat = what == "orders of one key" or max(replicas) <= MOST * replicas[0]
    return flat and (what != "polls" or memory / max(lasting, replicas[0]) >= LEAST)


@contextmanager
def servers(replicas: int) -> Iterator[tuple[list[Started], Valkey]]:
    """Some servers of one Valkey, which is a new one."""
    with ExitStack() as ending:
        valkey = Valkey()
        ending.callback(valkey.close)
        command = [*OURS, "--store", valkey.url]
        yield [ending.enter_context(started(command)) for _ in range(replicas)], valkey


def measured(what: str, sets: list[list[Started]], rounds: int) -> list[float]:
    """Microseconds of CPU for each request, of each set of servers."""
    loads = []
    for running in sets:
        if what == "polls":
            task = create(running[0], PROMPTS["succeeded"])
            loads.append([Load(one, polling(one.port, task)) for one in running])
        else:
            keys = [KEY if "key" in what else f"sk-{place}" for place in range(len(running))]
            asked = [ordering(one.port, key) for one, key in zip(running, keys, strict=True)]
            loads.append(
                [Load(one, order, ORDERS) for one, order in zip(running, asked, strict=True)]
            )
    rows = [[[load.run()[1] for load in mine] for mine in loads] for _ in range(rounds + WARM_UP)]
    # The best round of each server, and of all servers of a set the mean.
    best = [
        mean(min(times) for times in zip(*each, strict=True))
        for each in zip(*rows[WARM_UP:], strict=True)
    ]
    count = CONNECTIONS * (BATCHES if what == "polls" else ORDERS)
    return [1e6 * seconds / count for seconds in best]


def size(rounds: int) -> None:
    """Bytes of a task in Valkey, and the start of a server beside so many."""
    with servers(1) as ((server,), valkey):
        with redis.Redis(port=valkey.port) as client:
            before: Any = client.info("memory")
            load = Load(server, ordering(server.port))
            for _ in range(rounds):
                load.run()
            after: Any = client.info("memory")
            client.delete("sdsim:{journal}:log")
            without: Any = client.info("memory")
        tasks = rounds * COUNT
        journal = (after["used_memory"] - without["used_memory"]) / tasks
        each = (without["used_memory"] - before["used_memory"]) / tasks
        say(f"{tasks} tasks: {each:.0f} bytes each in Valkey, and {journal:.0f} of journal")
        began = now()
        with started([*OURS, "--store", valkey.url]):
            say(f"a server begins beside them in {now() - began:.1f} s")


if __name__ == "__main__":
    main()
