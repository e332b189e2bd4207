"""Reports: escaped, bounded, parseable; deviations known, gone and new."""

import json
import xml.etree.ElementTree as ElementTree
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from conformance.catalogue import documents, reader
from conformance.catalogue.rows import Row
from conformance.cli import commands
from conformance.collect import transcript
from conformance.collect.transcript import Exchange, Transcript
from conformance.judge import deviations, verdicts
from conformance.judge.verdicts import Result
from conformance.plan import stage
from conformance.plan.probes import World, shared
from conformance.report.model import Report
from conformance.untrusted import clean
from conformance.untrusted.redaction import Redactor

EVIL = "<script>alert(1)</script>]]>\x07" + "\U0001f600"
WORLD = {"profile": "full", "control": False, "second": False, "callback": False, "media": False}
META = {
    "version": 1,
    "run": "r",
    "dialect": "apiyi",
    "base_url": "https://gateway.example.com",
    "profile": "full",
    "seed": 0,
    "select": [],
    "models": {},
    "world": {**WORLD, "loopback": False},
}


def row(id: str = "apiyi.duration.range") -> Row:
    return documents.catalogue("apiyi").row(id)


def evil() -> Transcript:
    """A run of a gateway that answers with what no page should show as it is."""
    world = World(documents.catalogue("apiyi"), media=False)
    plan = stage.plan(world)
    exchanges = tuple(
        Exchange(
            number=number,
            probe=probe.key,
            call=probe.call,
            cost=probe.cost,
            want=probe.want,
            method=probe.method,
            url=probe.path + EVIL,
            status=200,
            json={"id": f"{EVIL}{number}", "x": EVIL * 2000},
            is_json=True,
        )
        for number, probe in enumerate(plan.probes.values(), 1)
        if not probe.of
    )
    return Transcript(META, exchanges, ({"kind": "end"},), True)


def test_reports_are_escaped_and_bounded(tmp_path: Path) -> None:
    report = commands.reported(evil(), tmp_path, None, False)
    text = (tmp_path / "report.html").read_text("utf-8")
    assert report.verdict.exit == 1
    assert "<script>alert" not in text
    assert "http://" not in text.replace("http://127", "")
    assert len(text) < 3_000_000
    suites = ElementTree.parse(tmp_path / "junit.xml").getroot()
    cases = suites.findall(".//testcase")
    assert len(cases) == len(report.results)
    assert len(suites.findall(".//failure")) == report.verdict.counts["fail"]
    sarif = json.loads((tmp_path / "report.sarif").read_text("utf-8"))
    assert sarif["version"] == "2.1.0"
    assert "<script>" not in (tmp_path / "summary.md").read_text("utf-8")


def test_the_page_begins_with_what_was_found(tmp_path: Path) -> None:
    report = commands.reported(evil(), tmp_path, None, False)
    text = (tmp_path / "report.html").read_text("utf-8")
    head, _, rest = text.partition('id="find"')
    found = [each.id for each in report.results if each.result in ("fail", "warn")]
    assert found
    for id in found:
        assert f'href="#{id}"' in head
        assert f'<details id="{id}"' in rest


def test_report_json_has_the_fixed_keys(tmp_path: Path) -> None:
    commands.reported(evil(), tmp_path, None, False)
    data = json.loads((tmp_path / "report.json").read_text("utf-8"))
    assert {"meta", "totals", "rows"} <= set(data)
    wanted = {"id", "level", "result", "source", "requirement", "requests", "cost", "reproducer"}
    assert all(wanted <= set(each) for each in data["rows"])
    assert all(
        each["reproducer"].startswith("#!/bin/sh")
        for each in data["rows"]
        if each["result"] == "fail"
    )


def test_every_result_has_a_message_that_stands_alone() -> None:
    made = evil()
    world = World(documents.catalogue("apiyi"))
    for each in verdicts.results(stage.plan(world), made, {}):
        assert each.result in verdicts.RESULTS
        assert each.message, each.id


