"""From findings to results, and from results to a verdict."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from conformance import judge
from conformance.catalogue import orders
from conformance.catalogue.rows import Row
from conformance.collect.transcript import Transcript
from conformance.judge import frames, grounds, readings, tracing
from conformance.judge.case import Case, Finding
from conformance.plan import kinds
from conformance.plan.probes import PROFILES
from conformance.plan.references import CALLBACK, MEDIA
from conformance.plan.stage import FREE_LIMIT, Plan
from conformance.untrusted import clean

RESULTS = (
    "pass", "fail", "warn", "known", "stale", "skip", "untestable", "not-run", "error",
)  # fmt: skip
NEEDS = {
    "control": ("it needs a control plane", ""),
    "second-account": ("it needs a second key (SEEDANCE_SECOND_KEY)", "--second-key"),
    "callback": ("it needs a receiver (--callback-url and --callback-listen)", CALLBACK),
    "media": ("it needs reference media (--media-url)", MEDIA),
    "asset": ("it needs an asset of the account's own", ""),
}
LIMITS = ("--max-cost", "--max-paid-tasks", "--max-contingent")
UNSEEN = "accepted (effect not visible): "
MEDIA_WORDS = ("$image", "$video", "$audio", "$data-", "$asset")
LONGEST = 2000  # of a message
UNSHOWN = "did not show what they are judged by"
JUDGED = ("pass", "fail", "warn", "known", "stale")


@dataclass(frozen=True, slots=True)
class Result:
    """What is said of a row in the end.

    `lacks` is the option for want of which it was not judged, and `outside` says that it was not
    because its tasks are no part of the profile. `cause` is the number of the cause that owns the
    row, 0 where none does. `unseen` is a pass of orders that were taken, and whose effect no clip
    and no answer can show. `trace` is the traceback of a judge that failed.
    """

    row: Row
    result: str
    message: str
    reading: str = ""
    evidence: tuple[int, ...] = ()
    probes: tuple[str, ...] = field(default=())
    lacks: str = ""
    outside: bool = False
    cause: int = 0
    unseen: bool = False
    trace: str = field(default="", compare=False)

    @property
    def id(self) -> str:
        """The row's id."""
        return self.row.id


def results(plan: Plan, transcript: Transcript, models: Mapping[str, str]) -> tuple[Result, ...]:
    """The result of every row of the plan."""
    shared: dict[object, Any] = {}
    return tuple(result(Case(row, plan, transcript, models, shared)) for row in plan.rows)


def result(case: Case) -> Result:
    """The result of a row; a judge that fails is a fault of the suite's own."""
    row = case.row
    if lacking := kinds.lacking(row, case.world):
        message, option = NEEDS[lacking[0]]
        if case.world.upstream and lacking[0] == "control":
            message = "no directive in a prompt brings it about, or not in a time to wait for"
        return Result(row, "untestable", message, lacks=option)
    try:
        finding = grounds.standing(case, judge.find(case))
        reading = readings.seen(case, finding)
    except Exception as fault:
        said = f"the suite's own judge failed: {tracing.told(fault)}"
        return Result(row, "error", said, trace=tracing.traced(fault))
    named, message = _result(row, finding), finding.message
    if row.level in ("observed", "unclear") and named == "pass":
        message = f"seen: {reading or _plain(row, finding)} {message}".strip()
    probes = case.plan.groups.get(row.id, ())
    outside = False
    if named == "not-run" and not finding.lacks and not finding.evidence:
        message, outside = _left_out(case, message)
    unseen = named == "pass" and _unseen(case)
    if named == "pass":
        message = f"{UNSEEN if unseen else ''}{message}{_unsent(case)}"
    message = clean.line(message, LONGEST)
    found = Result(row, named, message, reading, finding.evidence, probes, finding.lacks, outside)
    return replace(found, unseen=True) if unseen else found


def _unseen(case: Case) -> bool:
    """Whether a row was kept by nothing but orders with references that were taken.

    A gateway that drops the references on the way takes them too: what they do to a clip is seen
    by people only.
    """
    kinds, levels = ("mode", "media", "form", "enum", "optional"), ("must", "should")
    if case.row.kind not in kinds or case.row.level not in levels:
        return False
    asked = [each for each in case.of("create") if case.sent(each)]
    if not asked or any(each.want == "refuse" for each in asked):
        return False
    if all(frames.visible(case, each) for each in asked):
        return False
    return all(any(map(_reference, orders.strings(each.body))) for each in asked)


def _reference(text: str) -> bool:
    return text.startswith(MEDIA_WORDS)


def _unsent(case: Case) -> str:
    """How many of the row's calls were not sent, so that a pass says what it rests on."""
    notes = [note for each in case.probes if (note := case.transcript.fact("skipped", each.key))]
    if not notes:
        return ""
    return f"; {len(notes)} of its {len(case.probes)} calls were not sent: {notes[0]['reason']}"


def _left_out(case: Case, message: str) -> tuple[str, bool]:
    """Why nothing of the row was seen, and whether that is because of the profile."""
    profile, row = case.world.profile, case.row
    allowed = PROFILES[profile]
    if any(kinds.cost(row, each) not in allowed for each in kinds.drawn(row, case.world)):
        return f"its tasks are no part of profile {profile}", True
    if not case.probes and kinds.priced(row, case.world):
        return f"profile {profile} sends no more than {FREE_LIMIT} requests", True
    return message, False


