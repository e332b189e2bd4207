"""Each `kills.json`: which rows noticed each mutant, or why none did; one mutant a line, sorted."""

import json
from collections.abc import Iterable, Mapping, Sequence

from conformance.catalogue import documents
from conformance.catalogue.kills import READING, Kills
from tests.conformance import defects

MOST = 4
ELSEWHERE = "the vendor has its uploads at another host"
UNSPOKEN = "no row speaks of it in that phase"
NOT_RUN = "the row is not run, and the verdict says incomplete"
# Why nobody notices that a rule is gone; `behind` finds out which it is.
NONE = "no row has an order that this rule alone would look at"
LATER = "what comes after the rules refuses or fails the same orders"
ALIKE, UNSURE = "refused all the same by ", "only rows that are unclear or observed order so: "
# Why a mutant cannot be seen, by the beginning of its name.
EQUIVALENT = {
    "rule.plus": "the documents name no such limit",
    "rule.minus": "the documents name no such limit",
    "rule.fewer": "a refused model may be unavailable; of others the documents are unclear",
    "route.500": "a 500 settles nothing: the rows are not run",
    "route.405.upload": "an upload without a good key is refused, in whatever words",
    "route.gone.upload": "an upload without a good key is refused, in whatever words",
    **{f"route.405.asset:{each}": ELSEWHERE for each in ("base64", "stream", "url")},
    **{f"route.gone.asset:{each}": ELSEWHERE for each in ("base64", "stream", "url")},
    "price.more.evolink.quality.price.1": "the dearer order may be dearer still",
    "price.less.evolink.quality.price.1": "half of the dearer price is still above the cheaper one",
    "route.405.balance": "where no balance is told nothing is balanced: the rows are not run",
    "route.gone.balance": "where no balance is told nothing is balanced: the rows are not run",
    "route.gone.other": "an order that was taken shows that its address is there",
    "usage.create": "no document names the price; only proportions are judged",
}

# Why a row notices no mutant, by the end of its id.
BLUNT: Mapping[str, str] = {}


def written(made: Kills, dialect: str) -> str:
    """The text of a dialect's file: a JSON object, one mutant a line, its rows or a reason."""
    every: dict[str, Sequence[str]] = {**made.noticed, **made.survivors}
    found = {n.partition("/")[2]: of for n, of in every.items() if n.startswith(f"{dialect}/")}
    lines = [f"{json.dumps(name)}: {_one(found[name])}" for name in sorted(found)]
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _one(found: Sequence[str]) -> str:
    return json.dumps(found if isinstance(found, str) else list(found))


def updated(
    file: Kills,
    kills: Mapping[str, Sequence[str]],
    reasons: Mapping[str, str],
    names: Iterable[str],
    parts: Iterable[str],
) -> Kills:
    """The file with what was found now; what a person wrote about a survivor stays."""
    names, parts = tuple(names), tuple(parts)
    dead = {name: list(rows) for name, rows in kills.items() if rows}
    old = file.survivors
    alive = {
        name: by_hand(name, old.get(name, ""))
        or reason(name)
        or reasons.get(name)
        or old.get(name, "")
        for name, rows in kills.items()
        if not rows
    }
    kept = {name: rows for name, rows in file.noticed.items() if not among(name, names, parts)}
    left = {name: why for name, why in old.items() if not among(name, names, parts)}
    return Kills({**kept, **few(dead)}, {**left, **alive})


def added(file: Kills, kills: Mapping[str, Sequence[str]]) -> Kills:
    """The file with what some rows have noticed: where there is room, and each of them once."""
    noticed = {name: list(rows) for name, rows in file.noticed.items()}
    named = {id for rows in noticed.values() for id in rows}
    for name in sorted(kills, key=lambda name: len(noticed.get(name, ()))):
        own = noticed.get(name, [])
        new = [id for id in kills[name] if id not in own]
        taken = [id for id in new if id not in named] or new[: max(0, MOST - len(own))]
        if taken:
            noticed[name] = sorted([*own, *taken])
            named |= set(taken)
    left = {name: why for name, why in file.survivors.items() if name not in noticed}
    return Kills({name: tuple(rows) for name, rows in noticed.items()}, left)


def by_hand(name: str, why: str) -> str:
    """A reason that a person wrote of one mutant; the empty string where a program may have.

    Those of defects stand in a table of their own (``defects.UNNOTICED``).
    """
    made = why in (*EQUIVALENT.values(), UNSPOKEN, NOT_RUN, NONE, LATER)
    made = made or why.startswith((READING, ALIKE, UNSURE))
    return "" if made or "/defect." in name else why


def blunt_because(id: str) -> str:
    """Why no mutant is noticed by this row; the empty string where nobody has said."""
    return next((why for end, why in BLUNT.items() if id.endswith(end)), "")


def few(kills: Mapping[str, Sequence[str]]) -> dict[str, tuple[str, ...]]:
    """At most a few rows for each mutant, those before others that have noticed least else."""
    times: dict[str, int] = {}
    for rows in kills.values():
        for id in rows:
            times[id] = times.get(id, 0) + 1
    return {
        name: tuple(sorted(sorted(rows, key=lambda id: (times[id], id))[:MOST]))
        for name, rows in kills.items()
    }


def unkilled(kills: Mapping[str, Sequence[str]]) -> list[str]:
    """The rows that may fail or warn, and did so for no mutant."""
    named = {id for rows in kills.values() for id in rows}
    return sorted(
        row.id
        for dialect in documents.dialects()
        for row in documents.catalogue(dialect).testable
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
    table = (why for head, why in EQUIVALENT.items() if rest.startswith(head))
    return defects.unnoticed(rest) or next(table, "")
