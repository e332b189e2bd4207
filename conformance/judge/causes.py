"""What lies behind many findings: a few causes, each with its evidence and what to change.

A gateway that takes no order breaks every row that buys a clip. Its reader needs one sentence and
not thirty, so causes are looked for before rows are told: each owns the rows that have no evidence
but its own. One of them, the bearer, stays the finding that it is; the others are not run, and say
of which cause.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from conformance.collect.transcript import Transcript
from conformance.judge import absent, misread, times, unaccepted
from conformance.judge.symptoms import Run, Symptom
from conformance.judge.verdicts import Result
from conformance.plan.stage import Plan
from conformance.untrusted import clean

OWNED = ("fail", "warn", "not-run")
LEVELS = ("must", "should", "observed", "unclear")
LONGEST = 600


@dataclass(frozen=True, slots=True)
class Cause:
    """One cause, by its number in the report.

    `result` is that of its bearer: `fail`, `warn`, or `not-run` where the endpoint is not to
    blame or no row was broken. `evidence` are numbers of exchanges, `rows` the ids that it owns.
    """

    number: int
    kind: str
    result: str
    message: str
    change: str
    evidence: tuple[int, ...]
    rows: tuple[str, ...]


def found(
    plan: Plan, transcript: Transcript, results: Sequence[Result], models: Mapping[str, str]
) -> tuple[tuple[Cause, ...], tuple[Result, ...]]:
    """The causes of a run, and its results with the rows that each of them owns."""
    causes: list[Cause] = []
    told = list(results)
    for symptom in _symptoms(Run(plan, transcript, models)):
        owned = [n for n, each in enumerate(told) if _free(each) and symptom.owns(each)]
        if not owned:
            continue
        owned += [n for n, each in enumerate(told) if each.result == "pass" and symptom.voids(each)]
        rows = [told[number] for number in owned]
        cause, bearer = _cause(len(causes) + 1, symptom, rows), _bearer(symptom, rows)
        causes.append(cause)
        for number in owned:
            told[number] = _owned(told[number], cause, told[number] is bearer)
    return tuple(causes), tuple(told)


def _symptoms(run: Run) -> Iterator[Symptom]:
    """What comes first in a task's life comes first."""
    finders = (*unaccepted.FINDERS, *absent.FINDERS, *misread.FINDERS, *times.FINDERS)
    for finder in finders if run.plan.rows else ():
        yield from finder(run)


def _free(each: Result) -> bool:
    """Whether a row is broken or open for a reason that is in the endpoint's answers."""
    return each.result in OWNED and not (each.cause or each.lacks or each.outside)


def _cause(number: int, symptom: Symptom, owned: Sequence[Result]) -> Cause:
    bearer = _bearer(symptom, owned)
    return Cause(
        number,
        symptom.kind,
        bearer.result if bearer else "not-run",
        clean.line(symptom.message, LONGEST),
        clean.line(symptom.change, LONGEST),
        symptom.evidence,
        tuple(each.id for each in owned),
    )


def _bearer(symptom: Symptom, owned: Iterable[Result]) -> Result | None:
    """The row that stays a finding: the gravest, of the kinds that speak of the cause itself."""
    broken = [each for each in owned if each.result in ("fail", "warn")]
    if not broken or not symptom.blames:
        return None
    return min(broken, key=lambda each: _rank(symptom, each))


def _rank(symptom: Symptom, each: Result) -> tuple[bool, int, int, tuple[int, ...]]:
    kinds, kind = symptom.kinds, each.row.kind
    telling = kinds.index(kind) if kind in kinds else len(kinds)
    return each.result != "fail", telling, LEVELS.index(each.row.level), each.evidence[:1]


def _owned(each: Result, cause: Cause, bears: bool) -> Result:
    if bears:
        return replace(each, message=f"cause {cause.number}: {cause.message}", cause=cause.number)
    why = "nothing else shows it" if each.result == "pass" else each.message
    return replace(
        each,
        result="not-run",
        message=f"cause {cause.number}: {why}",
        reading="",
        cause=cause.number,
    )


def brief(shortfall: str, causes: Sequence[Cause]) -> str:
    """What a run did not get, without the answer where a cause has told it already."""
    return f"{shortfall.partition(':')[0]} (see the causes)" if shortfall and causes else shortfall
