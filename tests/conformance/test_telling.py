"""What a person sees of a run: progress, spend, day and version, the way to a fault, hints."""

import asyncio
import io
import json
import os
import sys
from decimal import Decimal
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from conformance import judge
from conformance.__main__ import main
from conformance.catalogue import documents
from conformance.collect.transcript import Exchange, Transcript
from conformance.judge import verdicts
from conformance.judge.verdicts import Result
from conformance.plan import stage
from conformance.plan.probes import Probe, World
from conformance.report import files, page, terminal
from conformance.report.model import Report
from tests.conformance.meeting import serving

PLAN = stage.plan(World(documents.catalogue("apiyi"), control=True, loopback=True))


def answer(probe: Probe, body: Any = None, **more: Any) -> Exchange:
    given = {"status": 200, "json": body, "is_json": True, **more}
    return Exchange(1, probe.key, probe.call, probe.cost, "see", "POST", "/", **given)


async def ran(base: str, folder: Path, *more: str, select: str = "apiyi.status") -> int:
    given = ["run", "--dialect", "apiyi", "--base-url", f"{base}/apiyi", "--select", select]
    return await asyncio.to_thread(main, [*given, "--report-dir", str(folder), *more])


def test_progress_counts_what_was_planned_and_says_what_was_bought_and_is_awaited() -> None:
    bought = [each for each in PLAN.probes.values() if each.cost in ("own", "shared")][:3]
    tally = terminal.Tally(PLAN, {bought[0].key: Decimal("0.121"), bought[1].key: None})
    for number, probe in enumerate(bought[:2]):
        tally.add(answer(probe, {"id": f"cgt-{number}"}))
    tally.add(answer(bought[2], {"error": {"code": "x", "message": "no"}}, status=400))
    polled = Probe("query", "GET", "/{id}", of=bought[0].key)
    for word in ("queued", "running"):
        tally.add(answer(polled, {"status": word}, of=bought[0].key))
    assert len(tally.sent) == 3, "polls and what nobody planned are no part of the plan"
    said = "2 tasks made, at worst $0.13, 1 without a listed price, waiting for 1 task to end"
    assert str(tally) == said
    tally.add(answer(polled, {"status": "succeeded"}, of=bought[0].key))
    assert "waiting" not in str(tally)


def test_where_there_is_no_terminal_a_line_says_how_far_a_run_is() -> None:
    said = Console(file=io.StringIO())
    probe = next(each for each in PLAN.probes.values() if each.cost == "shared")
    tally = terminal.Tally(PLAN, {})
    with terminal.Progress(said, tally, 1, silence=0) as progress:
        progress.seen(answer(probe, {"id": "cgt-1"}))
    assert said.file.getvalue() == "1 answers after 0 s, 1 task made\n"  # type: ignore[attr-defined]


async def test_output_off_a_terminal_has_whole_lines(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with serving(defect=("status-synonym",)) as base:
        await ran(base, tmp_path)
    lines = capsys.readouterr().out.splitlines()
    row = documents.catalogue("apiyi").row("apiyi.status.words")
    assert any(row.requirement in each and row.id in each for each in lines)
    assert any(str(tmp_path) in each for each in lines)


async def test_reports_carry_day_and_version(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with serving() as base:
        await ran(base, tmp_path)
    meta = json.loads((tmp_path / "report.json").read_text("utf-8"))["meta"]
    suite = metadata.version("seedance-sim")
    assert (meta["suite"], len(meta["day"])) == (suite, 10)
    told = f"un on {meta['day']} with version {suite} of the suite"
    assert told in (tmp_path / "report.html").read_text("utf-8")
    assert told.replace("-", "").replace(".", "") in "".join(
        each for each in (tmp_path / "summary.md").read_text("utf-8") if each not in "-.\\"
    )
    assert told in capsys.readouterr().out


async def test_a_page_says_which_key_was_sent_and_what_a_placeholder_is(tmp_path: Path) -> None:
    async with serving() as base:
        select = "apiyi.auth", "apiyi.media"
        await ran(base, tmp_path, "--select", select[1], select=select[0])
        page = (tmp_path / "report.html").read_text("utf-8")
    assert "no Authorization header" in page
    assert "Authorization: Bearer and a key that nobody has" in page


@pytest.mark.parametrize("debug", [(), ("--debug",)])
async def test_a_fault_of_the_suite_shows_its_place_and_with_debug_the_way_there(
    debug: tuple[str, ...],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(judge.KINDS, "words", lambda case: case.row.nothing)
    async with serving() as base:
        assert await ran(base, tmp_path, *debug) == 5
    seen = capsys.readouterr()
    assert "the suite's own judge failed: AttributeError" in seen.out
    assert "(at conformance/judge/__init__.py:" in seen.out
    assert ("Traceback" in seen.err) is bool(debug)


@pytest.mark.parametrize("debug", [False, True])
def test_a_fault_of_a_command_is_one_line_without_debug(
    debug: bool, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("conformance.report.catalogue.rows", lambda names: 1 / 0)
    assert main(["rows", *(["--debug"] if debug else [])]) == 5
    said = capsys.readouterr().err
    assert "ZeroDivisionError" in said
    assert "(at conformance/cli/commands.py:" in said
    assert (said.count("\n") > 1) is debug


@pytest.mark.parametrize(("references", "hinted"), [("trust", True), ("fetch", False)])
async def test_media_that_a_trusting_simulator_cannot_know_are_hinted_at(
    references: str, hinted: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with serving(references=references) as base:
        await ran(base, tmp_path, "--media-url", "http://127.0.0.1:9/media")
    assert ("start it with --references fetch" in capsys.readouterr().err) is hinted


def test_every_kind_of_credentials_has_words() -> None:
    from conformance.report.legend import AUTH

    for name in documents.dialects():
        plan = stage.plan(
            World(documents.catalogue(name), control=True, second=True, loopback=True)
        )
        assert {each.auth for each in plan.probes.values()} <= set(AUTH)


def test_a_report_that_names_a_placeholder_says_what_it_stands_for() -> None:
    row = documents.catalogue("apiyi").row("apiyi.status.words")
    meta = {"dialect": "apiyi", "base_url": "http://127.0.0.1:1", "profile": "full", "seed": 0}
    run = Transcript(meta, (), (), True)
    for message, explained in (("image=$image1?width=7: refused", True), ("refused", False)):
        found = (Result(row, "fail", message),)
        report = Report(PLAN, run, found, verdicts.verdict(found, True), {})
        said = Console(file=io.StringIO(), width=terminal.WIDE)
        terminal.show(report, said)
        texts = page.html(report), files.summary(report), said.file.getvalue()  # type: ignore[attr-defined]
        assert [("stand for reference media" in each) for each in texts] == [explained] * 3


async def test_a_locale_without_the_letters_breaks_no_run(tmp_path: Path) -> None:
    async with serving(defect=("status-synonym",)) as base:
        given = ["run", "--dialect", "apiyi", "--base-url", f"{base}/apiyi"]
        given += ["--select", "apiyi.status", "--select", "apiyi.auth"]
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "conformance", *given, "--report-dir", str(tmp_path)),
            env={**os.environ, "PYTHONIOENCODING": "ascii"},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        said, wrong = await process.communicate()
    assert process.returncode == 1, wrong.decode()
    assert b"not conformant" in said
