"""What a run of the conformance suite costs: every dialect at one simulator, side by side.

``python -m tests.bench.suite [DIALECT …] [--rounds N] [--no-cells] [--keep DIR] [--against DIR]``

CPU seconds of suite and server apart, requests and wall time. Wanted, with cells, for all of them
together: at most 4000 requests and 20 s on two cores. `--keep` leaves the reports behind;
`--against` names every row whose result is another one than in those that were kept before.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from subprocess import DEVNULL, Popen
from typing import Any

from simulator.dialects import ALL
from tests.bench.polling import say
from tests.bench.servers import children_cpu, now, started

SERVER = [sys.executable, "-m", "simulator", "serve", "--port", "0", "--seed", "1"]


@dataclass(frozen=True, slots=True)
class Cost:
    """One round: seconds of wall time, of the suites' CPU and of the server's; requests."""

    wall: float
    suite: float
    server: float
    requests: Mapping[str, int]


def main() -> int:
    given = _given()
    folder = Path(given.keep or tempfile.mkdtemp(prefix="suite-"))
    rounds = []
    for number in range(given.rounds):
        rounds.append(measured(given.dialects, folder, given.no_cells))
        say(f"round {number + 1}: {_told(rounds[-1])}")
    for what in ("wall", "suite", "server"):
        times = [getattr(each, what) for each in rounds]
        say(f"{what}: median {median(times):.1f} s ({min(times):.1f} to {max(times):.1f})")
    others = list(_others(folder, Path(given.against), given.dialects)) if given.against else []
    say("\n".join(others) or "no row differs" if given.against else f"reports in {folder}")
    return len(others) > 0


def _given() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.suite", description=__doc__)
    parser.add_argument("dialects", nargs="*", default=sorted(each.name for each in ALL))
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--no-cells", action="store_true")
    parser.add_argument("--keep", metavar="DIR")
    parser.add_argument("--against", metavar="DIR")
    return parser.parse_args()


def measured(dialects: Sequence[str], folder: Path, no_cells: bool) -> Cost:
    """Run the suites side by side, and what it took."""
    with started(SERVER) as server:
        # What the server uses before its first call is no part of the suite; a suite's decoder is.
        before, others, began = server.cpu(), children_cpu(), now()
        base = f"http://127.0.0.1:{server.port}"
        for each in [_run(base, name, folder, no_cells) for name in dialects]:
            each.wait()
        wall, used, suites = now() - began, server.cpu() - before, children_cpu() - others
    return Cost(wall, suites, used, {name: _requests(folder / name) for name in dialects})


def _run(base: str, dialect: str, folder: Path, no_cells: bool) -> Popen[bytes]:
    command = [sys.executable, "-m", "conformance", "run", "--dialect", dialect]
    command += ["--base-url", f"{base}/{dialect}", "--api-key", f"bench-{dialect}"]
    command += ["--report-dir", str(folder / dialect), *(["--no-cells"] if no_cells else [])]
    return Popen(command, stdout=DEVNULL, stderr=DEVNULL)


def _requests(folder: Path) -> int:
    return int(_report(folder)["totals"]["requests"])


def _results(path: Path) -> Mapping[str, str]:
    rows = _report(path)["rows"]
    return {str(row["id"]): f"{row['result']} {row['reading']}".strip() for row in rows}


def _report(folder: Path) -> Any:
    return json.loads((folder / "report.json").read_text("utf-8"))


def _others(folder: Path, before: Path, dialects: Sequence[str]) -> Iterator[str]:
    for name in dialects:
        was, is_now = _results(before / name), _results(folder / name)
        for id in sorted(was.keys() | is_now.keys()):
            if was.get(id) != is_now.get(id):
                yield f"{id}: {was.get(id)} before, {is_now.get(id)} now"


def _told(cost: Cost) -> str:
    each = ", ".join(f"{name} {count}" for name, count in cost.requests.items())
    times = f"{cost.wall:.1f} s, CPU of suite {cost.suite:.1f} s, of server {cost.server:.1f} s"
    return f"{times}, {sum(cost.requests.values())} requests ({each})"


if __name__ == "__main__":
    sys.exit(main())
