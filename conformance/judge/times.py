"""The cause that times are told in another form than the document's: one fault in many rows.

A gateway that says `2026-06-06T08:00:57Z` or milliseconds where the document has whole seconds
breaks each row about types, moments and order in time, and what is compared with such a time looks
wrong beside it. Its times can be read all the same. So they are put into the documented form, and
a row that is kept by the run as it then is was broken by the form alone.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from typing import Any

from conformance.catalogue import documents
from conformance.catalogue.rows import Row
from conformance.collect.transcript import Exchange
from conformance.judge import verdicts
from conformance.judge.answers import brief
from conformance.judge.case import Case
from conformance.judge.symptoms import Run, Symptom, numbers
from conformance.judge.verdicts import Result

ISO = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?( ?(Z|[+-]\d\d:?\d\d))?")
DIGITS = re.compile(r"\d{10}(\d{3}){0,3}")
UNITS = {1: "seconds", 10**3: "milliseconds", 10**6: "microseconds", 10**9: "nanoseconds"}
# What a row about a time looks for where the document shows a whole number of seconds.
SECONDS = r"^[1-9][0-9]{9}$"
# A number is taken for a time only where it is one of the days about the run.
NEAR_S = 400 * 86_400
ISO_TEXT = "text of ISO 8601"
# Zones are whole half hours, or nearly all of them; the furthest is 14 hours away.
ZONE_S, FURTHEST = 1800, 28
SEEN = ("fail", "warn")


@dataclass(frozen=True, slots=True)
class Time:
    """A time in seconds since 1970, and in which form it was told."""

    seconds: float
    form: str


def told(value: Any, near: float) -> Time | None:
    """The time that a value tells, whichever way; None where it is none, or far from `near`."""
    if isinstance(value, str):
        if ISO.fullmatch(value):
            return _text(value)
        found = told(int(value), near) if DIGITS.fullmatch(value) else None
        return found and replace(found, form=f"{found.form} in quotes")
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    for unit, form in UNITS.items():
        if abs(value / unit - near) < NEAR_S:
            whole = isinstance(value, int) or unit > 1
            return Time(value / unit, form if whole else f"{form} with a fraction")
    return None


def _text(value: str) -> Time | None:
    try:
        read = datetime.fromisoformat(value.replace(" Z", "Z"))
    except (ValueError, OverflowError):
        return None
    if read.year == 1:  # what Go has for no time at all
        return Time(0, ISO_TEXT)
    zoned = read if read.tzinfo else read.replace(tzinfo=UTC)
    return Time(zoned.timestamp(), ISO_TEXT if read.tzinfo else f"{ISO_TEXT} without a zone")


@cache
def names() -> frozenset[str]:
    """What any dialect calls a time of its answers."""
    rows = (row for name in documents.dialects() for row in documents.catalogue(name).testable)
    return frozenset(_name(place) for row in rows for place in _timed(row))


def _timed(row: Row) -> Iterable[str]:
    """The places of a row at which there are times."""
    if row.kind == "moment" and row.expect["unit"] == "s":
        return (row.expect["at"],)
    if row.kind == "answered":
        return [each for each, fits in row.expect.get("fits", {}).items() if fits == SECONDS]
    places: Iterable[str] = row.expect["places"] if row.kind == "ascending" else ()
    return places


def due(rows: Iterable[Row]) -> Mapping[str, str]:
    """Whether each time of a dialect is an `integer` or a `string`, by what its rows say."""
    return {name: form for name, form in _either(rows).items() if name in names()}


def _either(rows: Iterable[Row]) -> Mapping[str, str]:
    """What a dialect's rows have as an `integer` or as a `string`, its times and all else."""
    known: dict[str, set[str]] = {}
    for row in rows:
        for place, types in _types(row.expect):
            known.setdefault(_name(place), set()).update(types.split("|"))
    one = ((name, types & {"integer", "string"}) for name, types in known.items())
    return {name: next(iter(types)) for name, types in one if len(types) == 1}


def _types(expect: Any) -> Iterator[tuple[str, str]]:
    """Every place in what a row expects that has a type."""
    for key, value in expect.items() if isinstance(expect, Mapping) else ():
        if isinstance(value, str) and key.startswith("/"):
            yield key, value
        else:
            yield from _types(value)


