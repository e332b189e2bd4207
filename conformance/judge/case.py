"""One row before its judge: the row, what was planned for it, and what came back."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from conformance.catalogue import orders, reader
from conformance.catalogue.rows import Row
from conformance.collect import echoes
from conformance.collect.transcript import Exchange, Transcript
from conformance.plan.probes import Probe, World
from conformance.plan.stage import Plan

STATES = ("ok", "broken", "late", "unknown", "missing", "untestable")


@dataclass(frozen=True, slots=True)
class Finding:
    """What a judge found.

    `seen` are the lines of `shows` that hold, where the judge knows; `lacks` is the option without
    which nothing could be found.
    """

    state: str
    message: str
    evidence: tuple[int, ...] = ()
    seen: tuple[str, ...] = ()
    lacks: str = ""


@dataclass(frozen=True)
class Case:
    """A row, its probes and the transcript.

    What is found in `shared` is of the run, and the same for the cases of all its rows.
    """

    row: Row
    plan: Plan
    transcript: Transcript
    models: Mapping[str, str] = field(default_factory=dict)
    shared: dict[object, Any] = field(default_factory=dict)

    def once(self, name: object, find: Callable[[], Any]) -> Any:
        """What no row changes, found for the first row that asks."""
        if name not in self.shared:
            self.shared[name] = find()
        return self.shared[name]

    @property
    def world(self) -> World:
        """What the run could count on."""
        return self.plan.world

    @property
    def dialect(self) -> Any:
        """The dialect's description."""
        return self.plan.world.dialect

    @property
    def expect(self) -> Mapping[str, Any]:
        """What the row expects."""
        return self.row.expect

    @cached_property
    def probes(self) -> tuple[Probe, ...]:
        """The probes of the row."""
        return self.plan.drawn.get(self.row.id, ())

    def of(self, call: str) -> list[Probe]:
        """Its probes of one call."""
        return [probe for probe in self.probes if probe.call == call]

    @property
    def legal(self) -> tuple[tuple[Probe, Exchange], ...]:
        """The orders of this run that a must or should permits, with their answers."""
        found: tuple[tuple[Probe, Exchange], ...] = self.once("legal", lambda: tuple(self._legal()))
        return found

    def _legal(self) -> Iterator[tuple[Probe, Exchange]]:
        for key, found in self.transcript.by_probe.items():
            probe = self.plan.probes.get(key)
            if probe is None or probe.want != "accept" or probe.call != "create" or probe.fate:
                continue
            if key in self.plan.sure and isinstance(probe.body, Mapping) and probe.auth == "key":
                yield probe, found[-1]

    def sent(self, probe: Probe) -> Exchange | None:
        """The answer to a probe."""
        return self.transcript.sent(probe.key)

    def outcome(self, exchange: Exchange) -> str:
        """What became of an order."""
        return reader.outcome(self.dialect, exchange.status, exchange.json)

    def accepted(self, probe: Probe) -> bool:
        """Whether the order of a probe became a task."""
        exchange = self.sent(probe)
        return exchange is not None and self.outcome(exchange) == "accepted"

    def polls(self, probe: Probe) -> list[Exchange]:
        """The good answers to queries of a task."""
        found = self.transcript.by_task.get(probe.key, ())
        return [each for each in found if each.status is not None and 200 <= each.status < 300]

    def phase(self, exchange: Exchange) -> str | None:
        """The phase that an answer shows."""
        return reader.phase(self.dialect, exchange.json)

    def ended(self, probe: Probe) -> Exchange | None:
        """The last answer that shows the end of a task."""
        found = [each for each in self.polls(probe) if self.phase(each) in reader.FINAL]
        return found[-1] if found else None

    @cached_property
    def listed(self) -> Mapping[str, Any]:
        """The tasks of the account by id, as lists show them."""
        return echoes.listed(self.plan, self.transcript)

    def success(self, probe: Probe) -> Any:
        """The answer that shows a task's success: to a query, else its item of a list."""
        if end := self.ended(probe):
            return end.json if self.phase(end) == "succeeded" else None
        made = self.sent(probe)
        id = reader.task_id(self.dialect, made.json) if made else None
        item = self.listed.get(id) if id else None
        return item if reader.phase(self.dialect, item) == "succeeded" else None

    def clip(self, probe: Probe) -> Mapping[str, Any] | None:
        """The facts of the clip that was delivered."""
        return self.transcript.fact("clip", probe.key)

    def skipped(self) -> Finding | None:
        """Why probes of the row were not sent."""
        for probe in self.probes:
            if note := self.transcript.fact("skipped", probe.key):
                state = "untestable" if note["result"] == "untestable" else "missing"
                return Finding(state, str(note["reason"]), lacks=str(note.get("lacks", "")))
        return None

    def tasks(self) -> tuple[Probe, ...]:
        """All orders of the run that became tasks, whichever row they are for.

        Not those that had to be refused: what comes of an illegal order shows nothing.
        """
        found: tuple[Probe, ...] = self.once("tasks", lambda: tuple(self._tasks()))
        return found

    def _tasks(self) -> Iterator[Probe]:
        for key, found in self.transcript.by_probe.items():
            probe = self.plan.probes.get(key)
            if probe is None or probe.call != "create" or probe.tag or probe.want == "refuse":
                continue  # an order sent again, as a tag says, is the task that it was
            if self.outcome(found[-1]) == "accepted":
                yield probe

    def relevant(self) -> Iterator[Probe]:
        """The tasks to which the row applies."""
        when = self.expect.get("when", {})
        for probe in self.tasks():
            if isinstance(probe.body, Mapping) and orders.matches(probe.body, when):
                yield probe

    def seen_ends(self) -> Iterator[Exchange]:
        """The ends of the tasks to which the row applies."""
        for probe in self.relevant():
            if end := self.ended(probe):
                yield end

    def answers(self, call: str, phase: str | None = None) -> list[Exchange]:
        """Good answers of a call, in a phase where one is named, of the tasks it applies to."""
        if call == "create":
            return list(self.created())
        found: list[Exchange] = []
        for probe in self.relevant():
            polls = self.polls(probe)
            found += [each for each in polls if phase is None or self.phase(each) == phase]
        return found

    def created(self) -> Iterator[Exchange]:
        """The good answers to legal orders, also those that hold no task id."""
        for key, found in self.transcript.by_probe.items():
            probe, last = self.plan.probes.get(key), found[-1]
            order = probe is not None and probe.call == "create" and not probe.tag
            if probe is None or not order or not isinstance(probe.body, Mapping):
                continue
            taken = self.outcome(last) == "accepted" and probe.want != "refuse"
            good = last.status is not None and 200 <= last.status < 300
            blank = good and probe.want == "accept" and self.outcome(last) == "unknown"
            if (taken or blank) and orders.matches(probe.body, self.expect.get("when", {})):
                yield last


