"""Findings on the pauses between calls: back-off, Retry-After, and the documented pace."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import UTC
from email.utils import parsedate_to_datetime
from itertools import pairwise

from simulator.core.clock import SECOND
from simulator.engine.dialect import Pace
from simulator.verdict.evidence import GRACE, Evidence, Seen, follows, gap
from simulator.verdict.finding import Finding

AT_ONCE = 20
# Fixed pauses differ by what a network and a scheduler add.
JITTER, JITTER_SHARE = 30, 0.1
TOLERANCE = 0.9


def retry_after_ignored(evidence: Evidence) -> Iterator[Finding]:
    """The same call again before the time that the answer asked for."""
    fix = "Wait as long as Retry-After says before the same call; it comes in seconds or as a date."
    for run in _attempts(evidence):
        for first, second in pairwise(run):
            wanted = retry_after(first)
            if wanted is not None and gap(first, second) < wanted * TOLERANCE:
                title = (
                    f"An answer asked to wait {wanted / SECOND:g} s, and the same call came again "
                    f"after {gap(first, second) / SECOND:.3g} s."
                )
                calls = (first.number, second.number)
                yield Finding("retry-after-ignored", "warning", title, fix, calls)


def no_back_off(evidence: Evidence) -> Iterator[Finding]:
    """A failing call again and again, at once or after pauses that do not grow."""
    fix = (
        "Let the pause grow with each failure, for example 0.5, 1, 2, 4 s, with some chance in it."
    )
    for run in _attempts(evidence):
        gaps = [gap(a, b) for a, b in pairwise(run)]
        calls = tuple(one.number for one in run)
        if len(gaps) >= 2 and max(gaps) < AT_ONCE and not _is_pace(evidence, run):
            title = f"A failing call was repeated {len(gaps)} times at once."
            yield Finding("no-back-off", "warning", title, fix, calls)
        elif len(gaps) >= 3 and _fixed(gaps) and not _excused(run):
            title = f"A failing call was repeated every {gaps[0] / SECOND:.2g} s, without back-off."
            yield Finding("no-back-off", "warning", title, fix, calls)


def _fixed(gaps: Sequence[int]) -> bool:
    return max(gaps) - min(gaps) <= max(JITTER, JITTER_SHARE * max(gaps))


def _excused(run: Sequence[Seen]) -> bool:
    """Queries have a pace of their own; and who is told how long to wait does not choose."""
    return run[0].kind in ("query", "list") or any(retry_after(one) is not None for one in run)


def _is_pace(evidence: Evidence, run: Sequence[Seen]) -> bool:
    """Whether a client that polls just went on at its pace, however fast that is."""
    first = run[0]
    if first.kind not in ("query", "list"):
        return False
    before = [one for one in evidence.calls(first.task) if one.number < first.number]
    return not before or gap(before[-1], first) < 5 * AT_ONCE


def _attempts(evidence: Evidence) -> Iterator[list[Seen]]:
    """Runs of the same call, each after the failure of the one before."""
    runs: dict[str, list[Seen]] = defaultdict(list)
    for one in evidence.seen:
        if one.kind in ("callback", "other"):
            continue
        name = one.order
        run = runs[name]
        if run and follows(run[-1], one):
            run.append(one)
        else:
            runs[name] = run = [one]
        if not one.transient:
            if len(run) > 1:
                yield run
            runs[name] = []
    yield from (run for run in runs.values() if len(run) > 1)


def retry_after(one: Seen) -> int | None:
    """For how many milliseconds an answer asks to be left alone."""
    exchange = one.exchange
    headers = exchange.reply_headers or {}
    text = headers.get("Retry-After", "").strip()
    if not exchange.answered or not text:
        return None
    if text.isascii() and text.isdigit():
        return int(text[:9]) * SECOND
    until = _moment(text)
    if until is None:
        return None
    # Clients compare a date with the answer's own, or with whatever clock they have.
    clocks = (exchange.ended, exchange.real_ended, _moment(headers.get("Date", "")))
    return max(0, min(until - now for now in clocks if now))


def _moment(text: str) -> int | None:
    """Milliseconds since 1970 of a date as HTTP writes it."""
    try:
        found = parsedate_to_datetime(text)
    except ValueError:
        return None
    aware = found if found.tzinfo else found.replace(tzinfo=UTC)
    return round(aware.timestamp() * SECOND)


# Only numbers that a document of the dialect itself gives are held against a client.
TIGHT_POLLS = 3


def polled_too_often(evidence: Evidence) -> Iterator[Finding]:
    """Queries closer together than the document asks for, in the account's time."""
    for task, pace, calls in _paced(evidence):
        pairs = [
            (a, b)
            for a, b in pairwise(calls)
            if b.exchange.at - a.exchange.at < pace.least * TOLERANCE and not _over(task, a)
        ]
        if len(pairs) >= TIGHT_POLLS:
            title = f"A task was polled more often than every {pace.least // SECOND} s."
            fix = f"Poll no more often than documented ({pace.source})."
            numbers = tuple(b.number for _, b in pairs)
            yield Finding("polled-too-often", "warning", title, fix, numbers)


def gave_up_early(evidence: Evidence) -> Iterator[Finding]:
    """A client that stopped asking before a task may take as long as documented."""
    for task, pace, calls in _paced(evidence):
        last = calls[-1]
        at = last.exchange.at
        early = at - evidence.tasks[task].created < pace.lasts * TOLERANCE
        if early and last.fine and not _over(task, last) and at + GRACE <= evidence.now:
            waited = (at - evidence.tasks[task].created) / SECOND
            title = f"A task was given up after {waited:.0f} s, while it was still under way."
            fix = f"Wait longer than tasks usually take ({pace.source})."
            yield Finding("gave-up-early", "warning", title, fix, (last.number,))


def _paced(evidence: Evidence) -> Iterator[tuple[str, Pace, list[Seen]]]:
    """The tasks for which a document gives a pace, with their queries."""
    if not evidence.realistic:
        return
    for name, task in evidence.tasks.items():
        pace = evidence.paces.get(task.dialect)
        calls = [one for one in evidence.calls(name) if one.kind == "query"]
        if pace is not None and calls:
            yield name, pace, calls


def _over(task: str, one: Seen) -> bool:
    return task in one.told and one.told[task].over
