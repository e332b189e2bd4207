"""From findings to results, and from results to a verdict."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from conformance import judge, readings
from conformance.judge.case import Case, Finding
from conformance.planning import Plan
from conformance.rows import Row
from conformance.transcript import Transcript

RESULTS = (
    "pass", "fail", "warn", "known", "stale", "skip", "untestable", "not-run", "error",
)  # fmt: skip
MISSING_NEED = {
    "control": "it needs a control plane",
    "second-account": "it needs a second key (SEEDANCE_SECOND_KEY)",
    "callback": "it needs a receiver (--callback-url and --callback-listen)",
    "media": "it needs reference media (--media-url)",
    "asset": "it needs an asset of the account's own",
}


@dataclass(frozen=True, slots=True)
class Result:
    """What is said of a row in the end."""

    row: Row
    result: str
    message: str
    reading: str = ""
    evidence: tuple[int, ...] = ()
    probes: tuple[str, ...] = field(default=())

    @property
    def id(self) -> str:
        """The row's id."""
        return self.row.id


def results(plan: Plan, transcript: Transcript, models: Mapping[str, str]) -> tuple[Result, ...]:
    """The result of every row of the plan."""
    return tuple(result(Case(row, plan, transcript, models)) for row in plan.rows)


def result(case: Case) -> Result:
    """The result of a row; a judge that fails is a fault of the suite's own."""
    row = case.row
    lacking = [need for need in sorted(row.needs) if not case.world.has(need)]
    if lacking:
        return Result(row, "untestable", MISSING_NEED[lacking[0]])
    try:
        finding = judge.find(case)
        reading = readings.seen(case, finding)
    except Exception as fault:
        return Result(
            row, "error", f"the suite's own judge failed: {type(fault).__name__}: {fault}"
        )
    named = _result(row, finding)
    message = finding.message
    if row.level in ("observed", "unclear") and named == "pass":
        message = f"seen: {reading or _plain(row, finding)} {message}".strip()
    return Result(row, named, message, reading, finding.evidence, case.plan.groups.get(row.id, ()))


def _plain(row: Row, finding: Finding) -> str:
    if row.readings:
        return "none of the readings."
    return "as written." if finding.state == "ok" else "otherwise than written."


def _result(row: Row, finding: Finding) -> str:
    match finding.state:
        case "unknown":
            return "not-run"
        case "missing":
            return "untestable" if finding.seen == ("untestable",) else "not-run"
        case "ok":
            return "pass"
    if row.level in ("observed", "unclear"):
        return "pass"
    return "fail" if row.level == "must" and finding.state == "broken" else "warn"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The run in one word, with its exit status."""

    word: str
    exit: int
    counts: Mapping[str, int]
    unrun: int


def verdict(found: Sequence[Result], whole: bool, strict: bool = False) -> Verdict:
    """Conformant, not conformant or incomplete."""
    counts = Counter(each.result for each in found)
    failing = counts["fail"] + counts["stale"] + (counts["warn"] if strict else 0)
    unrun = sum(each.result == "not-run" and each.row.level == "must" for each in found)
    ordered = {name: counts[name] for name in RESULTS}
    if counts["error"]:
        return Verdict("a fault of the suite", 5, ordered, unrun)
    if failing:
        return Verdict("not conformant", 1, ordered, unrun)
    if unrun or not whole:
        return Verdict("incomplete", 4, ordered, unrun)
    return Verdict("conformant", 0, ordered, unrun)


def renamed(found: Iterable[Result], id: str, result: str, message: str) -> tuple[Result, ...]:
    """The results with one of them changed."""
    return tuple(
        replace(each, result=result, message=message) if each.id == id else each for each in found
    )