def ok(message: str, *evidence: Exchange | None, seen: tuple[str, ...] = ()) -> Finding:
    """The row is kept."""
    return Finding("ok", message, numbers(evidence), seen)


def broken(message: str, *evidence: Exchange | None, seen: tuple[str, ...] = ()) -> Finding:
    """The row is not kept."""
    return Finding("broken", message, numbers(evidence), seen)


def unknown(message: str, *evidence: Exchange | None) -> Finding:
    """Nothing can be said."""
    return Finding("unknown", message, numbers(evidence))


def numbers(evidence: tuple[Exchange | None, ...]) -> tuple[int, ...]:
    """The numbers of exchanges, few enough to be read."""
    return tuple(each.number for each in evidence if each is not None)[:6]


def told(exchange: Exchange, most: int = 200) -> str:
    """An answer in a few words."""
    if exchange.status is None:
        return f"no answer ({exchange.fault})"
    said = exchange.said or exchange.body
    text = exchange.fault or " ".join(said.split())  # what was not read, and why
    return f"HTTP {exchange.status}" + (f" {text[:most]!r}" if text else " with an empty body")


def otherwise(exchange: Exchange, wanted: Iterable[object], most: int = 200) -> str:
    """A status that is not the due one, and what it says; the status stands ahead, in `short`."""
    due = f"not HTTP {' or '.join(str(each) for each in wanted)}"
    return f"{due}: {spoken(exchange, most)}"


def spoken(exchange: Exchange, most: int = 200) -> str:
    """What an answer says, without its status."""
    return told(exchange, most).removeprefix(f"HTTP {exchange.status}").strip()


def difference(order: Any, usual: Mapping[str, Any]) -> str:
    """What an order has that the cheapest has not, in a few words."""
    if not isinstance(order, Mapping):
        return "that body"
    parts = []
    for key in dict.fromkeys([*order, *usual]):
        if key not in order:
            parts.append(f"no {key}")
        elif order[key] != usual.get(key, orders.ABSENT):
            parts.append(_different(key, order[key], usual.get(key)))
    return ", ".join(parts)[:400] or "the cheapest order"


def _different(key: str, value: Any, usual: Any) -> str:
    if isinstance(value, Mapping) and isinstance(usual, Mapping):
        changed = {inner: item for inner, item in value.items() if item != usual.get(inner)}
        gone = [f"no {key}.{inner}" for inner in usual if inner not in value]
        said = [f"{key}.{inner}={_brief(item)}" for inner, item in changed.items()]
        return ", ".join([*said, *gone])
    return f"{key}={_brief(value)}"


def _brief(value: Any) -> str:
    text = orders.canonical(value)
    return text if len(text) <= 160 else f"{text[:120]}… ({len(text)} characters)"
