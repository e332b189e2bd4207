"""What drift takes: CPU and wall time of a recording of a thousand exchanges.

``python -m tests.bench.drift``. The recording is of an ``observed`` simulator, a hundred tasks from
order to end, and is compared with the ``documented`` one: so much differs, and each of the four
walks through it is made. Ends with 1 above two seconds.
"""

import asyncio
import sys
import tempfile
import time
from pathlib import Path

from simulator.dialects import load
from tests.bench.polling import say
from tests.serving import serve
from tests.upstream import differences
from tests.upstream.test_passing import Pair

TASKS, POLLS = 100, 9
MOST_S = 2.0


async def record(file: Path, name: str) -> None:
    """A hundred lives, each with nine polls."""
    async with (
        serve(seed=2, fidelity="observed") as behind,
        serve(dialect=name, upstream=f"{behind.base}/{name}", record=str(file)) as front,
    ):
        here = Pair(front, behind, load(name))
        ids = [here.dialect.reader.created_id((await here.order())[1]) for _ in range(TASKS)]
        for _ in range(POLLS):
            for task in ids:
                await here.poll(task)
            await behind.advance("600ms")
            await front.advance("600ms")


def main() -> int:
    worst = 0.0
    with tempfile.TemporaryDirectory() as folder:
        for name in ("ark", "nbility"):
            file = Path(folder) / f"{name}.jsonl"
            asyncio.run(record(file, name))
            wall, cpu = time.monotonic(), time.process_time()
            drift = differences.found(file)
            wall, cpu = time.monotonic() - wall, time.process_time() - cpu
            worst = max(worst, cpu)
            say(
                f"{name}: {drift.compared} exchanges, {len(drift.causes)} differences: "
                f"{cpu:.2f} s of CPU, {wall:.2f} s"
            )
    return int(worst > MOST_S)


if __name__ == "__main__":
    sys.exit(main())
