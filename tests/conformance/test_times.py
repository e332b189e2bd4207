"""Times in another form than the document's are one cause, and are read right all the same."""

import asyncio
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from conformance.collect import opening
from conformance.collect.transcript import Transcript
from conformance.judge import causes, times, verdicts
from conformance.judge.verdicts import Result
from tests.conformance.bending import Answer, Bend, Call, before
from tests.conformance.meeting import recorded, serving

ROWS = {
    "ark": ("ark.query", "ark.list", "ark.link.date", "ark.callback", "ark.status.updated"),
    "apiyi": ("apiyi.query",),
    "evolink": ("evolink.create", "evolink.query", "evolink.callback", "evolink.files"),
    "newapi": ("newapi.create", "newapi.query", "newapi.object"),
    "openai": ("openai.create", "openai.query", "openai.created-at", "openai.completed-at"),
}
TIMES = re.compile("created|created_at|updated_at|completed_at|submit_time|start_time|finish_time")
Form = Callable[[int], Any]


def iso(value: int) -> str:
    return datetime.fromtimestamp(value, UTC).isoformat().replace("+00:00", "Z")


def zoneless(value: int) -> str:
    """The time in UTC+8, as a gateway in China says it that thinks of no other zone."""
    return f"{datetime.fromtimestamp(value, UTC) + timedelta(hours=8):%Y-%m-%d %H:%M:%S}"


FORMS: Mapping[str, Form] = {
    "ISO 8601": iso,
    "without a zone": zoneless,
    "milliseconds": lambda value: value * 1000 + 7,
    "in quotes": str,
    "fraction": lambda value: value + 0.25,
}


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Transcript]:
    """What runs of a few rows record of the sound simulator, by dialect."""

    async def collected() -> Mapping[str, Transcript]:
        async with serving() as base:
            return {
                name: await recorded(base, name, rows, tmp_path_factory.mktemp(name))
                for name, rows in ROWS.items()
            }

    return asyncio.run(collected())


def other(value: Any, form: Form, name: str = "") -> Any:
    """A JSON value with its times in a form."""
    if isinstance(value, dict):
        return {key: other(item, form, key) for key, item in value.items()}
    if isinstance(value, list):
        return [other(item, form) for item in value]
    return form(value) if TIMES.fullmatch(name) and type(value) is int and value > 10**9 else value


def bent(run: Transcript, form: Form) -> Transcript:
    """The run of a gateway that tells all its times so."""
    exchanges = tuple(replace(each, json=other(each.json, form)) for each in run.exchanges)
    facts = tuple(
        {**each, "body": other(each["body"], form)} if each["kind"] == "callback" else each
        for each in run.facts
    )
    return replace(run, exchanges=exchanges, facts=facts)


def judged(run: Transcript) -> tuple[tuple[causes.Cause, ...], Mapping[str, Result]]:
    plan = opening.plan_of(run.meta)
    found, results = causes.found(plan, run, verdicts.results(plan, run, {}), {})
    return found, {each.id: each for each in results}


def findings(results: Mapping[str, Result]) -> set[str]:
    return {id for id, each in results.items() if each.result in ("fail", "warn", "error")}


@pytest.mark.parametrize("dialect", ROWS)
def test_times_as_documented_are_no_cause(runs: Mapping[str, Transcript], dialect: str) -> None:
    found, results = judged(runs[dialect])
    assert not found
    assert not findings(results)


@pytest.mark.parametrize("dialect", ROWS)
def test_of_sound_times_no_other_catalogue_is_read(
    runs: Mapping[str, Transcript], dialect: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(times, "names", lambda: pytest.fail("all catalogues are read"))
    assert not judged(runs[dialect])[0]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("dialect", ROWS)
def test_times_in_another_form_are_one_cause_with_its_rows(
    runs: Mapping[str, Transcript], dialect: str, form: str
) -> None:
    broken = bent(runs[dialect], FORMS[form])
    plan = opening.plan_of(broken.meta)
    alone = {each.id: each for each in verdicts.results(plan, broken, {})}
    (cause,), results = judged(broken)
    assert cause.kind == "time-form"
    assert form in cause.message
    assert cause.change.endswith("as a whole number of seconds since 1970")
    assert {*cause.rows} == findings(alone)
    (bearer,) = findings(results)
    assert results[bearer].message.startswith("cause 1: times are told in another form")
    assert all(results[id].result == "not-run" for id in cause.rows if id != bearer)


def test_what_is_out_of_order_stays_a_finding(runs: Mapping[str, Transcript]) -> None:
    """Its times are text, and one of them is wrong besides."""

    def sooner(value: Any) -> Any:
        if isinstance(value, dict) and "updated_at" in value:
            return {**value, "updated_at": value["created_at"] - 60}
        return value

    exchanges = tuple(replace(each, json=sooner(each.json)) for each in runs["ark"].exchanges)
    found, results = judged(bent(replace(runs["ark"], exchanges=exchanges), iso))
    assert [each.kind for each in found] == ["time-form"]
    assert "ark.query.times" not in found[0].rows
    assert results["ark.query.times"].result == "warn"
    assert not results["ark.query.times"].message.startswith("cause")


def test_a_document_with_text_and_a_gateway_with_numbers(runs: Mapping[str, Transcript]) -> None:
    def numbered(value: Any) -> Any:
        text = json.dumps(value)
        return json.loads(
            re.sub(
                r'"expires_at": "([^"]+)"',
                lambda found: (
                    f'"expires_at": {round(datetime.fromisoformat(found[1]).timestamp())}'
                ),
                text,
            )
        )

    run = runs["evolink"]
    exchanges = tuple(replace(each, json=numbered(each.json)) for each in run.exchanges)
    (cause,), results = judged(replace(run, exchanges=exchanges))
    assert cause.message.endswith("a number of seconds, and not text of ISO 8601")
    assert len(cause.rows) == 3
    assert len(findings(results)) == 1


def test_a_time_far_from_the_run_and_other_numbers_are_no_times() -> None:
    near = 1_780_732_857.0
    assert times.told(0, near) is None
    assert times.told(True, near) is None
    assert times.told(1_500_000_000, near) is None
    assert times.told("2026-06-06", near) is None
    assert times.told("2026-13-06T00:00:00Z", near) is None
    assert times.told("0001-01-01T00:00:00Z", near) == times.Time(0, "text of ISO 8601")
    assert times.told(1_780_732_857_000_000, near) == times.Time(near, "microseconds")


def test_a_gateway_with_times_as_text_has_one_cause(tmp_path: Path) -> None:
    """Over HTTP: lists, callbacks and links are judged by the times that it means."""

    def tell(call: Call, answer: Answer) -> Answer:
        return answer if answer.json is None else answer.saying(other(answer.json, iso))

    async def met() -> Transcript:
        bend = Bend("times as text", "ark.query.times", tell=tell)
        async with serving() as base, before(base, bend) as gateway:
            return await recorded(gateway, "ark", ROWS["ark"], tmp_path)

    (cause,), results = judged(asyncio.run(met()))
    assert cause.kind == "time-form"
    assert "ark.query.times" in cause.rows
    (bearer,) = findings(results)
    assert bearer in cause.rows