class Reading:
    """Puts the times of answers into the form that is due, and remembers which it changed.

    `changed` has for each place what stands there. Times without a zone are read in that of the
    first of them, which is told soon after it has been.
    """

    def __init__(self, forms: Mapping[str, str]) -> None:
        self._forms = forms
        self._zone: float | None = None
        self.changed: dict[str, str] = {}

    def mended(self, value: Any, near: float, place: str = "") -> Any:
        """The value with its times as they are due; `near` is the moment of the answer."""
        if isinstance(value, Mapping):
            return {key: self._at(f"{place}/{key}", key, item, near) for key, item in value.items()}
        if isinstance(value, list):
            return [self.mended(item, near, f"{place}/{n}") for n, item in enumerate(value)]
        return value

    def due(self, place: str) -> str:
        """The form that the document has at a place, in words."""
        number = self._forms[_name(place)] == "integer"
        return "a whole number of seconds since 1970" if number else ISO_TEXT

    def _at(self, place: str, name: str, value: Any, near: float) -> Any:
        wanted = self._forms.get(name)
        time = told(value, near) if wanted else None
        if time is None:
            return self.mended(value, near, place)
        if wanted == "integer" and (isinstance(value, str) or time.form != "seconds"):
            self.changed.setdefault(place, f"{brief(value)}, {time.form}")
            return int(time.seconds - self._shift(time, near))
        if wanted == "string" and not isinstance(value, str):
            self.changed.setdefault(place, f"{brief(value)}, a number of {time.form}")
            return datetime.fromtimestamp(time.seconds, UTC).isoformat().replace("+00:00", "Z")
        return value

    def _shift(self, time: Time, near: float) -> float:
        if not time.form.endswith("without a zone"):
            return 0
        if self._zone is None:
            steps = round((time.seconds - near) / ZONE_S)
            self._zone = steps * ZONE_S if abs(steps) <= FURTHEST else 0
        return self._zone


def _name(place: str) -> str:
    return place.rpartition("/")[2]


def forms(run: Run) -> Iterator[Symptom]:
    """Times stand where the document has them, in another form than there."""
    # To know the times of all dialects their catalogues are read, which takes longer than a row:
    # only where a value of the run may be one that is told otherwise.
    if not _reread(run, Reading(_either(run.plan.rows))).changed:
        return
    reading = Reading(due(run.plan.rows))
    exchanges: list[Exchange] = []
    odd: list[Exchange] = []
    for each in run.transcript.exchanges:
        known = len(reading.changed)
        json = reading.mended(each.json, each.at / 1000) if each.is_json else each.json
        exchanges.append(replace(each, json=json) if json != each.json else each)
        odd += [each] if len(reading.changed) > known else []
    facts = tuple(_fact(reading, each) for each in run.transcript.facts)
    if not reading.changed:
        return
    other = replace(run.transcript, exchanges=tuple(exchanges), facts=facts)
    shared: dict[object, Any] = {}

    def owns(result: Result) -> bool:
        if result.result not in SEEN:
            return False
        case = Case(result.row, run.plan, other, run.models, shared)
        return verdicts.result(case).result not in (*SEEN, "error")

    # Of a list's items and of a task the task is the plainer place.
    place = min(reading.changed, key=lambda each: each.count("/"))
    form = reading.due(place)
    alike = (each for each in reading.changed if reading.due(each) == form)
    others = list(dict.fromkeys(map(_name, alike)))
    more = [each for each in others if each != _name(place)]
    yield Symptom(
        "time-form",
        f"times are told in another form than the document's: {place} is "
        f"{reading.changed[place]}, and not {form}{'; likewise ' if more else ''}{', '.join(more)}",
        f"tell {', '.join([_name(place), *more])} as {form}",
        numbers(odd),
        owns,
        kinds=("moment", "ascending", "shape"),
    )


def _reread(run: Run, reading: Reading) -> Reading:
    """The same reading, once it has met all that came."""
    for each in run.transcript.exchanges:
        if each.is_json:
            reading.mended(each.json, each.at / 1000)
    for fact in run.transcript.facts:
        _fact(reading, fact)
    return reading


def _fact(reading: Reading, fact: Mapping[str, Any]) -> Mapping[str, Any]:
    """What came, with the times of a callback as they are due."""
    if fact["kind"] != "callback" or "body" not in fact:
        return fact
    at = fact.get("at")
    return {**fact, "body": reading.mended(fact["body"], at / 1000 if type(at) is int else 0.0)}


FINDERS = (forms,)
