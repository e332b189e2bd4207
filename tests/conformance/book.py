"""`kills.json`: which rows noticed each mutant, why none did, and which rows noticed none."""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from conformance import docs

MOST = 4
# Why a mutant cannot be seen, by the beginning of its name.
EQUIVALENT = {
    "rule.removed": "another rule refuses the same orders, or the documents are unclear",
    "rule.plus": "the documents name no such limit",
    "rule.minus": "the documents name no such limit",
    "rule.fewer": "a refused model may be unavailable; of others the documents are unclear",
    "usage.create": "no document names the price; only proportions are judged",
}


def read(path: Path) -> dict[str, Any]:
    """The file's three tables; empty ones where there is no file."""
    empty: dict[str, Any] = {"kills": {}, "survivors": {}, "unkilled": {}}
    return empty | (json.loads(path.read_text("utf-8")) if path.exists() else {})


def updated(
    file: Mapping[str, Any],
    kills: Mapping[str, Sequence[str]],
    reasons: Mapping[str, str],
    names: Iterable[str],
    parts: Iterable[str],
) -> dict[str, Any]:
    """The file with what was found now; what a person wrote about a survivor stays."""
    names, parts = tuple(names), tuple(parts)
    dead = {name: list(rows) for name, rows in kills.items() if rows}
    old = file["survivors"]
    alive = {
        name: old.get(name) or reasons.get(name) or reason(name)
        for name, rows in kills.items()
        if not rows
    }
    kept = {name: rows for name, rows in file["kills"].items() if not among(name, names, parts)}
    left = {name: why for name, why in old.items() if not among(name, names, parts)}
    all_kills = {**kept, **few(dead)}
    blunt = unkilled(all_kills)
    return {
        "kills": dict(sorted(all_kills.items())),
        "survivors": dict(sorted({**left, **alive}.items())),
        "unkilled": {id: file["unkilled"].get(id, "") for id in blunt},
    }


def few(kills: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """At most a few rows for each mutant, those first that have noticed nothing else."""
    times: dict[str, int] = {}
    for rows in kills.values():
        for id in rows:
            times[id] = times.get(id, 0) + 1
    return {
        name: sorted(rows, key=lambda id: (times[id], id))[:MOST] for name, rows in kills.items()
    }


def unkilled(kills: Mapping[str, Sequence[str]]) -> list[str]:
    """The rows that may fail or warn, and did so for no mutant."""
    named = {id for rows in kills.values() for id in rows}
    return sorted(
        row.id
        for dialect in docs.dialects()
        for row in docs.catalogue(dialect).testable
        if row.level in ("must", "should") and row.id not in named
    )


def among(name: str, names: Iterable[str], parts: Iterable[str]) -> bool:
    """Whether a mutant belongs to these parts of these dialects."""
    dialect, _, rest = name.partition("/")
    head = rest.partition(".")[0]
    part = {"rule": "rules", "defect": "defects"}.get(head, "transcripts")
    return dialect in names and part in parts


def reason(name: str) -> str:
    """Why a mutant cannot be seen; the empty string where nobody has said."""
    rest = name.partition("/")[2]
    return next((why for head, why in EQUIVALENT.items() if rest.startswith(head)), "")
