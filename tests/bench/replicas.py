"""What replicas on Valkey cost: CPU of a poll and of an order, and bytes in the store.

``python -m tests.bench.replicas [ROUNDS]``. The same load goes to one server with its accounts in
memory, to one on Valkey and to two on one Valkey; what is printed is CPU time for each request, the
sum of all servers, and apart from that of Valkey itself. Then, how much of Valkey's memory a task
takes, and how long a server takes to begin on a store that has as many.
"""

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from statistics import median
from typing import Any

import redis

from tests.bench.polling import COUNT, PROMPTS, Load, create, ordering, polling, say
from tests.bench.servers import OURS, Started, now, started
from tests.valkeys import Valkey

ROUNDS = 3
WARM_UP = 1


def main() -> None:
    """Measure and print."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    for what in ("polls", "orders"):
        found = {}
        for name, replicas, lasting in (("memory", 1, False), ("one", 1, True), ("two", 2, True)):
            with servers(replicas, lasting) as (running, valkey):
                found[name] = measured(what, running, valkey, rounds)
                say(f"{what}, {name}: {found[name]:.0f} us of CPU each{beside(valkey)}")
        say(
            f"{what}: two replicas take {found['two'] / found['one']:.2f} times one's, "
            f"one takes {found['one'] / found['memory']:.2f} times memory's"
        )
    size(rounds)


@contextmanager
def servers(replicas: int, lasting: bool) -> Iterator[tuple[list[Started], Valkey | None]]:
    """Some servers of one store, which is a new one."""
    with ExitStack() as ending:
        valkey = Valkey() if lasting else None
        command = list(OURS)
        if valkey is not None:
            ending.callback(valkey.close)
            command += ["--store", valkey.url]
        yield [ending.enter_context(started(command)) for _ in range(replicas)], valkey


def measured(what: str, running: list[Started], valkey: Valkey | None, rounds: int) -> float:
    """Microseconds of the servers' CPU for each request, the median of the rounds."""
    if what == "polls":
        task = create(running[0], PROMPTS["succeeded"])
        loads = [Load(one, polling(one.port, task)) for one in running]
    else:
        loads = [Load(one, ordering(one.port)) for one in running]
    took = []
    for _ in range(rounds + WARM_UP):
        took.append(sum(load.run()[1] for load in loads) / len(loads))
    return 1e6 * median(took[WARM_UP:]) / COUNT


def beside(valkey: Valkey | None) -> str:
    """What Valkey did for all of it."""
    if valkey is None:
        return ""
    with redis.Redis(port=valkey.port) as client:
        about: Any = client.info("stats")
    return f" (Valkey ran {about['total_commands_processed']} commands)"


def size(rounds: int) -> None:
    """Bytes of a task in Valkey, and the start of a server beside so many."""
    with servers(1, True) as ((server,), valkey):
        assert valkey is not None
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
