"""The verdict on a client, from nothing but the journal of its account and the tasks it made."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from simulator.verdict import clips, ends, gateways, orders, requests, waiting
from simulator.verdict.evidence import Evidence
from simulator.verdict.finding import SEVERITIES, Finding, Severity

__all__ = [
    "FINDINGS",
    "NOT_JUDGED",
    "SEVERITIES",
    "SUBJECTS",
    "Evidence",
    "Finding",
    "Severity",
    "judge",
]

MOST_CALLS = 50
NOTHING_SEEN = "nothing-seen"

FINDINGS: tuple[Callable[[Evidence], Iterable[Finding]], ...] = (
    orders.duplicate_task,
    orders.client_error_retried,
    requests.unknown_path,
    requests.field_ignored,
    requests.reference_not_public,
    waiting.retry_after_ignored,
    waiting.no_back_off,
    waiting.polled_too_often,
    waiting.gave_up_early,
    ends.polled_after_end,
    ends.never_polled,
    ends.orphaned_task,
    ends.callback_not_acknowledged,
    clips.clip_never_fetched,
    clips.fetched_after_expiry,
    clips.key_sent_to_storage,
    clips.damaged_download_kept,
)

# Of a gateway, whose users share its key: the same order twice may be two users' wishes, clips are
# theirs to fetch, and one user's patience is not another's.
OF_GATEWAYS: tuple[Callable[[Evidence], Iterable[Finding]], ...] = (
    gateways.end_not_recognised,
    gateways.error_swallowed,
    gateways.orphaned,
    gateways.key_leaked,
    gateways.callback_passed_on,
    requests.unknown_path,
    requests.field_ignored,
    requests.reference_not_public,
    waiting.retry_after_ignored,
    waiting.polled_too_often,
    ends.never_polled,
    ends.callback_not_acknowledged,
    clips.key_sent_to_storage,
)

# Who may have used a key, and what is said about them.
SUBJECTS: Mapping[str, tuple[Callable[[Evidence], Iterable[Finding]], ...]] = {
    "client": FINDINGS,
    "gateway": OF_GATEWAYS,
}

# What requests do not show, so that nobody takes silence for praise.
_OF_CLIENTS: tuple[str, ...] = (
    "whether the client tells its user the right thing, and shows code, id and reason of a failure",
    "what it does with a clip: whether it notices wrong length, size or content",
    "whether it stores ids and survives its own restart",
    "whether it reads usage, progress and unknown fields with care",
    "whether it keeps keys and signed links out of its own log",
    "whether an early end was a decision: what was left behind shows once the clock has moved on",
    "pauses that a test has taken out of the client without moving the account's clock",
)

_OF_GATEWAYS: tuple[str, ...] = (
    "what the gateway tells its users, and whether it bills them rightly: judge that with "
    "seedance-conformance",
    "orders that come twice, pauses between calls, and clips: users may be behind them",
)

NOT_JUDGED: Mapping[str, tuple[str, ...]] = {"client": _OF_CLIENTS, "gateway": _OF_GATEWAYS}


def _nothing(alike: Sequence[str]) -> Finding:
    """What is said of a key that was never used, which is no praise of anybody."""
    names = f" Keys that look alike and were seen: {', '.join(alike)}." if alike else ""
    title = f"Nothing was seen of this key.{names}"
    return Finding(
        NOTHING_SEEN, "error", title, "See that the client uses this key and server.", ()
    )


_INCOMPLETE = Finding(
    "journal-incomplete",
    "info",
    "The oldest exchanges have been dropped, and are not judged.",
    "Start the server with a larger --journal-bytes, or ask for the verdict earlier.",
    (),
)


def judge(evidence: Evidence, subject: str = "client") -> list[Finding]:
    """What there is to say, the worst first; alike findings are one."""
    found: dict[tuple[str, Severity, str], list[Finding]] = {}
    for check in SUBJECTS[subject]:
        for finding in check(evidence):
            about = finding.title if finding.id in requests.APART else ""
            found.setdefault((finding.id, finding.severity, about), []).append(finding)
    merged = [_merge(alike) for alike in found.values()]
    if not evidence.seen:
        merged.append(_nothing(evidence.alike))
    if evidence.dropped:
        merged.append(_INCOMPLETE)
    return sorted(merged, key=lambda one: -SEVERITIES.index(one.severity))


def _merge(alike: list[Finding]) -> Finding:
    first = alike[0]
    calls = tuple(dict.fromkeys(_calls(alike)))[:MOST_CALLS]
    more = f" (And {len(alike) - 1} more like it.)" if len(alike) > 1 else ""
    return replace(first, title=first.title + more, calls=calls)


def _calls(alike: list[Finding]) -> Iterator[int]:
    for one in alike:
        yield from one.calls
