"""Official clients whose run is recorded, and who are then answered from the recording.

    python -m tests.clients.replayed [--folder FOLDER]

Each runs through a pass-through to a second simulator first, and against ``--replay`` after it. It
has to end well both times, to be told the same in the same order, and nothing in a poll that it was
not told in one before: byte for byte but for moments, signatures, and where the servers are.
"""

import re
import sys
import tempfile
from collections.abc import Sequence
from itertools import zip_longest
from pathlib import Path

from PIL import Image

from simulator.server.app import WORLD
from tests.clients.installing import Missing
from tests.clients.programs import CLIENTS, Client, Failed, run
from tests.clients.tables import Rows, arguments_of, printed
from tests.serving import Server, serve
from tests.upstream.test_replay import unsigned

_MOMENT = re.compile(r"(?<!\d)(?:\d{10}|\d{8}T\d{6}Z)(?!\d)")
DIALECTS = {"arkruntime for Python": "ark", "OpenAI for Python": "openai"}


Said = tuple[str, str, int | None, str]


def told(server: Server, *bases: str) -> tuple[list[Said], set[Said]]:
    """What a client asked and was told: what it did in order, and its polls."""
    done, polls = [], set()
    for one in server.app[WORLD].engine.journal.exchanges():
        text = "" if one.reply is None else one.reply.decode("utf-8", "replace")
        text = _MOMENT.sub("…", unsigned(text, server.base, *bases))
        said = (one.method, unsigned(one.path), one.status, text)
        if one.kind == "query":
            polls.add(said)
        else:
            done.append(said)
    return done, polls


async def twice(client: Client, name: str, folder: Path) -> str:
    """What became of both runs, in a few words."""
    with tempfile.TemporaryDirectory() as place:
        file = str(Path(place) / "run.jsonl")
        real = {"freeze": False, "dialect": name}
        async with (
            serve(**{**real, "seed": 2}) as behind,
            serve(**real, upstream=f"{behind.base}/{name}", record=file) as front,
        ):
            await run(client, front.base, folder)
            first, base = told(front, behind.base), behind.base
        async with serve(**real, replay=file) as again:
            await run(client, again.base, folder)
            second = told(again, base)
    (done, polls), (done_again, polls_again) = first, second
    pairs = zip_longest(done, done_again)
    odd = [f"{one} and then {other}" for one, other in pairs if one != other]
    odd += [f"a new answer: {one}" for one in polls_again - polls]
    if odd or not polls_again:
        raise Failed("\n".join(odd[:5]))
    return f"good: {len(done)} answers and {len(polls)} kinds of polls, and the same again"


async def table(folder: Path) -> Rows:
    """Both clients with their outcomes."""
    Image.new("RGB", (640, 360), "teal").save(folder / "picture.png")
    rows = []
    for client in CLIENTS:
        if name := DIALECTS.get(client.name):
            try:
                rows.append((client.name, await twice(client, name, folder)))
            except Missing as missing:
                rows.append((client.name, f"left out: {missing}"))
            except Failed as failed:
                rows.append((client.name, f"FAILED: {failed}"))
    return rows


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the clients twice, print what became of them, and say whether all are well."""
    given = arguments_of("tests.clients.replayed", __doc__).parse_args(arguments)
    return printed(table, given.folder)


if __name__ == "__main__":
    sys.exit(main())
