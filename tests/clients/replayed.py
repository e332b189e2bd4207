"""Official clients whose run is recorded, and who are then answered from the recording; its drift.

    python -m tests.clients.replayed [--folder FOLDER]

Each runs through a pass-through to a second simulator first, and against ``--replay`` after it. It
has to end well both times, to be told the same in the same order, and nothing in a poll that it was
not told in one before: byte for byte but for moments, signatures, and where the servers are. Then
the recording is compared with the simulator in the fidelity of its upstream, which may differ in
nothing but what ``KNOWN`` explains. OpenAI's clients also run before LiteLLM's proxy, a real one,
that has the second simulator behind it.
"""

import re
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

from PIL import Image

from simulator.server.app import WORLD
from simulator.upstream.drift import FIDELITIES, drift_of
from simulator.upstream.lines import load
from tests.clients import installing
from tests.clients.exchanges import MODEL
from tests.clients.installing import Missing
from tests.clients.litellm_proxy import proxy
from tests.clients.programs import CLIENTS, LITELLM, PROXIED, Client, Failed, run
from tests.clients.tables import Rows, arguments_of, printed
from tests.serving import Server, serve
from tests.upstream.test_replay import unsigned

_MOMENT = re.compile(r"(?<!\d)(?:\d{10}|\d{8}T\d{6}Z)(?!\d)")
# What is otherwise than the simulator says, by client, call and place, and why it may be.
KNOWN: Mapping[tuple[str, str, str], str] = {
    (name, call, place): "the Ark behind it is the document's"
    for name in PROXIED
    for call, place in (("query", "/usage/total_tokens"), ("clip", "frames"))
}
# Nothing leaves this machine.
ALONE = ("OPENAI_BASE_URL=http://127.0.0.1:9", "OPENAI_API_BASE=http://127.0.0.1:9")
DIALECTS = {
    "arkruntime for Python": "ark",
    "AI SDK for ByteDance": "ark",
    "OpenAI for Python": "openai",
    "OpenAI for Node": "openai",
}


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


@asynccontextmanager
async def simulator(folder: Path) -> AsyncIterator[tuple[str, str]]:
    """The addresses of an upstream and of the store of its clips."""
    async with serve(freeze=False, seed=2) as behind:
        yield behind.base, behind.base


@asynccontextmanager
async def litellm(folder: Path) -> AsyncIterator[tuple[str, str]]:
    """The same of LiteLLM's proxy in front of a simulator of Ark."""
    python = await installing.python(folder / "litellm", *LITELLM)
    async with simulator(folder) as (ark, _), proxy(python, ark, folder, (MODEL,), ALONE) as base:
        yield base, ark


@dataclass(frozen=True)
class Case:
    """A client, the dialect it speaks, what is behind it, and in which fidelity that is known."""

    name: str
    client: Client
    dialect: str
    upstream: Callable[[Path], AbstractAsyncContextManager[tuple[str, str]]] = simulator
    path: str = ""
    observed: bool = False


def cases() -> list[Case]:
    """All that is recorded and replayed."""
    plain = [
        Case(one.name, one, DIALECTS[one.name], path=f"/{DIALECTS[one.name]}")
        for one in CLIENTS
        if one.name in DIALECTS
    ]
    proxied = [Case(name, one, "openai", litellm, observed=True) for name, one in PROXIED.items()]
    return [*plain, *proxied]


async def twice(case: Case, folder: Path) -> str:
    """What became of both runs, in a few words."""
    client = case.client
    with tempfile.TemporaryDirectory() as place:
        file = str(Path(place) / "run.jsonl")
        fidelity = FIDELITIES[case.observed]
        real = {"freeze": False, "dialect": case.dialect, "fidelity": fidelity}
        async with case.upstream(folder) as (base, store):
            upstream = base + case.path
            async with serve(**real, upstream=upstream, record=file) as front:
                await run(client, front.base, folder)
                first = told(front, base, store)
        async with serve(**real, replay=file) as again:
            await run(client, again.base, folder)
            second = told(again, base, store)
        drift = await drift_of(load(Path(file)), case.observed, Path(f"{file}.files"))
    (done, polls), (done_again, polls_again) = first, second
    pairs = zip_longest(done, done_again)
    odd = [f"{one} and then {other}" for one, other in pairs if one != other]
    odd += [f"a new answer: {one}" for one in polls_again - polls]
    odd += [
        f"{one.call} {one.place}: recorded {one.recorded}, simulated {one.simulated}"
        for one in drift.causes
        if (case.name, one.call, one.place) not in KNOWN
    ]
    if odd or not polls_again:
        raise Failed("\n".join(odd[:5]))
    text = f"good: {len(done)} answers and {len(polls)} kinds of polls, and the same again"
    return f"{text}; {drift.compared} exchanges compared"


async def table(folder: Path) -> Rows:
    """All clients with their outcomes."""
    Image.new("RGB", (640, 360), "teal").save(folder / "picture.png")
    rows = []
    for case in cases():
        try:
            rows.append((case.name, await twice(case, folder)))
        except Missing as missing:
            rows.append((case.name, f"left out: {missing}"))
        except Failed as failed:
            rows.append((case.name, f"FAILED: {failed}"))
    return rows


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the clients twice, print what became of them, and say whether all are well."""
    given = arguments_of("tests.clients.replayed", __doc__).parse_args(arguments)
    return printed(table, given.folder)


if __name__ == "__main__":
    sys.exit(main())
