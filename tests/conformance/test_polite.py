"""Without a control plane the suite waits, and its verdicts are those of a run with one."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from conformance.__main__ import main
from tests.conformance.meeting import serving


async def politely(name: str, folder: Path, *more: str, **settings: Any) -> dict[str, Any]:
    """The report of a run that has no control plane, against tasks that end at once."""
    async with serving(pace="instant", start=None, **settings) as base:
        given = ["run", "--dialect", name, "--base-url", f"{base}/{name}", "--control", "none"]
        given += ["--api-key", "sk-polite", "--second-key", "sk-another"]
        given += ["--media-url", f"{base}/_sim/media", "--report-dir", str(folder), *more]
        status = await asyncio.to_thread(main, given)
    report: dict[str, Any] = json.loads((folder / "report.json").read_text("utf-8"))
    assert status == report["exit"]
    return report


def results(report: dict[str, Any], *names: str) -> dict[str, str]:
    return {row["id"]: row["message"] for row in report["rows"] if row["result"] in names}


@pytest.mark.slow
@pytest.mark.parametrize("name", ["nbility", "evolink", "octopusx", "apiyi", "ark"])
async def test_a_conforming_endpoint_is_conformant(name: str, tmp_path: Path) -> None:
    report = await politely(name, tmp_path, "--no-cells")
    assert not results(report, "fail", "warn", "error")
    left = results(report, "not-run")
    # Tasks that end at once show no earlier phase, of which one page says how far it stands.
    unseen = {id for id, message in left.items() if message == "no answer was seen"}
    assert unseen <= {"nbility.progress.words"}
    assert all("that is running" in message for id, message in left.items() if id not in unseen)
    assert report["verdict"] == ("incomplete" if unseen else "conformant")
    untestable = results(report, "untestable")
    assert all(message for message in untestable.values())
    assert len(untestable) <= 29


@pytest.mark.parametrize(
    ("defect", "row"),
    [
        ("url-missing", "apiyi.query.link"),
        ("numbers-as-strings", "apiyi.query.tokens"),
        ("clip-wrong-size", "apiyi.clip.size"),
        ("status-synonym", "apiyi.status.words"),
        ("url-elsewhere", "apiyi.query.link"),
    ],
)
async def test_a_broken_endpoint_is_seen_without_a_control_plane(
    defect: str, row: str, tmp_path: Path
) -> None:
    report = await politely("apiyi", tmp_path, "--select", row, "--max-wait", "2", defect=(defect,))
    assert results(report, "fail", "warn"), report["rows"]


@pytest.mark.slow
async def test_without_reference_media_the_verdict_is_incomplete_and_says_why(
    tmp_path: Path,
) -> None:
    async with serving(pace="instant", start=None) as base:
        given = [
            "run",
            "--dialect",
            "evolink",
            "--base-url",
            f"{base}/evolink",
            "--control",
            "none",
        ]
        given += ["--api-key", "sk-polite", "--profile", "lite", "--report-dir", str(tmp_path)]
        assert await asyncio.to_thread(main, given) == 4
    report = json.loads((tmp_path / "report.json").read_text("utf-8"))
    assert report["verdict"] == "incomplete"
    assert not results(report, "fail", "warn", "error")
    assert any("not judged for want of --media-url" in each for each in report["gaps"])
    assert any("calls were not sent" in each for each in results(report, "pass").values())
    assert "not judged for want of --media-url" in (tmp_path / "summary.md").read_text("utf-8")
    assert "not judged for want of --media-url" in (tmp_path / "report.html").read_text("utf-8")


async def test_what_was_spent_stands_in_the_report(tmp_path: Path) -> None:
    given = ("--profile", "lite", "--select", "apiyi.query,apiyi.duration.range")
    report = await politely("apiyi", tmp_path, *given)
    lines = (tmp_path / "ledger.jsonl").read_text("utf-8").splitlines()
    paid = sum('"shared"' in line for line in lines)
    assert report["totals"]["tasks"] == paid == 1
    assert report["totals"]["unwanted"] == 0
    assert float(report["totals"]["usd"]) > 0
    assert "1 task made, at worst $0." in (tmp_path / "report.html").read_text("utf-8")


async def test_a_task_that_has_ended_is_still_nobody_elses(tmp_path: Path) -> None:
    report = await politely("ark", tmp_path, "--select", "ark.task.foreign")
    assert list(results(report, "pass")) == ["ark.task.foreign"]


@pytest.mark.slow
async def test_callbacks_that_repeat_are_waited_for(tmp_path: Path) -> None:
    report = await politely("evolink", tmp_path, "--select", "evolink.callback.retries")
    assert list(results(report, "pass")) == ["evolink.callback.retries"]


async def test_a_task_that_nobody_saw_at_work_is_not_asked_when_it_began(tmp_path: Path) -> None:
    report = await politely("newapi", tmp_path, "--select", "newapi.query.times")
    assert [row["result"] for row in report["rows"]] == ["not-run"]
    assert "that is running" in report["rows"][0]["message"]
