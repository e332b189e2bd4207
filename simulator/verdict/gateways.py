"""Findings on a gateway whose users share one key: only what no user can be the reason of."""

from collections import defaultdict
from collections.abc import Iterator
from urllib.parse import urlsplit

from simulator.core.task import Phase
from simulator.verdict.ends import LOOK, LOST, MANY, MORE, SOME
from simulator.verdict.evidence import Evidence, Seen, follows
from simulator.verdict.finding import Finding, Severity

# A query that is refused so often in a row is not taken for an answer.
REFUSED = 5
# Ids that are no ids: what a program makes of an answer that had none.
NO_IDS = frozenset({"", "none", "null", "undefined", "nil", "<nil>", "nan"})

_RECOGNISE = (
    "End on every terminal word of the upstream: besides success and failure these are expired "
    "and cancelled where it has them. Tell the user, and give back what was held for the task."
)
_PASS_ON = "Take an error for the answer that it is, end the task, and pass it on to the user."
_SECRET = (
    "Send the upstream's key in the header for it and nowhere else: links and bodies are kept."
)
_CALLBACK = (
    "Give the upstream an address of the gateway's own, and call the user's from there: what the "
    "upstream sends is in its words, and has its id and link."
)


def end_not_recognised(evidence: Evidence) -> Iterator[Finding]:
    """Ends that are polled on, where other ends of the account were taken for one.

    Users who ask a gateway about a task that is over may be behind a few such queries.
    """
    after: dict[Phase, list[tuple[Seen, list[Seen]]]] = defaultdict(list)
    for name in evidence.about:
        told, task = evidence.informed(name), evidence.tasks.get(name)
        if told is not None and task is not None:
            polls = [one for one in evidence.calls(name) if one.kind == "query"]
            later = [one for one in polls if follows(told, one)]
            after[task.phase(told.exchange.at)].append((told, later))
    known = {end for end, seen in after.items() if any(len(late) <= SOME for _, late in seen)}
    for end in (Phase.FAILED, Phase.EXPIRED, Phase.CANCELLED):
        for told, later in after[end]:
            missed = len(later) > (MORE if known - {end} else MANY)
            if missed:
                title = f"A task was polled {len(later)} more times after it was {end}."
                numbers = (told.number, *(one.number for one in later))
                yield Finding("end-not-recognised", "error", title, _RECOGNISE, numbers)


def error_swallowed(evidence: Evidence) -> Iterator[Finding]:
    """Errors that are answered by going on as if there had been none."""
    refused: dict[str, list[Seen]] = defaultdict(list)
    for one in evidence.seen:
        if one.kind != "query" or one.open:
            continue
        if one.exchange.path.rpartition("/")[2].lower() in NO_IDS:
            title = "A task was asked for that has no id: its order had been refused."
            yield Finding("error-swallowed", "error", title, _PASS_ON, (one.number,))
        elif one.refused:
            refused[one.exchange.target].append(one)
        elif one.fine:
            refused.pop(one.exchange.target, None)
    for run in refused.values():
        if len(run) > REFUSED:
            title = f"A query was sent {len(run)} times although it was refused each time."
            numbers = tuple(one.number for one in run)
            yield Finding("error-swallowed", "error", title, _PASS_ON, numbers)


def orphaned(evidence: Evidence) -> Iterator[Finding]:
    """Tasks whose create answer was lost: billed to the gateway, and no user's."""
    for name, create in evidence.creator.items():
        task = evidence.tasks[name]
        if create.knows_id or evidence.calls(name) or not evidence.billed(task):
            continue
        if evidence.informed(name) is None:
            severity: Severity = "warning"
            yield Finding("orphaned-task", severity, LOST, LOOK, (create.number,))


def key_leaked(evidence: Evidence) -> Iterator[Finding]:
    """The gateway's key in a link or a body, where others read it."""
    for one in evidence.seen:
        key = one.exchange.account
        if len(key) < 6 or one.kind == "callback":
            continue
        places = (("link", one.exchange.target.encode()), ("body", one.exchange.body or b""))
        where = [name for name, text in places if key.encode("utf-8", "replace") in text]
        if where:
            title = f"The key was sent in the {where[0]} of a call."
            yield Finding("key-leaked", "error", title, _SECRET, (one.number,))


def callback_passed_on(evidence: Evidence) -> Iterator[Finding]:
    """Callback addresses of many hosts: those are users' own."""
    hosts: dict[str, int] = {}
    for name, create in evidence.creator.items():
        url = evidence.tasks[name].order.callback_url
        if url:
            hosts.setdefault(urlsplit(url).netloc.lower(), create.number)
    if len(hosts) > 1:
        title = f"The upstream was given callback addresses of {len(hosts)} hosts."
        calls = tuple(hosts.values())
        yield Finding("callback-passed-on", "warning", title, _CALLBACK, calls)
