"""Findings on create calls: what is ordered twice, and what is refused again."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import pairwise

from simulator.verdict.evidence import Evidence, Seen, follows
from simulator.verdict.finding import Finding

ABANDONED_AFTER = 2
PATIENCE = 5
# A client that closed its connection and asks again takes so many milliseconds at least; what
# comes sooner was on its way beside it.
BESIDE = 200

_REORDER = (
    "Do not send the order again while its task may exist; EvoLink alone knows idempotency keys. "
    "Look for the task in a list where there is one, else report that the outcome is unknown."
)
_ASK_AGAIN = "Keep the id of the task and ask for it again; an order that was accepted goes on."
_LET_BE = "Do not repeat what is refused with 4xx, other than 408, 425 and 429: it stays wrong."


def duplicate_task(evidence: Evidence) -> Iterator[Finding]:
    """The same order again although the first may have been, or was, accepted."""
    for same in _by_order(evidence).values():
        for first, second in pairwise(same):
            if first.task == second.task:
                continue  # a keyed order, which was answered as it was before
            if first.knows_id:
                yield from _abandoned(evidence, first, second)
            elif _again(first, second) and not _looked(evidence, first, second):
                title = (
                    "An order was given again after its answer was lost, and there are two tasks."
                )
                calls = (first.number, second.number)
                yield Finding("duplicate-task", "error", title, _REORDER, calls)


def _by_order(evidence: Evidence) -> dict[str, list[Seen]]:
    """The create calls that made a task, together where they asked for the same."""
    found: dict[str, list[Seen]] = defaultdict(list)
    for one in evidence.creates:
        if one.task in evidence.tasks:
            found[one.order].append(one)
    return found


def _again(first: Seen, second: Seen) -> bool:
    """Whether the second order was sent because of the first, not beside it."""
    late = second.exchange.real - first.exchange.real >= BESIDE
    return follows(first, second) or (late and bool(first.exchange.lost))


def _looked(evidence: Evidence, first: Seen, second: Seen) -> bool:
    """Whether the client asked for its tasks in between, and the first was not among them."""
    between = [
        one
        for one in evidence.seen
        if one.kind == "list" and first.number < one.number < second.number and one.fine
    ]
    return any(first.task not in one.told for one in between)


def _abandoned(evidence: Evidence, first: Seen, second: Seen) -> Iterator[Finding]:
    """A task that was asked for in vain, and then ordered anew and forgotten."""
    calls = evidence.calls(first.task)
    before = [one for one in calls if one.number < second.number]
    known = evidence.informed(first.task)
    if not before or len(before) < len(calls) or known is not None:
        return
    last = before[-1]
    numbers = (first.number, last.number, second.number)
    if last.stumbled and follows(last, second):
        title = "An order was given again because a query of its task failed: there are two tasks."
        yield Finding("duplicate-task", "error", title, _ASK_AGAIN, numbers)
    elif last.fine and len(before) >= ABANDONED_AFTER and follows(last, second):
        title = "An order was given again while its task was under way, which was then left."
        yield Finding("duplicate-task", "warning", title, _ASK_AGAIN, numbers)


def client_error_retried(evidence: Evidence) -> Iterator[Finding]:
    """A call that was refused for what it says, sent again as it was."""
    refused: dict[str, Seen] = {}
    for one in evidence.creates:
        first = refused.pop(one.order, None)
        if first is not None and follows(first, one):
            title = f"An order that was refused with {first.status} was sent again unchanged."
            calls = (first.number, one.number)
            yield Finding("client-error-retried", "warning", title, _LET_BE, calls)
        if one.refused:
            refused[one.order] = one
    for run in _refused_runs(evidence):
        title = f"A {run[0].kind} was sent {len(run)} times although it was refused each time."
        numbers = tuple(one.number for one in run)
        yield Finding("client-error-retried", "warning", title, _LET_BE, numbers)


def _refused_runs(evidence: Evidence) -> Iterator[Sequence[Seen]]:
    """Calls about a task that were refused more often in a row than patience explains."""
    runs: dict[str, list[Seen]] = defaultdict(list)
    for one in evidence.seen:
        if one.kind not in ("query", "download") or one.open:
            continue
        run = runs[one.exchange.target]
        if one.refused and (not one.stumbled or one.task not in evidence.tasks):
            run.append(one)
        else:
            if len(run) > PATIENCE:
                yield run
            runs[one.exchange.target] = []
    yield from (run for run in runs.values() if len(run) > PATIENCE)
