"""Findings on the way from a link to the clip."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime

from simulator.core.clock import DAY, SECOND
from simulator.verdict.ends import ENOUGH_FAILURES
from simulator.verdict.evidence import Evidence, Seen
from simulator.verdict.finding import Finding, Severity

_DATE = re.compile(r"[?&]X-Tos-Date=(\d{8}T\d{6}Z)")
_LIFE = re.compile(r"[?&]X-Tos-Expires=(\d{1,9})")
# Faults that only make a download slow or send it round.
HARMLESS = frozenset({"download-trickle", "dribbled-body", "slow-first-byte", "link-redirects"})

_FETCH = "Fetch the clip as soon as the task has succeeded: its link holds for a day at most."


def clip_never_fetched(evidence: Evidence) -> Iterator[Finding]:
    """A client that was shown the link of its clip, and did not get it."""
    for name, task in evidence.tasks.items():
        told = evidence.informed(name)
        if told is None or not told.told[name].link or not told.told[name].good:
            continue
        downloads = [one for one in evidence.calls(name) if one.kind == "download"]
        lost = (task.ended() or 0) + DAY <= evidence.now
        severity: Severity = "error" if lost else "warning"
        if not downloads:
            title = "A task succeeded, and its clip was never fetched."
            yield Finding("clip-never-fetched", severity, title, _FETCH, (told.number,))
        elif len(downloads) < ENOUGH_FAILURES and all(one.transient for one in downloads):
            title = f"A clip was given up after {len(downloads)} failed downloads."
            fix = "Try the download again, a few times and ever later; the task needs no new order."
            numbers = tuple(one.number for one in downloads)
            yield Finding("clip-never-fetched", severity, title, fix, numbers)


def fetched_after_expiry(evidence: Evidence) -> Iterator[Finding]:
    """Downloads by links that had come to their end by themselves."""
    for name in evidence.tasks:
        late: list[Seen] = []
        for one in evidence.calls(name):
            if one.kind == "query" and late:
                break  # a new link is asked for, as it should be
            if _late(one):
                late.append(one)
        if not late:
            continue
        severity: Severity = "info" if len(late) == 1 else "warning"
        title = "A clip was fetched after its link had expired."
        if len(late) > 1:
            title = f"An expired link was tried {len(late)} times."
        yield Finding(
            "fetched-after-expiry", severity, title, _FETCH, tuple(one.number for one in late)
        )


def _late(one: Seen) -> bool:
    if one.kind != "download" or one.status != 403:
        return False
    made, life = _DATE.search(one.exchange.target), _LIFE.search(one.exchange.target)
    if made is None or life is None:
        return False
    minted = datetime.strptime(made[1], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    return one.exchange.at >= (int(minted.timestamp()) + int(life[1])) * SECOND


def key_sent_to_storage(evidence: Evidence) -> Iterator[Finding]:
    """The API key on its way to a host that it is not for."""
    fix = "Fetch signed links without an Authorization header: the key is not for that host."
    for one in evidence.seen:
        stored = one.kind == "download" and one.exchange.path.startswith("/tos/")
        if stored and one.exchange.header("Authorization"):
            title = "A signed link was fetched with the API key attached."
            yield Finding("key-sent-to-storage", "error", title, fix, (one.number,))


def damaged_download_kept(evidence: Evidence) -> Iterator[Finding]:
    """A download that was not what it should be, and the last one of its clip."""
    fix = "Check a clip's length against Content-Length and that it opens, and fetch it again."
    for name in evidence.tasks:
        downloads = [
            one
            for one in evidence.calls(name)
            if one.kind == "download" and one.status in (200, 206)
        ]
        if downloads and _damaged(downloads[-1]):
            title = "A download came damaged, and was not made again."
            yield Finding("damaged-download-kept", "info", title, fix, (downloads[-1].number,))


def _damaged(one: Seen) -> bool:
    return bool(one.exchange.lost) or bool(set(one.exchange.faults) - HARMLESS)
