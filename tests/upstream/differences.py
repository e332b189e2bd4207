"""What live services do otherwise than their documents say, as drift finds it in each dialect.

``python -m tests.upstream.differences --write`` writes the list anew; what changed in it is to be
looked at, as it is what the documented simulator gets wrong of the world.
"""

import asyncio
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from simulator.dialects import load as dialect_of
from simulator.upstream.drift import Drift, drift_of
from simulator.upstream.lines import load
from tests.ordering import NAMES
from tests.serving import serve
from tests.upstream.recorded import STEPS
from tests.upstream.test_passing import Pair

LIST = Path(__file__).with_name("differences.json")


async def recorded(name: str, fidelity: str, file: Path, end: str = "succeeded") -> None:
    """A life, a list, and what is refused."""
    async with (
        serve(seed=2, fidelity=fidelity) as behind,
        serve(dialect=name, upstream=f"{behind.base}/{name}", record=str(file)) as front,
    ):
        here = Pair(front, behind, dialect_of(name))
        planned = {"plan": {"end": end}}
        async with behind.anonymous.post(f"{behind.base}/_sim/plans", json=planned) as answer:
            assert answer.status == 200
        _, made = await here.order()
        task = here.dialect.reader.created_id(made)
        for span in STEPS:
            await behind.advance(span)
            await front.advance(span)
            await here.poll(task)
        if here.dialect.has("list"):
            await here.get(here.dialect.route("list").target())
        create = here.dialect.route("create")
        async with front.client.post(here.url + create.target(), json={}) as answer:
            await answer.read()
        await here.get(here.dialect.route("query").target(id="nobody"))
        link = here.dialect.reader.read(await here.poll(task)).link
        if "/passed/" in link:
            async with front.anonymous.get(link) as answer:
                await answer.read()


def found(file: Path, observed: bool = False) -> Drift:
    """The drift of a recording."""
    folder = file.with_name(file.name + ".files")
    return asyncio.run(drift_of(load(file), observed, folder))


def rows(drift: Drift) -> list[list[str]]:
    """Its causes, each once."""
    return sorted([one.call, one.place, one.recorded, one.simulated] for one in drift.causes)


def written(of: dict[str, Any]) -> str:
    """The list as it stands in its file: a line for each difference."""
    parts = []
    for name, rows in of.items():
        lines = ",\n".join(f"  {json.dumps(row, ensure_ascii=False)}" for row in rows)
        parts.append(f"{json.dumps(name)}: [\n{lines}\n]")
    return "{\n" + ",\n".join(parts) + "\n}\n"


def _all() -> dict[str, Any]:
    of = {}
    with tempfile.TemporaryDirectory() as folder:
        for name in NAMES:
            file = Path(folder) / f"{name}.jsonl"
            asyncio.run(recorded(name, "observed", file))
            of[name] = rows(found(file))
    return of


if __name__ == "__main__":
    text = written(_all())
    if "--write" in sys.argv:
        LIST.write_text(text, "utf-8")
    else:
        sys.stdout.write(text)
