"""What a cause is as it is found, and what its finders look at: a run as a whole."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

from conformance.catalogue import documents, orders, reader
from conformance.catalogue.wire import Dialect
from conformance.collect.transcript import Exchange, Transcript
from conformance.judge.answers import brief
from conformance.judge.case import Case
from conformance.judge.verdicts import Result
from conformance.plan.probes import Probe
from conformance.plan.stage import Plan

MOST_DEEP = 6
Owns = Callable[[Result], bool]


@dataclass(frozen=True)
class Symptom:
    """A cause as it was found. `owns` tells which results have no evidence but its own.

    `kinds` are those of the rows that speak of the cause itself. `blames` is whether the endpoint
    is at fault, or whoever runs the suite. `voids` tells which results that look good have no
    evidence but that of the cause.
    """

    kind: str
    message: str
    change: str
    evidence: tuple[int, ...]
    owns: Owns
    kinds: tuple[str, ...] = ()
    blames: bool = True
    voids: Owns = lambda result: False


@dataclass(frozen=True)
class Run:
    """A run as a whole."""

    plan: Plan
    transcript: Transcript
    models: Mapping[str, str]

    @property
    def dialect(self) -> Any:
        """The dialect's description."""
        return self.plan.world.dialect

    @cached_property
    def case(self) -> Case:
        """Any case of the run, for what is alike in all of them."""
        return Case(self.plan.rows[0], self.plan, self.transcript, self.models)

    @cached_property
    def legal(self) -> tuple[Exchange, ...]:
        """The answers to the orders that a must or should permits."""
        return tuple(answer for _, answer in self.case.legal)

    @cached_property
    def taken(self) -> tuple[tuple[Probe, Exchange], ...]:
        """The orders that became tasks, with the answers that say so."""
        sent = self.transcript.sent
        return tuple((each, answer) for each in self.case.tasks() if (answer := sent(each.key)))

    @cached_property
    def made(self) -> frozenset[str]:
        """The keys of the orders that became tasks."""
        return frozenset(probe.key for probe, _ in self.taken)

    @cached_property
    def polls(self) -> tuple[Exchange, ...]:
        """The good answers to queries of the run's tasks."""
        found = (each for some in self.transcript.by_task.values() for each in some)
        return tuple(each for each in found if each.status is not None and 200 <= each.status < 300)

    def phase(self, each: Exchange) -> str | None:
        """The phase that an answer shows."""
        return reader.phase(self.dialect, each.json)

    def evidence(self, result: Result) -> list[Exchange]:
        """The exchanges that a result rests on: those it names, else those of its calls."""
        named = self.transcript.numbered(result.evidence)
        probed = self.transcript.by_probe
        return named or [each for key in result.probes for each in probed.get(key, ())]

    def rests(self, on: Callable[[Exchange], bool]) -> Owns:
        """Whether all that a result rests on is so."""
        return lambda result: all(on(each) for each in self.evidence(result))


def within(result: Result, found: Iterable[Exchange]) -> bool:
    """Whether a result names its evidence, and all of it is among those."""
    return bool(result.evidence) and {*result.evidence} <= {each.number for each in found}


def good(each: Exchange) -> bool:
    """Whether an answer is no refusal."""
    return each.status is not None and each.status < 300 and not each.refuses


@cache
def called(what: str) -> frozenset[str]:
    """The names that any dialect has for the id of a new task, or for a status."""
    known = [documents.catalogue(name).dialect for name in documents.dialects()]
    return frozenset(place.rpartition("/")[2] for each in known for place in _places(each, what))


def _places(dialect: Dialect, what: str) -> Sequence[str]:
    return dialect.id["create"] if what == "id" else dialect.answer[what]


def instead(body: Any, what: str) -> str:
    """Where else an id or a status stands in a body, in words."""
    for place, value in flat(body):
        if place.rpartition("/")[2] in called(what) and isinstance(value, str | int):
            return f"; {brief(value)} stands at {place}"
    keys = ", ".join(list(body)[:6])
    return f"; its keys are {keys}" if keys else "; it is empty"


def speaking(run: Run, body: Any, what: str) -> str:
    """The dialect whose call at the same path has an id or a status where the body has it."""
    for other in siblings(run, "query" if what == "status" else "create"):
        if orders.first_at(body, _places(other, what)):
            return f"; {other.title} has it so: --dialect {other.name}"
    return ""


def siblings(run: Run, call: str) -> Iterator[Dialect]:
    """The other dialects that have this call, `create` or `query`, at the same path."""
    for name in documents.dialects():
        other = documents.catalogue(name).dialect
        same = getattr(other, call).path == getattr(run.dialect, call).path
        if same and name != run.dialect.name:
            yield other


def flat(value: Any, place: str = "") -> Iterator[tuple[str, Any]]:
    """Every place of a body with what stands there, breadth first."""
    level = [(place, value)]
    for _ in range(MOST_DEEP):
        below: list[tuple[str, Any]] = []
        for at, each in level:
            if isinstance(each, Mapping):
                below += [(f"{at}/{key}", item) for key, item in each.items()]
            elif isinstance(each, list):
                below += [(f"{at}/{number}", item) for number, item in enumerate(each)]
        yield from below
        level = below


def numbers(found: Iterable[Exchange]) -> tuple[int, ...]:
    """The numbers of the first exchanges."""
    return tuple(each.number for each in found)[:3]


def either(places: Iterable[object]) -> str:
    """Places as a sentence names them."""
    return " or ".join(map(str, places))
