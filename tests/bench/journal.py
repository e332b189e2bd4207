"""What the journal costs: polls a second with it, against the same server without.

``python -m tests.bench.journal [ROUNDS]``; wanted is at least 0.85 times, also when the journal is
full and drops an exchange for each that comes. The fastest round counts: others share the machine.
"""

import sys

from aiohttp import web

from simulator.cli.main import main as command
from simulator.http.arrival import Aim
from simulator.server import app
from simulator.server.speaking import speak
from simulator.server.world import World
from tests.bench.polling import COUNT, PROMPTS, Load, create, polling
from tests.bench.servers import OURS, started

WITHOUT = [sys.executable, "-m", "tests.bench.journal", "without", *OURS[3:]]
SMALL = [*OURS, "--journal-bytes", "4000000"]


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 9
    with started(WITHOUT) as plain, started(OURS) as kept, started(SMALL) as full:
        servers = {"without": plain, "with": kept, "full": full}
        loads = {
            name: Load(server, polling(server.port, create(server, PROMPTS["running"])))
            for name, server in servers.items()
        }
        results: dict[str, list[tuple[float, float]]] = {name: [] for name in loads}
        for _ in range(rounds + 1):
            for name, load in loads.items():
                results[name].append(load.run())
    for at, what in enumerate(("second", "CPU second")):
        speeds = {
            name: COUNT / min(one[at] for one in found[1:]) for name, found in results.items()
        }
        for name, speed in speeds.items():
            ratio = speed / speeds["without"]
            print(f"polls, {name}: {speed:.0f} a {what}, ratio {ratio:.2f}")  # noqa: T201 (a command)


async def _unrecorded(world: World, request: web.BaseRequest, aim: Aim) -> web.StreamResponse:
    return await speak(request, world, world.dialects[aim.place], aim)


def without(arguments: list[str]) -> None:
    """Serve and keep nothing."""
    app._recorded = _unrecorded
    command(arguments)


if __name__ == "__main__":
    if sys.argv[1:2] == ["without"]:
        without(sys.argv[2:])
    else:
        main()
