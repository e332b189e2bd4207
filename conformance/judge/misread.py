"""Causes between an order and its clip: where the status and the link stand, what is passed on."""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from conformance.catalogue import reader
from conformance.collect.transcript import Exchange
from conformance.judge.answers import brief
from conformance.judge.effects import SIDES
from conformance.judge.symptoms import (
    Run,
    Symptom,
    either,
    good,
    instead,
    numbers,
    speaking,
    within,
)
from conformance.judge.verdicts import Result

OF_TASKS = ("create", "query", "content", "download")


def elsewhere(run: Run) -> Iterator[Symptom]:
    """Queries are answered well, but the status stands at none of the documented places."""
    bodies = [each for each in run.polls if isinstance(each.json, Mapping)]
    if not bodies or len(bodies) < len(run.polls):
        return
    if any(reader.word(run.dialect, each.json) is not None for each in bodies):
        return
    places, last = run.dialect.answer["status"], bodies[-1].json
    waiting = run.rests(lambda each: each.call in OF_TASKS)
    answered = run.rests(lambda each: each.call in ("create", "query") and good(each))
    yield Symptom(
        "query-envelope",
        f"no answer to a query has its status at {either(places)}{instead(last, 'status')}",
        f"answer a query in the envelope that {run.dialect.title} documents, with the status at "
        f"{places[0]}{speaking(run, last, 'status')}",
        numbers(bodies),
        lambda result: waiting(result) if result.result == "not-run" else answered(result),
        kinds=("shape", "words"),
    )


def strange_word(run: Run) -> Iterator[Symptom]:
    """No task was seen to end, for its status is a word that the document does not have."""
    last = [some[-1] for some in run.transcript.by_task.values() if some]
    listed = [each for name, some in run.dialect.words.items() for each in some]
    said = {each.number: reader.word(run.dialect, each.json) for each in last}
    strange = [each for each in last if said[each.number] not in (None, *listed)]
    if not strange or any(run.phase(each) == "succeeded" for each in run.polls):
        return
    word = brief(said[strange[0].number])
    waiting = run.rests(lambda each: each.call in OF_TASKS)
    yield Symptom(
        "unknown-status",
        f"tasks stand at the status {word}, which the document does not have, and none was seen "
        "to succeed",
        f"say a word of the document at {run.dialect.answer['status'][0]}: "
        f"{', '.join(map(str, listed))}",
        numbers(strange),
        lambda result: (
            waiting(result) if result.result == "not-run" else _halted(result, run.polls, word)
        ),
        kinds=("words",),
    )


def _halted(result: Result, polls: Iterable[Exchange], word: str) -> bool:
    """Whether a row has nothing but answers with that word, and looks for another."""
    said = result.row.kind == "words" or word in result.message
    return within(result, polls) and (said or "phase" in result.row.expect)


def stray_link(run: Run) -> Iterator[Symptom]:
    """Clips were had by a link that stands at another place than the documented one."""
    done = [each for each in run.polls if run.phase(each) == "succeeded"]
    lacking = [each for each in done if reader.link(run.dialect, each.json) is None]
    places = [each for each in run.transcript.facts if each["kind"] == "stray"]
    if not places or not lacking:
        return
    wanted = run.dialect.answer["clip"]
    yield Symptom(
        "link-elsewhere",
        f"a link stands at {places[0]['at']}, and none at {either(dict.fromkeys(wanted))}; clips "
        "were judged from there",
        f"put the clip's link at {wanted[0]}",
        numbers(lacking),
        lambda result: _of_link(run, result, lacking),
        kinds=("shape",),
    )


def _of_link(run: Run, result: Result, lacking: list[Exchange]) -> bool:
    """Whether a row speaks of the link itself, and has nothing but answers that lack it."""
    if result.row.kind == "link":
        return result.result == "not-run" or within(result, lacking)
    said = any(place in result.message for place in run.dialect.answer["clip"])
    return said and within(result, lacking)


