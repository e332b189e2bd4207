"""Causes head the report: each is found once, with its evidence, and owns the rows it breaks."""

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from conformance.__main__ import main
from conformance.catalogue import documents
from conformance.collect import opening, strays
from conformance.collect.collector import Collector
from conformance.collect.transcript import Exchange, Transcript
from conformance.judge import causes, verdicts
from conformance.judge.causes import Cause
from conformance.judge.verdicts import Result
from conformance.plan import stage
from conformance.plan.probes import World, shared
from conformance.report import files, page
from conformance.report.model import Report
from tests.conformance.meeting import recorded, serving
from tests.conformance.test_judges import exchange
from tests.conformance.translating import (
    KEY_REFUSED,
    PROMPT_REQUIRED,
    Translation,
    translating,
)

PARTS = {
    "octopusx": ("mode.text", "duration", "query", "status", "clip.codec", "create"),
    "ark": ("error", "media", "delete.running", "status.words"),
    "openai": ("size", "input-reference"),
}
Change = Callable[[Exchange], Exchange]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Transcript]:
    """What runs of a few areas record of the sound simulator."""

    async def run() -> Mapping[str, Transcript]:
        found = {}
        async with serving() as base:
            for name, parts in PARTS.items():
                select = [f"{name}.{part}" for part in parts]
                found[name] = await recorded(base, name, select, tmp_path_factory.mktemp(name))
        return found

    return asyncio.run(run())


def judged(run: Transcript) -> tuple[tuple[Cause, ...], tuple[Result, ...]]:
    plan = opening.plan_of(run.meta)
    return causes.found(plan, run, verdicts.results(plan, run, {}), {})


def replayed(run: Transcript, change: Change) -> tuple[Cause, Mapping[str, Result]]:
    """The one cause of a run whose answers were others, and the results by row."""
    found, results = judged(changed(run, change))
    assert len(found) == 1, found
    return found[0], {each.id: each for each in results}


def changed(run: Transcript, change: Change) -> Transcript:
    """The run with other answers, and without calls about tasks that none of them made."""
    exchanges = [change(each) for each in run.exchanges]
    made = {each.probe for each in exchanges if each.call == "create" and each.status == 200}
    return replace(
        run, exchanges=tuple(each for each in exchanges if not each.of or each.of in made)
    )


def one_finding(cause: Cause, results: Mapping[str, Result]) -> Result:
    """The only row of a cause that stays a finding; all others are not run and say why."""
    owned = [results[id] for id in cause.rows]
    assert all(each.message.startswith("cause 1: ") for each in owned)
    bearers = [each for each in owned if each.result != "not-run"]
    assert len(bearers) == 1, bearers
    assert cause.evidence
    return bearers[0]


def answering(call: str, status: int, body: Any) -> Change:
    def change(each: Exchange) -> Exchange:
        if each.call != call or each.auth != "key":
            return each
        return replace(each, status=status, json=body, is_json=True)

    return change


def test_a_sound_run_has_no_cause(runs: Mapping[str, Transcript]) -> None:
    for name, run in runs.items():
        found, results = judged(run)
        assert not found, name
        assert {each.result for each in results} <= {"pass", "untestable"}, name


def test_no_order_accepted(runs: Mapping[str, Transcript]) -> None:
    cause, results = replayed(runs["octopusx"], answering("create", 400, PROMPT_REQUIRED))
    assert (cause.kind, cause.result) == ("no-order-accepted", "fail")
    assert cause.message.endswith("were answered HTTP 400 'prompt is required'")
    assert "asks for `prompt`, which orders of OctopusX do not have" in cause.change
    assert "--dialect nbility or newapi" in cause.change
    assert one_finding(cause, results).id == "octopusx.mode.text"
    assert not [each for each in results.values() if each.result in ("fail", "warn")][1:]


def test_a_key_refused_in_words_blames_nobody(runs: Mapping[str, Transcript]) -> None:
    cause, results = replayed(runs["octopusx"], answering("create", 400, KEY_REFUSED))
    assert (cause.kind, cause.result) == ("key-refused", "not-run")
    assert "Invalid token" in cause.message
    assert "--api-key" in cause.change
    assert not [id for id, each in results.items() if each.result in ("fail", "warn")]
    verdict = verdicts.verdict(list(results.values()), True, shortfall="no legal order")
    assert (verdict.word, verdict.exit) == ("incomplete", 4)


