"""Runs clients of others before a real new-api, behind which the simulator's dialects stand.

    python -m tests.gateways.chains BINARY [--folder FOLDER]

The new-api has a channel for Ark to `ark`, and one for Sora to each of `newapi`, `octopusx` and
`openai`. Every client orders a video, one that fails and one that is refused, of each channel.
"""

import sys
import time
from pathlib import Path

from PIL import Image

from tests.clients.__main__ import outcome
from tests.clients.installing import Missing
from tests.clients.programs import CHAINED
from tests.clients.tables import Rows
from tests.gateways import newapi
from tests.serving import serve

MODEL = "doubao-seedance-2-0-260128"
KINDS = {
    "ark": newapi.ARK_VIDEO,
    "newapi": newapi.SORA,
    "octopusx": newapi.SORA,
    "openai": newapi.SORA,
}


async def table(binary: Path, folder: Path) -> Rows:
    """Every client with its outcome, one after another: new-api asks its upstreams in turn."""
    Image.new("RGB", (640, 360), "teal").save(folder / "picture.png")
    now = round(time.time() * 1000)
    # A new-api above declares a task failed if it asks while the one below has not asked its own
    # upstream yet, and both ask every 15 s: only at this pace `newapi` always knows before.
    async with (
        serve(freeze=False, start=now) as sim,
        serve(freeze=False, start=now, pace="instant") as prompt,
    ):
        bases = {name: f"{(prompt if name == 'newapi' else sim).base}/{name}" for name in KINDS}
        channels = [
            newapi.Channel(kind, bases[name], {f"by-{name}": MODEL}) for name, kind in KINDS.items()
        ]
        try:
            async with newapi.selling(binary, folder, *channels) as (base, key):
                return [(each.name, await outcome(each, base, folder, key)) for each in CHAINED]
        except (Missing, newapi.Refused) as reason:
            return [("new-api", f"FAILED: {reason}")]


def main() -> int:
    """Run the clients, print what became of them, and say whether all are well."""
    return newapi.command("tests.gateways.chains", __doc__, table)


if __name__ == "__main__":
    sys.exit(main())