def _plain(row: Row, finding: Finding) -> str:
    if row.readings:
        return "none of the readings."
    return "as written." if finding.state == "ok" else "otherwise than written."


def _result(row: Row, finding: Finding) -> str:
    match finding.state:
        case "unknown" | "missing":
            return "not-run"
        case "untestable":
            return "untestable"
        case "ok":
            return "pass"
    if row.level in ("observed", "unclear"):
        return "pass"
    return "fail" if row.level == "must" and finding.state == "broken" else "warn"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The run in one word, with its exit status.

    `unrun` counts the musts that the run was to judge and did not, `outside` those that the
    profile leaves out; in a dialect without any must these are the shoulds, as `level` says.
    `gaps` says in a line each why rows were not judged, and what option would change that.
    `unseen` counts the passes of which only the acceptance was seen, and no effect.
    `lenient` is a run in which a warning fails nothing.
    """

    word: str
    exit: int
    counts: Mapping[str, int]
    unrun: int
    gaps: tuple[str, ...] = ()
    outside: int = 0
    level: str = "must"
    lenient: bool = False
    unseen: int = 0

    @property
    def scope(self) -> str:
        """What the word does not speak of, to stand behind it."""
        said = ""
        if self.unrun:
            said = f" ({self.unrun} {self.level}s not run)"
        elif self.outside:
            said = f" within the profile ({self.outside} {self.level}s are outside)"
        if self.level == "should" and self.lenient:
            said += ", where no row is a must: --strict fails on a warning"
        return said


def verdict(
    found: Sequence[Result],
    whole: bool,
    strict: bool = False,
    shortfall: str = "",
    ended: str = "",
) -> Verdict:
    """Conformant, not conformant or incomplete.

    A must that an option would have let the run judge is as good as not run; one that nobody can
    judge from outside is not held against the run. Where nothing was judged, nothing is said; nor
    where no task and no clip was seen, which `shortfall` tells. Of a dialect without any must the
    shoulds have to be judged. `ended` names the bound that has cut the run off, where one has.
    """
    counts = Counter(each.result for each in found)
    failing = counts["fail"] + counts["stale"] + (counts["warn"] if strict else 0)
    level = "must" if any(each.row.level == "must" for each in found) else "should"
    unrun = sum(each.row.level == level and _wanting(each) for each in found)
    ordered = {name: counts[name] for name in RESULTS}
    word, exit = "conformant", 0
    if counts["error"]:
        word, exit = "a fault of the suite", 5
    elif failing:
        word, exit = "not conformant", 1
    elif unrun or shortfall or not whole or not any(counts[name] for name in JUDGED):
        word, exit = "incomplete", 4
    outside = sum(each.row.level == level and each.outside for each in found)
    gaps = (*([shortfall] if shortfall else []), *_gaps(found, whole, ended))
    unseen = sum(each.result == "pass" and each.unseen for each in found)
    return Verdict(word, exit, ordered, unrun, gaps, outside, level, not strict, unseen)


def _wanting(each: Result) -> bool:
    """Whether a row is not judged although the run was to judge it, or an option would let it."""
    if each.result == "untestable":
        return bool(each.lacks)
    return each.result == "not-run" and not each.outside


def _gaps(found: Sequence[Result], whole: bool, ended: str) -> Iterator[str]:
    """Why rows were not judged, the most frequent reason first."""
    if not whole:
        yield "the run was cut off before its end" + (f": {ended}" if ended else "")
    groups: dict[str, list[Result]] = {}
    for each in found:
        if each.result in ("untestable", "not-run"):
            groups.setdefault(_reason(each), []).append(each)
    for reason, rows in sorted(groups.items(), key=lambda item: -len(item[1])):
        musts = sum(each.row.level == "must" for each in rows)
        line = f"{len(rows)} row{'s' if len(rows) > 1 else ''}"
        line += f" ({musts} of them must) {reason}" if musts else f" {reason}"
        if reason == UNSHOWN:
            said = Counter(each.message for each in rows)
            line += f", mostly: {said.most_common(1)[0][0][:200]}"
        yield line
    if unseen := sum(each.result == "pass" and each.unseen for each in found):
        them = "1 of the passes is" if unseen == 1 else f"{unseen} of the passes are"
        yield f"{them} accepted (effect not visible)"


def _reason(each: Result) -> str:
    if each.cause:
        return f"not judged by cause {each.cause}"
    if each.lacks in LIMITS:
        return f"not sent for want of a higher {each.lacks}"
    if each.lacks:
        return f"not judged for want of {each.lacks}"
    if each.outside:
        return "outside the profile"
    if each.result == "untestable":
        return "cannot be judged from outside here"
    return UNSHOWN


def renamed(found: Iterable[Result], id: str, result: str, message: str) -> tuple[Result, ...]:
    """The results with one of them changed."""
    return tuple(
        replace(each, result=result, message=message) if each.id == id else each for each in found
    )