def test_an_id_at_another_place(runs: Mapping[str, Transcript]) -> None:
    body = {"code": "success", "data": {"id": "task_4"}}
    cause, results = replayed(runs["octopusx"], answering("create", 200, body))
    assert cause.kind == "create-envelope"
    assert (
        'no answer to an order has its task id at /task_id or /id; "task_4" stands at /data/id'
        in (cause.message)
    )
    assert one_finding(cause, results).result == "fail"


def flat(each: Exchange) -> Exchange:
    """The answer of new-api's other route, which has no envelope."""
    if each.call != "query" or each.status != 200:
        return each
    task = each.json["data"]
    words = {"IN_PROGRESS": "in_progress", "SUCCESS": "completed", "FAILURE": "failed"}
    body = {"id": task["task_id"], "object": "video", "status": words.get(task["status"], "queued")}
    return replace(each, json={**body, "progress": 10, "metadata": {"url": ""}})


def test_every_answer_of_another_envelope(runs: Mapping[str, Transcript]) -> None:
    cause, results = replayed(runs["octopusx"], flat)
    assert cause.kind == "query-envelope"
    assert 'no answer to a query has its status at /data/status; "' in cause.message
    assert cause.message.endswith("stands at /status")
    assert one_finding(cause, results).row.kind == "shape"


def test_a_status_word_that_nobody_knows(runs: Mapping[str, Transcript]) -> None:
    def finished(each: Exchange) -> Exchange:
        text = json.dumps(each.json).replace('"SUCCESS"', '"FINISHED"')
        return replace(each, json=json.loads(text)) if each.call == "query" else each

    cause, results = replayed(runs["octopusx"], finished)
    assert cause.kind == "unknown-status"
    assert 'tasks stand at the status "FINISHED"' in cause.message
    assert "SUBMITTED, IN_PROGRESS, SUCCESS, FAILURE" in cause.change
    assert one_finding(cause, results).id == "octopusx.status.words"


@pytest.mark.parametrize(
    ("name", "shown", "field", "said", "row"),
    [
        (
            "octopusx",
            {"seconds": 5.0, "frames": 121},
            "metadata.duration",
            "lasts 5 s",
            "octopusx.duration.effect",
        ),
        ("openai", {"width": 1280, "height": 720}, "size", "is 1280x720", "openai.size."),
    ],
)
def test_a_field_that_is_never_read(
    runs: Mapping[str, Transcript],
    name: str,
    shown: Mapping[str, Any],
    field: str,
    said: str,
    row: str,
) -> None:
    run = runs[name]
    facts = tuple({**each, **shown} if each["kind"] == "clip" else each for each in run.facts)
    cause, results = replayed(replace(run, facts=facts), lambda each: each)
    assert cause.kind == "field-unread"
    assert f"`{field}` is never read: orders said" in cause.message
    assert cause.message.endswith(f"and every clip {said}")
    found = one_finding(cause, results).id
    assert found.startswith(row) if row.endswith(".") else found == row


def test_what_is_refused_in_the_words_for_good_orders_is_no_evidence(
    runs: Mapping[str, Transcript],
) -> None:
    """A gateway that reads a field as something else refuses all that stands in it."""
    words = {"error": {"message": "cannot unmarshal object", "code": "bad_request"}}

    def unread(each: Exchange) -> Exchange:
        sent = each.sent if isinstance(each.sent, Mapping) else {}
        if each.call != "create" or not isinstance(sent.get("input_reference"), Mapping):
            return each
        return replace(each, status=400, json=words, is_json=True)

    run = runs["openai"]
    ids = ("openai.input-reference.matching", "openai.input-reference.other-formats")
    sound = {each.id: each for each in judged(run)[1]}
    results = {each.id: each for each in judged(changed(run, unread))[1]}
    for id in ids:
        assert sound[id].result == "pass"
        assert results[id].result == "not-run"
        assert results[id].message.startswith("good orders with such a field are refused likewise")


def test_one_wrong_clip_is_no_field_that_is_never_read(runs: Mapping[str, Transcript]) -> None:
    run = runs["octopusx"]
    first = next(each for each in run.facts if each["kind"] == "clip")
    facts = tuple({**each, "seconds": 9.0} if each is first else each for each in run.facts)
    found, results = judged(replace(run, facts=facts))
    assert not found
    assert any(each.result == "fail" for each in results)


