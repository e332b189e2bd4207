"""Findings on what was asked: fields that nobody reads, links that nobody reaches, wrong paths."""

from collections import defaultdict
from collections.abc import Iterator

from simulator.verdict.evidence import Evidence
from simulator.verdict.finding import Finding, Severity

# Findings of these ids are told one by one: each names another thing.
APART = frozenset({"field-ignored", "reference-not-public", "unknown-path"})

_SEND = "Send it where the documents have it; an unknown field is ignored without a word."
_PUBLIC = (
    "Put the file where the upstream can fetch it, or use an upload or a data: URL where the "
    "dialect takes them. Links of this simulator stand for public ones, and so does --allow-host."
)
_BASE = "Compare the client's base URL with the table at the simulator's address, /."


def field_ignored(evidence: Evidence) -> Iterator[Finding]:
    """Fields of accepted orders that ask for something and are read by nobody."""
    found: dict[tuple[str, str, str], list[int]] = defaultdict(list)
    for one in evidence.creates:
        if one.task in evidence.tasks:
            for name, hint in one.exchange.ignored:
                found[one.exchange.dialect, name, hint].append(one.number)
    for (dialect, name, hint), calls in found.items():
        title = f"The field {name} of an order was ignored by {dialect}: {hint}."
        yield Finding("field-ignored", "warning", title, _SEND, tuple(calls))


def reference_not_public(evidence: Evidence) -> Iterator[Finding]:
    """Links of accepted orders that only the caller's own network can reach."""
    found: dict[tuple[str, str], list[int]] = defaultdict(list)
    for one in evidence.creates:
        if one.task in evidence.tasks:
            for field, host in one.exchange.private:
                found[field, host].append(one.number)
    for (field, host), calls in found.items():
        title = f"{field} of an order is a link to {host}, which no upstream can reach."
        yield Finding("reference-not-public", "warning", title, _PUBLIC, tuple(calls))


def unknown_path(evidence: Evidence) -> Iterator[Finding]:
    """Calls with the key to where nothing is: an error where the client got nowhere else."""
    found: dict[str, list[int]] = defaultdict(list)
    for one in evidence.astray:
        found[one.exchange.astray].append(one.number)
    lost = len(evidence.astray) == len(evidence.seen)
    for way, calls in found.items():
        title = f"A call went to a path where nothing is: {way}."
        severity: Severity = "error" if lost or not evidence.tasks else "warning"
        yield Finding("unknown-path", severity, title, _BASE, tuple(calls))
