"""The catalogue in words: coverage, and all that is known of a row."""

from collections import Counter
from collections.abc import Iterator, Sequence

from conformance.catalogue import documents, kills
from conformance.catalogue.rows import Row, thaw
from conformance.collect.options import UsageError
from conformance.collect.texts import meant

MOST = 12


def rows(names: Sequence[str] | None) -> str:
    """Every row in a line, the coverage of each dialect, and its gaps by their reasons."""
    for name in names or ():
        if name not in documents.dialects():
            raise UsageError(f"no dialect {name!r}: there are {', '.join(documents.dialects())}")
    shown = names or documents.dialects()
    parts = [line for name in shown for line in _dialect(name, bool(names))]
    return "\n".join([*parts, *_gaps(shown)]) + "\n"


def _dialect(name: str, each: bool) -> Iterator[str]:
    catalogue = documents.catalogue(name)
    if each:
        for row in catalogue.rows:
            mark = "-" if row.excluded else " "
            yield f"{mark} {row.id:40} {row.level:8} {row.cost:10} {row.requirement}"
    levels = Counter(row.level for row in catalogue.testable)
    excluded = len(catalogue.rows) - len(catalogue.testable)
    told = ", ".join(f"{levels[level]} {level}" for level in documents.schema().words["levels"])
    yield (
        f"{name}: {len(catalogue.rows)} rows; tested {len(catalogue.testable)} ({told}); "
        f"excluded {excluded}; gaps {kills.matrix().gaps(name).total()}"
    )


def _gaps(names: Sequence[str]) -> Iterator[str]:
    """What the suite does not notice: the broken servers that it let pass, by the reason."""
    matrix = kills.matrix()
    met, gaps = 0, Counter[str]()
    for name in names:
        met += matrix.met(name)
        gaps += matrix.gaps(name)
    yield f"gaps: {gaps.total()} of {met} broken servers that it was tried on were not noticed"
    for why, times in sorted(gaps.items(), key=lambda gap: (-gap[1], gap[0])):
        yield f"{times:5}  {why}"


def explain(id: str) -> str:
    """A row: requirement, source, why, cost, readings, mutants."""
    name = id.split(".")[0]
    known = {row.id: row for each in documents.dialects() for row in documents.catalogue(each).rows}
    if id not in known:
        raise UsageError(f"there is no row {id!r}{meant(id, known)}")
    return "\n".join(_explained(known[id], name)) + "\n"


def _explained(row: Row, dialect: str) -> Iterator[str]:
    yield row.id
    yield f"  {row.requirement}"
    place = f"{row.source.title}, {row.section}" + (f", {row.field}" if row.field else "")
    yield f"  document   {place} ({row.source.what}, read {row.source.read})"
    yield f"  level      {row.level}: {LEVELS[row.level]}"
    yield f"  basis      {row.basis}"
    yield f"  area       {row.area}"
    yield f"  cost       {row.cost}: {COSTS[row.cost]}"
    for reading in row.readings:
        yield f"  reading    {reading}"
    if row.excluded:
        yield f"  excluded   {row.excluded}"
    else:
        told = ", ".join(
            f"{key} {value!r}" for key, value in thaw(row.expect).items() if key != "kind"
        )
        yield f"  expects    {row.kind}: {told}"[:1500]
        yield f"  kind       {row.kind}: {documents.schema().kinds[row.kind].says}"
    if row.needs:
        yield f"  needs      {', '.join(sorted(row.needs))}"
    noticed = kills.matrix().by(row.id)
    if noticed:
        more = f" and {len(noticed) - MOST} more" if len(noticed) > MOST else ""
        yield f"  noticed    on broken servers: {', '.join(noticed[:MOST])}{more}"
    elif row.excluded is None:
        yield "  noticed    on no broken server: it reports, and cannot fail"


LEVELS = {
    "must": "the document says so; a break fails the run",
    "should": "the document says so with less force, or shows it; a break is a warning",
    "observed": "known from other sources; which reading was seen is reported",
    "unclear": "the documents are silent or disagree; which reading was seen is reported",
}
COSTS = {
    "offline": "arithmetic over what was recorded",
    "free": "cannot create a task",
    "contingent": "has to be refused, and costs one cheapest task where it is not",
    "shared": "reads the one task that all such rows share",
    "own": "needs a task of its own",
}
