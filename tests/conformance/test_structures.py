"""Each judge says something, whatever stands at a place of an answer and whatever tasks come to."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest

from conformance.catalogue import documents
from conformance.catalogue.rows import Row, thaw
from conformance.collect.transcript import Transcript
from conformance.judge import verdicts
from conformance.judge.case import Case
from conformance.plan import calls, stage
from conformance.plan.probes import Probe, World, query, shared
from conformance.plan.stage import Plan
from tests.conformance.test_judges import exchange

STRUCTURES: tuple[Any, ...] = (["~"], {"~": "~"})
SHOWN = ("unknown-model", "unknown-task", "wrong-key")  # judges of other rows look at them too
POLLED = 6  # orders of a row whose tasks are asked for
CLIP = {
    "container": "mp4", "codec": "h264", "width": 1280, "height": 720, "fps": 24.0, "frames": 121,
    "seconds": 5.04, "sound": True, "channels": 2, "bytes": 1000, "faststart": True,
}  # fmt: skip
# The others with the slow proofs.
SAMPLES = ("openai",)
NAMES = [
    pytest.param(name, marks=() if name in SAMPLES else pytest.mark.slow, id=name)
    for name in documents.dialects()
]


def usual(world: World) -> dict[str, Any]:
    """The places of a dialect's answers and refusals, each with a value such as it has there."""
    dialect = world.dialect
    refused = (*dialect.refusals.code, *dialect.refusals.type)
    values: dict[str, Any] = {place: "no" for place in refused if place.count("/") > 1}
    known = {"status": dialect.words["succeeded"][0], "clip": "https://cdn.example.com/1.mp4"}
    for name, places in dialect.answer.items():
        values |= dict.fromkeys(places, known.get(name, 1))
    for call in ("create", "query"):
        values |= dict.fromkeys(dialect.id[call], "task_1")
    return values


def places(value: Any) -> Iterator[str]:
    """The places of answers that a row names, wherever in it."""
    if isinstance(value, dict):
        for pair in value.items():
            yield from places([*pair])
    elif isinstance(value, list):
        for item in value:
            yield from places(item)
    elif isinstance(value, str):
        call, colon, pointer = value.partition(":")
        found = pointer if colon and call.isalpha() else value
        if found.startswith("/"):
            yield found.partition(" ")[0]


def body(values: Mapping[str, Any]) -> Any:
    """An answer with these values at their places; of two that exclude each other the first."""
    made: dict[str, Any] = {}
    for pointer, value in values.items():
        *way, last = pointer.split("/")[1:]
        holder: Any = made
        for step in way:
            holder = holder.setdefault(step, {}) if isinstance(holder, dict) else None
        if isinstance(holder, dict):
            holder.setdefault(last, value)
    return listed(made)


def listed(value: Any) -> Any:
    """The same with lists for the tables whose keys are numbers."""
    if not isinstance(value, dict):
        return value
    items = {key: listed(item) for key, item in value.items()}
    return [*items.values()] if items and all(key.isdigit() for key in items) else items


def asked(plan: Plan, row: Row) -> list[Probe]:
    """The calls that a row is judged by, and queries of the tasks that they make."""
    others = [each for name in SHOWN for each in calls.situation(plan.world, name)]
    found = {each.key: each for each in (*plan.drawn[row.id], shared(plan.world), *others)}
    made = [each for each in found.values() if each.call == "create"]
    polls = [query(plan.world, of=each.key) for each in made[:POLLED]]
    return [*found.values(), *polls, *polls]


def answered(probes: list[Probe], json: Any) -> Transcript:
    """A run in which every call is answered so, and every task has a clip and a callback."""
    refused = [each.want == "refuse" or each.auth == "wrong" for each in probes]
    exchanges = tuple(
        exchange(number, each, 400 if refused[number] else 200, json)
        for number, each in enumerate(probes)
    )
    made = [each.key for each in probes if each.call == "create"]
    told = [{"kind": "callback", "of": key, "at": 0, "body": json} for key in made]
    clips = [{"kind": "clip", "of": key, **CLIP} for key in made]
    return Transcript({}, exchanges, (*told, *clips), True)


def world_of(name: str) -> World:
    return World(
        documents.catalogue(name),
        control=True, second=True, callback=True, media=True, loopback=True,
    )  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_no_judge_ends_at_a_list_or_an_object(name: str) -> None:
    world, failed = world_of(name), {}
    plan, head = stage.plan(world), usual(world)
    for row in plan.rows:
        probes = asked(plan, row)
        named = dict.fromkeys([*head, *places(thaw(row.expect))], "~") | head
        for place in named:
            for odd in STRUCTURES:
                json = body({place: odd} | named | {place: odd})
                result = verdicts.result(Case(row, plan, answered(probes, json)))
                if result.result == "error":
                    failed[row.id] = f"{place}: {result.message}"
    assert failed == {}


@pytest.mark.parametrize("name", NAMES)
def test_no_judge_ends_where_tasks_end_otherwise_or_nothing_comes_of_them(name: str) -> None:
    world, failed = world_of(name), {}
    plan, head = stage.plan(world), usual(world)
    words = [words[0] for words in world.dialect.words.values() if words]
    for row in plan.rows:
        probes = asked(plan, row)
        named = dict.fromkeys([*head, *places(thaw(row.expect))], "~") | head
        for word in words:
            said = dict.fromkeys(world.dialect.answer["status"], word)
            whole = answered(probes, body(named | said))
            for facts in (whole.facts, ()):
                result = verdicts.result(Case(row, plan, replace(whole, facts=facts)))
                if result.result == "error":
                    failed[row.id] = f"{word}: {result.message}"
    assert failed == {}
