"""What the rows of a dialect promise of a task's life, gathered for a model of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from conformance.catalogue.documents import Catalogue
from conformance.catalogue.rows import Row

HOUR = 3_600_000
DAY = 24 * HOUR
ENDED = ("succeeded", "failed", "expired")


@dataclass(frozen=True, slots=True)
class Span:
    """A time in milliseconds, and how far from it nothing is said."""

    ms: int
    within: int

    def before(self, age: int) -> bool:
        """Whether the time is certainly not over yet."""
        return age < self.ms - self.within

    def after(self, age: int) -> bool:
        """Whether it certainly is over."""
        return age > self.ms + self.within


@dataclass(frozen=True, slots=True)
class Promises:
    """What holds of every task; what no row of level must or should says is empty here.

    `told` are the phases of which a callback comes, `readable` those whose callback says so.
    """

    told: frozenset[str] = frozenset()
    repeats: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    readable: frozenset[str] = frozenset()
    deletes: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    foreign: frozenset[str] = frozenset()
    lists: bool = False
    items: str = ""
    item: Mapping[str, str] = field(default_factory=dict)
    filters: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    pages: bool = False
    unknown: tuple[int, ...] = tuple(range(400, 500))
    keyless: tuple[int, ...] = tuple(range(400, 500))
    link: Span | None = None
    task: Span | None = None
    kept: int = 6 * DAY
    cancelled: Span | None = None
    listing: Span | None = None
    expiry: tuple[str, int] | None = None
    refunds: frozenset[str] = frozenset()
    same: tuple[tuple[str, ...], ...] = ()


def of(catalogue: Catalogue) -> Promises:
    """The promises of a dialect, from its rows alone."""
    rows = [row for row in catalogue.testable if row.level in ("must", "should")]
    calls = [row.expect for row in rows if row.kind == "callback" and "timeout" not in row.expect]
    lists = [row.expect for row in rows if row.kind == "list"]
    size = catalogue.dialect.list.size
    kept = next((row.expect["seconds"] * 1000 for row in rows if row.kind == "kept"), None)
    return Promises(
        told=frozenset(phase for each in calls for phase in each["on"]),
        repeats=_repeats(calls),
        readable=frozenset(phase for each in calls if _says(each) for phase in each["on"]),
        deletes=_deletes(rows),
        foreign=frozenset(
            call for row in rows if row.kind == "tenancy" for call in row.expect["calls"]
        ),
        lists=bool(lists),
        item=next((each["item"] for each in lists if "item" in each), {}),
        items=_items(lists),
        filters={each["parameter"]: each for each in lists if "at" in each},
        pages=bool(size) and any(each.get("parameter") == size for each in lists),
        unknown=_statuses(rows, "unknown-task"),
        keyless=_statuses(rows, "missing-key"),
        link=_span(rows, "link"),
        task=_span(rows, "task"),
        kept=(kept or 6 * DAY + HOUR) - HOUR,
        cancelled=_span(rows, "cancelled"),
        listing=_span(rows, "listing"),
        expiry=_expiry(rows),
        refunds=_refunds(rows),
        same=tuple(
            tuple(row.expect["places"])
            for row in rows
            if row.kind == "same" and "phase" not in row.expect
        ),
    )


def _says(call: Mapping[str, Any]) -> bool:
    """Whether a callback has to say what a query answers, and so how its task stands."""
    return "has" in call or call.get("equals") == "query"


def _items(lists: Sequence[Mapping[str, Any]]) -> str:
    """Where the items of a list stand."""
    places = ((where, kind) for each in lists for where, kind in each.get("has", {}).items())
    return next((where for where, kind in places if kind == "array"), "")


def _repeats(calls: Sequence[Mapping[str, Any]]) -> Mapping[str, tuple[int, int]]:
    found: dict[str, tuple[int, int]] = {}
    for each in calls:
        wanted = each.get("retries")
        if wanted:
            number = wanted if isinstance(wanted, int) else len(wanted)
            found |= dict.fromkeys(each["on"], (number, each.get("most", number)))
    return found


def _deletes(rows: Sequence[Row]) -> Mapping[str, Mapping[str, Any]]:
    """What deleting does by phase; what is said of a succeeded task is said of every ended one."""
    found: dict[str, dict[str, Any]] = {}
    for row in rows:
        if row.kind == "delete":
            known = found.setdefault(row.expect["phase"], {})
            named = ("http", "code", "then")
            known.update({key: row.expect[key] for key in named if key in row.expect})
    if "succeeded" in found:
        found |= dict.fromkeys(ENDED, found["succeeded"])
    return found


def _statuses(rows: Sequence[Row], situation: str) -> tuple[int, ...]:
    for row in rows:
        if row.kind == "error" and row.expect["situation"] == situation and "http" in row.expect:
            return tuple(row.expect["http"])
    return tuple(range(400, 500))


def _span(rows: Sequence[Row], of: str) -> Span | None:
    for row in rows:
        if row.kind == "lifetime" and row.expect["of"] == of:
            return Span(row.expect["seconds"] * 1000, row.expect.get("within", 3600) * 1000)
    return None


def _expiry(rows: Sequence[Row]) -> tuple[str, int] | None:
    for row in rows:
        if row.kind == "expiry" and row.id.endswith(".default"):
            return row.expect["phase"], row.expect["seconds"] * 1000
    return None


def _refunds(rows: Sequence[Row]) -> frozenset[str]:
    found: set[str] = set()
    for row in rows:
        if row.kind == "refund" and not row.expect.get("when"):
            on = row.expect["on"]
            found |= {on} if isinstance(on, str) else set(on)
    return frozenset(found)
