"""Clips that an API hands out itself, lists of any shape, and orders that are sent as forms."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from conformance.catalogue import documents
from conformance.collect.transcript import Exchange, Transcript
from conformance.judge import verdicts
from conformance.judge.case import Case
from conformance.judge.verdicts import Result
from conformance.plan import permits, stage
from conformance.plan.probes import World

MADE, DONE = {"id": "job_2"}, {"id": "job_2", "state": "done"}


@cache
def plan() -> stage.Plan:
    """Everything that a run would send to an invented API."""
    catalogue = documents.load(Path(__file__).parent / "lumen" / "api.toml", "lumen")
    return stage.plan(World(catalogue, control=True, media=True))


def sent(row: str, call: str) -> list[tuple[str, str, str, str]]:
    """The calls of a row: path, credentials, form, and when it is due."""
    drawn = plan().drawn[row]
    return [
        (each.path, each.auth, str(each.form), str(each.when))
        for each in drawn
        if each.call == call
    ]


def judged(row: str, answers: Mapping[str, Sequence[Mapping[str, Any]]], *facts: Any) -> Result:
    """The result of a row whose calls are answered so, each with the next of its call."""
    left = {call: list(found) for call, found in answers.items()}
    found = []
    for number, probe in enumerate(plan().drawn[row], 1):
        if left.get(probe.call):
            answer = {"status": 200, "size": 1, **left[probe.call].pop(0)}
            found.append(
                Exchange(
                    number, probe.key, probe.call, probe.cost, probe.want, probe.method,
                    probe.path, probe.auth, probe.of, str(probe.when), probe.tag, task="job_2",
                    is_json="json" in answer, **answer,
                )
            )  # fmt: skip
    chosen = next(each for each in plan().rows if each.id == row)
    return verdicts.result(Case(chosen, plan(), Transcript({}, tuple(found), facts, True)))


def clip(kind: str, **more: Any) -> dict[str, Any]:
    return {"headers": {"content-type": kind}, "size": 9, **more}


@pytest.mark.parametrize(
    ("row", "path", "auth", "when"),
    [
        ("plain", "/jobs/{id}/file", "key", "succeeded"),
        ("poster", "/jobs/{id}/file?kind=poster", "key", "succeeded"),
        ("keyless", "/jobs/{id}/file", "missing", "succeeded"),
        ("failed", "/jobs/{id}/file", "key", "failed"),
    ],
)
def test_a_download_is_asked_for_at_its_time(row: str, path: str, auth: str, when: str) -> None:
    assert sent(f"lumen.file.{row}", "content") == [(path, auth, "json", when)]


def test_an_end_of_a_clip_is_seen_by_the_call() -> None:
    assert [each[3] for each in sent("lumen.file.lifetime", "content")] == ["at:3540", "at:3660"]
    assert "{id}" not in sent("lumen.file.unknown", "content")[0][0]


@pytest.mark.parametrize(
    ("row", "answer", "result"),
    [
        ("plain", clip("video/mp4"), "pass"),
        ("plain", clip("Video/MP4; codecs=avc1"), "pass"),
        ("plain", clip("text/html"), "warn"),
        ("plain", clip("video/mp4", size=0), "warn"),
        ("plain", {"status": 404}, "warn"),
        ("plain", {"status": 429}, "not-run"),
        ("plain", {"status": None}, "not-run"),
        ("poster", clip("video/mp4"), "warn"),
        ("part", clip("video/mp4", status=206, size=100), "pass"),
        ("part", clip("video/mp4", status=206, size=9), "warn"),
        ("part", clip("video/mp4"), "warn"),
        ("keyless", {"status": 401, "json": {"why": "no key"}}, "pass"),
        ("keyless", {"status": 401, "json": {}}, "warn"),
        ("keyless", clip("video/mp4"), "warn"),
        ("failed", {"status": 409}, "pass"),
        ("unknown", {"status": 200, "size": 5}, "warn"),
    ],
)
def test_downloads_are_judged(row: str, answer: dict[str, Any], result: str) -> None:
    found = judged(f"lumen.file.{row}", {"create": [{"json": MADE}], "content": [answer]})
    assert found.result == result, found.message


def items(*ids: int, **more: Any) -> dict[str, Any]:
    jobs = [{"id": f"job_{number}", "state": "done", "at": number} for number in ids]
    return {"json": {"jobs": jobs, **more}}


@pytest.mark.parametrize(
    ("row", "lists", "result"),
    [
        ("own", [items(1, 2)], "pass"),
        ("own", [items(1, 3)], "warn"),
        ("own", [items(*range(3, 52))], "warn"),
        ("own", [items(*range(3, 53))], "pass"),  # a full page: it may be on another
        ("ends", [items(1, 2, first="job_1", last="job_2")], "pass"),
        ("ends", [items(first=None, last=None)], "pass"),
        ("ends", [items(1, 2, first="job_1", last="job_1")], "warn"),
        ("ends", [{"json": {"items": []}}], "warn"),
        ("order", [items(1, 2), items(2, 1)], "pass"),
        ("order", [items(1, 2), items(1, 2)], "warn"),
        ("order", [items(2, 1), items(2, 1)], "warn"),
        ("words", [{"status": 400, "json": {}}], "pass"),
        ("words", [items(1)], "warn"),
        ("pages", [items(3, more=True), items(1, 2, 3), items(3)], "pass"),
        ("pages", [items(3, 2, more=True), items(1, 2, 3), items(3)], "warn"),
        ("pages", [items(3, more=False), items(1, 2, 3), items(3)], "warn"),
        ("pages", [items(3, more=True), items(1, 2, 3), items(2, 3)], "warn"),
        ("pages", [items(3, more=True), items(1, 2, 3), items()], "warn"),
        ("pages", [items(3, more=True), items(1, 3), items(3)], "warn"),
    ],
)
def test_lists_are_judged(row: str, lists: list[dict[str, Any]], result: str) -> None:
    found = judged(f"lumen.list.{row}", {"create": [{"json": MADE}], "list": lists})
    assert found.result == result, found.message


def test_pages_are_asked_for_by_their_parameters() -> None:
    assert [path for path, *_ in sent("lumen.list.pages", "list")] == [
        "/jobs?limit=1",
        "/jobs?sort=up&limit=50",
        "/jobs?sort=up&limit=50&after={id}",
    ]


@pytest.mark.parametrize(("body", "result"), [({"gone": True}, "pass"), ({}, "warn")])
def test_what_a_deletion_answers_is_judged(body: Any, result: str) -> None:
    answers = {"create": [{"json": MADE}], "delete": [{"json": body}]}
    assert judged("lumen.delete.failed", answers).result == result


def test_orders_are_sent_in_each_form_that_is_taken() -> None:
    assert [form for _, _, form, _ in sent("lumen.create.forms", "create")] == ["json", "multipart"]
    assert [form for _, _, form, _ in sent("lumen.form.refused", "create")] == ["multipart"]


@pytest.mark.parametrize(("width", "result"), [(1280, "pass"), (1112, "warn")])
def test_a_size_is_the_pixels_that_its_row_names(width: int, result: str) -> None:
    of = plan().drawn["lumen.size.clip"][0].key
    fact = {"kind": "clip", "of": of, "width": width, "height": 720}
    found = judged("lumen.size.clip", {"create": [{"json": MADE}], "query": [{"json": DONE}]}, fact)
    assert found.result == result, found.message


def test_a_call_with_a_body_about_an_own_job_is_no_free_one() -> None:
    own, call = plan().drawn["lumen.again.route"]
    assert (call.of, call.body, call.cost) == (own.key, {"prompt": "x"}, "contingent")


def timed(row: str, *polls: Mapping[str, Any]) -> Result:
    """The result of a row of a job that was ordered at 1000 s, and read an hour later."""
    probe = plan().drawn[row][0]
    made = Exchange(1, probe.key, "create", "own", "accept", "POST", "/jobs", status=200, at=10**6)
    made = replace(made, json=MADE, is_json=True)
    read = [
        replace(made, number=number, probe=str(number), call="query", of=probe.key, json=poll,
                at=4_600_000)
        for number, poll in enumerate(polls, 2)
    ]  # fmt: skip
    chosen = next(each for each in plan().rows if each.id == row)
    return verdicts.result(Case(chosen, plan(), Transcript({}, (made, *read), (), True)))


@pytest.mark.parametrize(("made", "result"), [(1001, "pass"), (4600, "warn"), (None, "warn")])
def test_a_moment_that_a_query_shows_is_that_of_the_order(made: int | None, result: str) -> None:
    assert timed("lumen.times.made", {**DONE, "made": made}).result == result


@pytest.mark.parametrize(("done", "result"), [(1009, "pass"), (999, "warn"), (None, "warn")])
def test_an_order_of_times_is_judged_in_its_phase(done: int | None, result: str) -> None:
    early: dict[str, object] = {"id": "job_2", "state": "working", "made": 1000, "done": None}
    polls: list[dict[str, object]] = [early, {**DONE, "made": 1000, "done": done}]
    assert timed("lumen.times.order", *polls).result == result


def test_orders_that_shall_differ_hold_nothing_that_the_api_does_not_have() -> None:
    own, *_ = plan().drawn["lumen.delete.failed"]
    assert own.body == {**plan().world.dialect.cheapest, "prompt": "A lamp (3)"}


@pytest.mark.parametrize(
    ("size", "breaks", "sure"),
    [("1280x720", False, True), ("1000x1000", False, False), ("16:9", True, True)],
)
def test_of_values_of_a_form_that_is_set_aside_nothing_is_said(
    size: str, breaks: bool, sure: bool
) -> None:
    world = World(documents.catalogue("openai"))
    broken, all_ = permits.broken(world.catalogue, {**world.dialect.cheapest, "size": size})
    assert ("openai.size.values" in broken, all_) == (breaks, sure)
