"""A task as the model believes it to be: what was asked for it, and what must be seen when."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from hypothesis.stateful import Bundle

from conformance.catalogue import orders, reader
from conformance.catalogue.promises import DAY, HOUR, Promises
from conformance.catalogue.wire import Dialect

RANK = {"queued": 0, "running": 1, "succeeded": 2, "failed": 2, "expired": 2, "cancelled": 2}
MINUTE = 60_000
# The tasks of a walk, by their place among them.
TASKS: Any = Bundle("tasks")


@dataclass
class Fate:
    """An order that was taken, the end that was asked for it, and what came of it."""

    number: int
    probe: str
    id: str
    born: int
    queue: int
    run: int
    end: str
    receiver: str = ""
    deleted: int | None = None
    cancelled: int | None = None
    vague: bool = False
    rank: int = 0
    ended: str = ""
    last: tuple[int, Any] | None = None
    seen: dict[str, Any] = field(default_factory=dict)
    heard: list[tuple[str, Any]] = field(default_factory=list)

    @property
    def ends(self) -> int:
        """When it ends, if nothing comes between."""
        return self.born + self.queue + self.run

    def phases(self, now: int, promises: Promises, dialect: Dialect) -> frozenset[str]:
        """The phases that it may show now; empty where the documents do not say."""
        if self.vague:
            return frozenset()
        if self.cancelled is not None:
            return frozenset({"cancelled"})
        stages = {"queued": self.born, "running": self.born + self.queue}
        end, moment = self._end(promises)
        if end == "" or named(end, dialect) not in reader.FINAL:
            if now > self.born + DAY:
                return frozenset()
        else:
            stages[named(end, dialect)] = moment
        since = now - 1000 * dialect.lag
        reached = [phase for phase, start in stages.items() if start <= now]
        behind = [phase for phase, start in stages.items() if start < max(since, self.born + 1)]
        possible = set(reached[len(behind) - 1 :])
        if end and self.end == "stuck" and abs(now - moment) <= MINUTE:
            possible |= {"running", named(end, dialect)}
        return frozenset(possible)

    def _end(self, promises: Promises) -> tuple[str, int]:
        if self.end != "stuck":
            return self.end, self.ends
        if promises.expiry is None:
            return "", 0
        phase, ms = promises.expiry
        return phase, self.born + ms

    def reached(self, now: int, promises: Promises, dialect: Dialect) -> list[str]:
        """The phases that it has certainly been in, in their order."""
        if self.vague:
            return []
        until = now if self.cancelled is None else min(now, self.cancelled)
        end, moment = self._end(promises)
        until -= 1000 * dialect.lag
        found = ["queued"]
        if until > self.born + self.queue:
            found.append("running")
        over = end and named(end, dialect) in reader.FINAL
        if over and self.cancelled is None and until > moment + (self.end == "stuck") * MINUTE:
            found.append(named(end, dialect))
        return found

    def there(self, now: int, promises: Promises) -> bool | None:
        """Whether a query must find it, must not, or None where that is not said."""
        if self.vague or self.end == "cancelled":
            return None if now > self.born + HOUR or self.vague else True
        if self.deleted is not None:
            return False
        if self.cancelled is not None:
            return _there(promises.cancelled, now - self.cancelled)
        if promises.task:
            return _there(promises.task, now - self.born)
        return True if now - self.born < promises.kept else None


def _there(span: Any, age: int) -> bool | None:
    if span is None:
        return True if age < HOUR else None
    return True if span.before(age) else False if span.after(age) else None


def named(phase: str, dialect: Dialect) -> str:
    """The phase as the dialect's words show it, such as a failure where it has no word."""
    return phase if dialect.words.get(phase) else dialect.wordless


def changed(fate: Fate, places: tuple[str, ...], call: str, body: Any) -> str | None:
    """What is no longer the same at these places of a task's answers, in words."""
    for place in places:
        name, _, pointer = place.partition(":")
        if name != call:
            continue
        there, value = orders.at(body, pointer)
        if not there:
            continue
        before = fate.seen.setdefault("=".join(places), value)
        if before != value:
            return f"{place} is {value!r}, and was {before!r}"
    return None


def unlike(told: Any, shown: Any, dialect: Dialect) -> str | None:
    """Where a callback's body says something else than a query of that moment, in words."""
    plain = {
        name: way for name, way in dialect.answer.items() if name not in ("clip", "last_frame")
    }
    for pointers in (tuple(dialect.id["query"]), *plain.values()):
        first, second = orders.first_at(told, pointers), orders.first_at(shown, pointers)
        if first != second:
            return f"{pointers[0]} is {first!r} in the callback and {second!r} in the query"
    return None


def misplaced(item: Any, wanted: Mapping[str, str]) -> str | None:
    """What an item of a list lacks."""
    for pointer, types in wanted.items():
        there, value = orders.at(item, pointer)
        if not there or not orders.is_type(value, types):
            return f"{pointer} is no {types}" if there else f"{pointer} is not there"
    return None