def test_refusals_of_another_envelope(runs: Mapping[str, Transcript]) -> None:
    def detail(each: Exchange) -> Exchange:
        refused = each.status is not None and each.status >= 400 and each.is_json
        return replace(each, json={"detail": each.json["error"]["message"]}) if refused else each

    cause, results = replayed(runs["ark"], detail)
    assert cause.kind == "refusal-envelope"
    assert "every refusal has another envelope: /error is missing in all" in cause.message
    assert one_finding(cause, results).id == "ark.error.envelope"
    assert len(cause.rows) > 5


def test_references_that_nobody_measures(runs: Mapping[str, Transcript]) -> None:
    run = runs["ark"]
    plan = opening.plan_of(run.meta)
    media = {key for row in plan.rows if row.kind == "media" for key in plan.groups[row.id]}

    def lax(each: Exchange) -> Exchange:
        if each.probe not in media or each.want != "refuse":
            return each
        return replace(each, status=200, json={"id": f"cgt-{each.number}"}, is_json=True)

    cause, results = replayed(run, lax)
    assert cause.kind == "references-unmeasured"
    assert one_finding(cause, results).row.kind == "media"


def moved(method: str, body: Any) -> Any:
    """The link where a new-api answer has it, and nowhere else."""
    content = body.get("data", {}).get("data", {}).get("content") if method == "GET" else None
    if content and "video_url" in content:
        body["metadata"] = {"url": content.pop("video_url")}
    return body


async def test_clips_are_judged_by_the_link_that_stands_elsewhere(tmp_path: Path) -> None:
    async with serving() as upstream, translating(upstream, Translation(answer=moved)) as base:
        given = ["run", "--dialect", "octopusx", "--base-url", f"{base}/octopusx"]
        for part in ("clip", "query.link", "link", "duration.effect"):
            given += ["--select", f"octopusx.{part}"]
        await asyncio.to_thread(main, [*given, "--report-dir", str(tmp_path)])
    report = json.loads((tmp_path / "report.json").read_text("utf-8"))
    rows = {row["id"]: row for row in report["rows"]}
    (cause,) = report["causes"]
    assert cause["kind"] == "link-elsewhere"
    assert "a link stands at /metadata/url, and none at /data/data/content" in cause["message"]
    assert cause["rows"] == ["octopusx.query.link"]
    assert rows["octopusx.query.link"]["result"] == "warn"
    assert {id for id, row in rows.items() if row["result"] != "pass"} == {"octopusx.query.link"}


def test_a_link_of_an_order_is_no_clip_when_its_run_is_resumed() -> None:
    plan = stage.plan(World(documents.catalogue("octopusx"), control=True, media=True))
    own, link = shared(plan.world), "https://a.example.com/video.mp4"
    order = replace(exchange(1, own, 200, {"task_id": "task_1"}), sent={"video": link})
    run = object.__new__(Collector)
    run.plan, run.number, run.answered, run.tasks = plan, 0, {}, {}
    run.remember(Transcript({}, (order,), (), True))
    sent = run.tasks[own.key].sent
    assert strays.link(run.dialect, {"echo": link}, sent) is None
    assert strays.link(run.dialect, {"echo": link}, ()) == ("/echo", link)


def test_causes_head_each_form_of_the_report(
    runs: Mapping[str, Transcript], tmp_path: Path
) -> None:
    run = runs["octopusx"]
    change = answering("create", 400, {**PROMPT_REQUIRED, "message": "<b>prompt</b> is required"})
    run = changed(run, change)
    found, results = judged(run)
    verdict = verdicts.verdict(results, True)
    assert (verdict.word, verdict.counts["fail"]) == ("not conformant", 1)
    report = Report(opening.plan_of(run.meta), run, results, verdict, {}, found)
    html = page.html(report)
    assert 0 < html.index("<h2>Causes</h2>") < html.index("<h2>What was found</h2>")
    assert "<b>prompt" not in html
    assert files.summary(report).index("**Cause 1** (fail") < files.summary(report).index("| area")
    data = report.data()
    assert data["causes"][0]["rows"] == list(found[0].rows)
    assert data["causes"][0]["exchanges"] == list(found[0].evidence)
    assert documents.catalogue("octopusx").dialect.title in report.title
