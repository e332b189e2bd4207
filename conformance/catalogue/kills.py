"""The broken servers that the suite was tried on: which rows noticed each, or why none did."""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from conformance.catalogue import documents
from conformance.catalogue.documents import FixtureError

NAME = "kills.json"
READING = "only a reading changes"


@dataclass(frozen=True, slots=True)
class Kills:
    """Both halves of the matrix, by `<dialect>/<mutant>`: ids of rows, or a reason in words."""

    noticed: Mapping[str, tuple[str, ...]]
    survivors: Mapping[str, str]

    def by(self, id: str) -> tuple[str, ...]:
        """The mutants that a row noticed, without their dialect."""
        return tuple(name.partition("/")[2] for name, ids in self.noticed.items() if id in ids)

    def met(self, dialect: str) -> int:
        """How many mutants of a dialect the suite was tried on."""
        return sum(name.startswith(f"{dialect}/") for name in (*self.noticed, *self.survivors))

    def gaps(self, dialect: str) -> Counter[str]:
        """The mutants of a dialect that nothing noticed, counted by reason.

        Where a reading changes its rows stand after the reason, and are not counted apart.
        """
        own = [why for name, why in self.survivors.items() if name.startswith(f"{dialect}/")]
        return Counter(READING if why.startswith(READING) else why for why in own)


def read(path: Path) -> Kills:
    """The matrix of a dialect, one mutant a line; FixtureError where the file is none."""
    where, dialect = f"{path.parent.name}/{path.name}", path.parent.name
    try:
        noted = json.loads(path.read_text("utf-8"))
        found = {f"{dialect}/{name}": rows_or_reason for name, rows_or_reason in noted.items()}
    except (OSError, ValueError, AttributeError) as fault:
        raise FixtureError(f"{where}: {fault}") from fault
    rows = {name: tuple(ids) for name, ids in found.items() if isinstance(ids, list)}
    survivors = {name: why for name, why in found.items() if isinstance(why, str)}
    if strange := sorted(set(found) - set(rows) - set(survivors)):
        raise FixtureError(f"{where}: {strange[0]} has neither rows nor a reason")
    return Kills(rows, survivors)


@cache
def matrix() -> Kills:
    """The matrix that came with this suite; a dialect that was not tried yet has none."""
    files = [path for name in documents.dialects() if (path := file(name)).is_file()]
    parts = [read(path) for path in files]
    return Kills(
        {name: ids for part in parts for name, ids in part.noticed.items()},
        {name: why for part in parts for name, why in part.survivors.items()},
    )


def file(dialect: str) -> Path:
    """Where the matrix of a dialect is noted."""
    return documents.folder() / dialect / NAME
