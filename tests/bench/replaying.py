"""The CPU time of polls that are answered from a recording, against the simulator's own.

``python -m tests.bench.replaying [RUNS]``; wanted is at least 0.8 times the simulator's in every
run. A run records a task through a pass-through to a second simulator, and then loads a server that
replays it and a simulator with the same task in pairs of rounds, as ``tests.bench.polling`` does.
"""

import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from tests.bench.polling import COUNT, PAIRS, WARM_UP, Load, create, polling, say, show
from tests.bench.servers import OURS, Started, started

PROMPT = "A paper boat"
RUNS = 5
LEAST = 0.8


def main() -> None:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else RUNS
    ratios = [compare(number) for number in range(1, runs + 1)]
    enough = sum(ratio >= LEAST for ratio in ratios)
    say(f"{min(ratios):.2f} to {max(ratios):.2f} times, {enough} of {runs} have at least {LEAST}")
    sys.exit(enough < runs)


def compare(number: int) -> float:
    """The ratio of one run, the median of its pairs."""
    with tempfile.TemporaryDirectory() as folder, loads(Path(folder) / "run.jsonl") as (own, again):
        pairs = [(own.run()[1], again.run()[1]) for _ in range(PAIRS + WARM_UP)][WARM_UP:]
    found = sorted(ours / replayed for ours, replayed in pairs)
    ours, replayed = (1e6 * median(took) / COUNT for took in zip(*pairs, strict=True))
    say(
        f"run {number}: {median(found):.2f} times ({found[0]:.2f} to {found[-1]:.2f}); "
        f"simulated {ours:.0f}, replayed {replayed:.0f} us of CPU each"
    )
    return median(found)


@contextmanager
def loads(file: Path) -> Iterator[tuple[Load, Load]]:
    """The same polls of a task that has ended, simulated and replayed."""
    record(file)
    replay = [*OURS, "--dialect", "ark", "--replay", str(file)]
    with started(OURS) as own, started(replay) as again:
        yield ended(own), ended(again)


def record(file: Path) -> None:
    """A task from its order to its end, as it passed through a server."""
    with started(OURS) as behind:
        upstream = f"http://127.0.0.1:{behind.port}/ark"
        passing = ["--dialect", "ark", "--upstream", upstream, "--record", str(file)]
        with started([*OURS, *passing]) as front:
            ended(front)


def ended(server: Started) -> Load:
    """Polls of a new task that has come to its end."""
    task = create(server, PROMPT)
    until = time.monotonic() + 10
    while (status := show(server, task)["status"]) != "succeeded":
        assert time.monotonic() < until, status
    return Load(server, polling(server.port, task))


if __name__ == "__main__":
    main()
