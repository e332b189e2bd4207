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

from simulator.upstream.drift import Drift, drift_of
from simulator.upstream.lines import load
from tests.ordering import NAMES

LIST = Path(__file__).with_name("differences.json")


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
    from tests.upstream.test_drift import recorded

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