SHOWN: Mapping[str, Callable[[Mapping[str, Any]], Any]] = {
    "duration": lambda clip: round(clip["seconds"]),
    "resolution": lambda clip: _named(clip),
    "ratio": lambda clip: round(clip["width"] / clip["height"], 1),
    "size": lambda clip: f"{clip['width']}x{clip['height']}",
    "sound": lambda clip: clip["sound"],
}
SAID: Mapping[str, Callable[[Any], str]] = {
    "duration": lambda value: f"lasts {value} s",
    "resolution": lambda value: f"is as large as {value}",
    "ratio": lambda value: f"is {value} times as wide as high",
    "size": lambda value: f"is {value}",
    "sound": lambda value: "has sound" if value else "is silent",
}
PROPERTIES: Mapping[str, tuple[str, ...]] = {
    "duration": ("seconds", "frames"),
    "resolution": ("size", "area"),
    "ratio": ("aspect", "size"),
    "size": ("size", "aspect", "area"),
    "sound": ("sound",),
}


def _named(clip: Mapping[str, Any]) -> str:
    """The resolution whose 16:9 is nearest to the clip in area."""
    side = math.sqrt(clip["width"] * clip["height"] * 9 / 16)
    return min(SIDES, key=lambda name: abs(math.log(side / SIDES[name])))


def unread_fields(run: Run) -> Iterator[Symptom]:
    """Clips are alike whatever a field of their orders says."""
    for what in SHOWN:
        ordered = dict(_ordered(run, what))
        shown = {SHOWN[what](clip) for clip in ordered.values()}
        asked = {str(run.dialect.request.value(_body(run, key), what)) for key in ordered}
        if len(asked) > 1 and len(shown) == 1:
            yield _unread(run, what, sorted(asked), shown.pop(), list(ordered))


def _ordered(run: Run, what: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The tasks whose orders say it, each with its clip."""
    request = run.dialect.request
    for probe, _ in run.taken:
        clip = run.case.clip(probe)
        if clip is None or "problem" in clip or not isinstance(probe.body, Mapping):
            continue
        counted = what == "duration" and request.value(probe.body, "frames") is not None
        if request.value(probe.body, what) not in (None, -1, "adaptive") and not counted:
            yield probe.key, clip


def _body(run: Run, key: str) -> Mapping[str, Any]:
    body: Mapping[str, Any] = run.plan.probes[key].body
    return body


def _unread(run: Run, what: str, asked: list[str], shown: Any, keys: list[str]) -> Symptom:
    field = run.dialect.request.first(what)
    made = [each for key in keys if (each := run.transcript.sent(key))]
    return Symptom(
        "field-unread",
        f"`{field}` is never read: orders said {', '.join(asked)}, and every clip "
        f"{SAID[what](shown)}",
        f"pass `{field}` of an order on to what makes its clip",
        numbers(made),
        lambda result: _speaks(run, result, what),
        kinds=("effect", "clip"),
    )


def _speaks(run: Run, result: Result, what: str) -> bool:
    """Whether a row is about what clips show of the field."""
    row, fields = result.row, run.dialect.request.all(what)
    if row.kind == "clip" and row.expect.get("property") in PROPERTIES[what]:
        return True
    named = (row.expect.get("field"), row.expect.get("of"))
    if not any(each in fields for each in named):
        return False
    if row.kind in ("range", "enum", "type"):  # what nobody reads, nobody refuses
        return bool(result.evidence) and run.rests(lambda each: _taken(run, each))(result)
    return row.kind in ("effect", "default", "actual", "wins", "clip")


def _taken(run: Run, each: Exchange) -> bool:
    return each.want == "refuse" and run.case.outcome(each) == "accepted"


def unmeasured(run: Run) -> Iterator[Symptom]:
    """No limit of references holds: every reference that is to be refused was taken."""
    asked = [
        answer
        for row in run.plan.rows
        if row.kind == "media" and row.level in ("must", "should")
        for probe in run.plan.drawn.get(row.id, ())
        if probe.want == "refuse" and (answer := run.transcript.sent(probe.key))
    ]
    if len(asked) < 3 or any(run.case.outcome(each) != "accepted" for each in asked):
        return
    yield Symptom(
        "references-unmeasured",
        f"references are not measured: all {len(asked)} orders with one that is too large, too "
        "long or otherwise out of bounds became tasks",
        "fetch and measure references before an order is taken, or pass on how the model refuses",
        numbers(asked),
        lambda result: result.row.kind == "media" and within(result, asked),
        kinds=("media",),
    )


FINDERS = (elsewhere, strange_word, stray_link, unread_fields, unmeasured)