def test_nothing_sent_is_nothing_passed() -> None:
    for name in documents.dialects():
        world = World(
            documents.catalogue(name), control=True, second=True, callback=True, media=True
        )
        empty = Transcript({**META, "dialect": name}, (), (), True)
        found = verdicts.results(stage.plan(world), empty, {})
        assert {each.result for each in found} <= {"not-run", "untestable"}, name


def test_a_verdict_needs_every_must() -> None:
    kept = Result(row(), "pass", "")
    assert verdicts.verdict([kept], True).exit == 0
    assert verdicts.verdict([kept], False).exit == 4
    assert verdicts.verdict([kept, replace(kept, result="not-run")], True).exit == 4
    assert verdicts.verdict([kept, replace(kept, result="fail")], True).exit == 1
    assert verdicts.verdict([kept, replace(kept, result="warn")], True).exit == 0
    assert verdicts.verdict([kept, replace(kept, result="warn")], True, strict=True).exit == 1
    assert verdicts.verdict([kept, replace(kept, result="error")], True).exit == 5


def test_a_must_that_an_option_would_let_be_judged_is_not_run() -> None:
    kept = Result(row(), "pass", "")
    unseen = replace(kept, result="untestable")
    assert verdicts.verdict([kept, unseen], True).exit == 0
    wanting = verdicts.verdict([kept, replace(unseen, lacks="--media-url")], True)
    assert (wanting.exit, wanting.unrun) == (4, 1)
    assert wanting.gaps == ("1 row (1 of them must) not judged for want of --media-url",)
    assert "1 musts not run" in wanting.scope


def test_what_the_profile_leaves_out_is_told_and_not_held_against_the_run() -> None:
    kept = Result(row(), "pass", "")
    left = verdicts.verdict([kept, replace(kept, result="not-run", outside=True)], True)
    assert (left.exit, left.unrun, left.outside) == (0, 0, 1)
    assert left.scope == " within the profile (1 musts are outside)"


@pytest.mark.parametrize("result", ["untestable", "not-run", "skip"])
def test_where_nothing_was_judged_nothing_is_said(result: str) -> None:
    only = Result(row("apiyi.query.extras"), result, "")
    assert only.row.level != "must"
    assert verdicts.verdict([only], True).word == "incomplete"


def test_a_verdict_over_shoulds_alone_says_what_a_warning_does() -> None:
    plan = stage.plan(World(documents.catalogue("ark")), ["ark.id.pattern"])
    mild = Result(plan.rows[0], "warn", "x")
    found = verdicts.verdict([mild], True)
    assert found.scope == ", where no row is a must: --strict fails on a warning"
    assert verdicts.verdict([mild], True, strict=True).scope == ""


def test_a_known_deviation_is_known_stale_or_another() -> None:
    known = deviations.Deviation(row().id, "accepted", "they do not check")
    bad = Result(row(), "fail", "duration=3: to be refused, but accepted as a task")
    today = date(2026, 1, 2)
    assert [each.result for each in deviations.applied([bad], [known], today)] == ["known"]
    good = replace(bad, result="pass", message="kept")
    assert [each.result for each in deviations.applied([good], [known], today)] == ["stale"]
    other = replace(bad, message="duration=4: permitted, but refused with HTTP 400")
    assert [each.result for each in deviations.applied([other], [known], today)] == ["fail"]
    ended = replace(known, expiry=date(2026, 1, 1))
    assert [each.result for each in deviations.applied([bad], [ended], today)] == ["fail"]


