"""Findings on the end of a task: missed, not recognised, or never asked for."""

from collections.abc import Iterator, Sequence
from itertools import takewhile

from simulator.core.clock import MINUTE
from simulator.core.task import Phase, Task
from simulator.verdict.evidence import Evidence, Seen, follows
from simulator.verdict.finding import Finding, Severity

# Polls after the end that are no sign of anything; more where the end came without its link.
SOME, MORE = 2, 9
# Polls after the end that no batch explains.
MANY = 40
# So many failures in a row are reason enough to give up.
ENOUGH_FAILURES = 3
# Who has waited for so long may give up. Tasks usually take 2 to 5 minutes (Nbility,
# "Multimodal Reference Input AI Video Generation").
PATIENCE = 5 * MINUTE

_RECOGNISE = (
    "End on every terminal word of the dialect: besides success and failure these are expired and "
    "cancelled where it has them."
)
_GO_ON = "Let some failed queries in a row pass, and keep the id: the task goes on and is billed."
LOST = "A task whose create answer was lost was billed, and its clip was not fetched."
LOOK = "Look for it in a list where there is one, else report the order as unclear."
_LATER = "Keep the id of a task that was given up, and ask for it once more later."


def polled_after_end(evidence: Evidence) -> Iterator[Finding]:
    """Queries of a task whose end the client had been told."""
    for task in evidence.about:
        told = evidence.informed(task)
        if told is None:
            continue
        polls = [one for one in evidence.calls(task) if one.kind == "query" and follows(told, one)]
        later = polls
        if SOME < len(polls) <= MANY:
            later = _alone(evidence, told, polls)
        said = told.told[task]
        numbers = (told.number, *(one.number for one in later))
        if said.good and len(later) > (SOME if said.link else MORE):
            title = f"A task was polled {len(later)} more times after it had succeeded."
            yield Finding("polled-after-end", "warning", title, _RECOGNISE, numbers)
        elif not said.good and len(later) > SOME:
            title = f"A task was polled {len(later)} more times after it had come to no good end."
            yield Finding("end-not-recognised", "error", title, _RECOGNISE, numbers)


def _alone(evidence: Evidence, told: Seen, polls: Sequence[Seen]) -> list[Seen]:
    """The queries that did not go along with those of other tasks, some of them not yet over.

    Clients that wait for a batch ask for all of it until the last is done: what is asked from one
    query of a task to its next one is a round.
    """
    found = []
    for before, one, after in zip((told, *polls), polls, (*polls[1:], None), strict=False):
        last = 2 * one.number - before.number if after is None else after.number
        if not evidence.waited(before.number, last, one.number):
            found.append(one)
    return found


def never_polled(evidence: Evidence) -> Iterator[Finding]:
    """An id that was given and never used, although the task is long over."""
    for task, create in _made(evidence):
        used = evidence.calls(task.id) or evidence.heard.get(task.id)
        if used or not create.knows_id or not evidence.settled(task):
            continue
        if evidence.sought(task.id):
            continue  # on a wrong path, which is a finding of its own
        severity: Severity = "error" if evidence.billed(task) else "warning"
        title = "A task was created, and nobody ever asked for it."
        fix = "Store the id of every accepted order and poll it, or take its callbacks."
        yield Finding("never-polled", severity, title, fix, (create.number,))


def orphaned_task(evidence: Evidence) -> Iterator[Finding]:
    """A task that was billed and whose end the client does not know."""
    for task, create in _made(evidence):
        calls = evidence.calls(task.id)
        if not evidence.billed(task) or evidence.informed(task.id) is not None:
            continue
        if not create.knows_id and not calls:
            yield Finding("orphaned-task", "info", LOST, LOOK, (create.number,))
        elif calls and not any(one.open for one in calls):
            yield _left(task, create, calls)
        elif evidence.heard.get(task.id):
            title = "A task was billed, and its last callback did not come: nobody asked for it."
            fix = "Poll now and then beside the callbacks: they can get lost."
            yield Finding("orphaned-task", "warning", title, fix, (create.number,))


def _made(evidence: Evidence) -> Iterator[tuple[Task, Seen]]:
    """The tasks whose creation is in the journal."""
    for name, create in evidence.creator.items():
        yield evidence.tasks[name], create


def _left(task: Task, create: Seen, calls: Sequence[Seen]) -> Finding:
    """Why the client does not know, by the last that it heard."""
    early = not any(one.fine for one in calls)
    failed = takewhile(lambda one: one.transient or (early and one.stumbled), reversed(calls))
    failures = len(list(failed))
    numbers = (create.number, calls[-1].number)
    if 0 < failures < ENOUGH_FAILURES:
        title = f"A task was given up after {failures} failed calls, and was billed."
        return Finding("gave-up-on-error", "error", title, _GO_ON, numbers)
    ended, last = task.ended() or 0, calls[-1]
    hidden = any(one.exchange.faults for one in calls if one.exchange.at >= ended)
    patient = last.exchange.at - task.created >= PATIENCE
    excused = failures or hidden or patient or last.refused
    severity: Severity = "info" if excused else "warning"
    title = "A task was given up before its end, and was billed."
    return Finding("orphaned-task", severity, title, _LATER, numbers)


def callback_not_acknowledged(evidence: Evidence) -> Iterator[Finding]:
    """Callbacks about the end of a task that were never answered with 2xx."""
    fix = "Answer callbacks with 2xx at once and do the work afterwards."
    attempts: dict[str, list[Seen]] = {}
    for one in evidence.callbacks:
        task = evidence.tasks.get(one.task)
        if task is not None and _tells_end(task, one) and not one.exchange.faults:
            attempts.setdefault(one.task, []).append(one)
    for name, made in attempts.items():
        if any(one.told for one in made) or not evidence.settled(evidence.tasks[name]):
            continue
        title = f"A callback was not acknowledged in {len(made)} attempts."
        numbers = tuple(one.number for one in made)
        yield Finding("callback-not-acknowledged", "warning", title, fix, numbers)


def _tells_end(task: Task, one: Seen) -> bool:
    return task.phase(one.exchange.at) not in (Phase.QUEUED, Phase.RUNNING)