def test_a_known_cause_is_known_whichever_row_bears_it() -> None:
    known = deviations.Deviation(row().id, "cause no-order-accepted", "it speaks another dialect")
    bearer = Result(row(), "fail", "cause 1: no legal order became a task: HTTP 400", cause=1)
    today, kinds = date(2026, 1, 2), {1: "no-order-accepted"}
    assert deviations.applied([bearer], [known], today) == (bearer,)
    assert deviations.signature(bearer, kinds[1]) == known.signature

    def found(result: Result, causes: dict[int, str]) -> str:
        return deviations.borne([result], [known], today, causes)[0].result

    other = replace(bearer, row=row("apiyi.query.extras"))
    assert found(bearer, kinds) == found(other, kinds) == "known"
    assert found(bearer, {1: "key-refused"}) == "fail"
    assert found(replace(bearer, cause=0), {}) == "fail"
    assert found(replace(bearer, result="not-run"), kinds) == "not-run"
    kept = replace(bearer, result="pass", cause=0)
    assert (found(kept, {}), found(kept, kinds)) == ("stale", "pass")


@pytest.mark.parametrize("name", documents.dialects())
def test_shipped_deviations_parse(name: str) -> None:
    path = documents.folder() / name / "observed.toml"
    ids = [each.id for each in documents.catalogue(name).rows]
    if path.exists():
        assert deviations.load(path, ids)


def test_a_deviations_file_that_cannot_be_used(tmp_path: Path) -> None:
    path = tmp_path / "known.toml"
    for text in ('[[deviation]]\nrule = "x"\n', "no", '[[deviation]]\nrule="x"\nsignature="y"\n'):
        path.write_text(text, "utf-8")
        with pytest.raises(deviations.DeviationError, match=r"known\.toml"):
            deviations.load(path, [row().id])


def test_signatures_become_hashes_and_keys_vanish() -> None:
    redactor = Redactor(["sk-secret-key"])
    link = "https://x.example/a.mp4?X-Tos-Date=20260101T000000Z&X-Tos-Signature=" + "ab" * 32
    one, two = redactor.text(link), redactor.text(link)
    assert one == two
    assert "abab" not in one
    assert "X-Tos-Date=20260101T000000Z" in one
    assert redactor.value({"a": ["sk-secret-key"]}) == {"a": ["[key]"]}
    assert redactor.headers({"Authorization": "Bearer sk-secret-key"}) == {
        "authorization": "[hidden]"
    }


def test_long_texts_are_cut() -> None:
    assert len(clean.line("x" * 10_000, 100)) < 150


def test_lines_with_strange_separators_are_one_line() -> None:
    world = World(documents.catalogue("apiyi"))
    probe = shared(world)
    line = json.dumps(
        {"kind": "note", "of": probe.key, "text": "a\u2028b\x85c"}, ensure_ascii=False
    )
    made = transcript.parse([json.dumps({"kind": "meta", **META}), line])
    assert made.facts_of("note", probe.key)


@pytest.mark.parametrize(
    ("spent", "text"),
    [
        ({"tasks": 0, "unwanted": 0, "unsettled": 0, "usd": "0", "unpriced": 0}, "no task made"),
        (
            {"tasks": 3, "unwanted": 1, "unsettled": 2, "usd": "1.301", "unpriced": 0},
            "3 tasks made, 1 of them by orders that may be refused, 2 more perhaps, by orders "
            "without a clear answer, at worst $1.31 by the listed prices",
        ),
        (
            {"tasks": 1, "unwanted": 0, "unsettled": 0, "usd": "0", "unpriced": 1},
            "1 task made, 1 without a listed price",
        ),
    ],
)
def test_what_was_spent_is_told_as_it_is_known(spent: dict[str, object], text: str) -> None:
    plan = stage.plan(World(documents.catalogue("apiyi")))
    made = Transcript(META, (), ({"kind": "spent", **spent},), True)
    assert Report(plan, made, (), verdicts.verdict([], True), {}).spent == text


def test_a_documented_503_with_an_error_is_a_refusal_that_costs_nothing() -> None:
    catalogue = documents.catalogue("apiyi")
    refused = {"error": {"message": "no available channel", "code": "model_not_found"}}
    owed = [
        reader.owed(catalogue.dialect, status, body, catalogue.refusing)
        for status, body in ((503, refused), (503, None), (502, refused), (503, {"id": "cgt-1"}))
    ]
    assert owed == ["refused", "unknown", "unknown", "unknown"]
