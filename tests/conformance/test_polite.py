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
    report: dict[str, Any] = json.loads((folder / "report.json").read_text())
    assert status == report["exit"]
    return report


def results(report: dict[str, Any], *names: str) -> dict[str, str]:
    return {row["id"]: row["message"] for row in report["rows"] if row["result"] in names}


@pytest.mark.slow
@pytest.mark.parametrize("name", ["nbility", "evolink", "octopusx", "apiyi", "ark"])
async def test_a_conforming_endpoint_is_conformant(name: str, tmp_path: Path) -> None:
    report = await politely(name, tmp_path)
    assert report["verdict"] == "conformant", results(report, "fail", "not-run", "error")
    assert not results(report, "fail", "warn", "error")
    assert all("that is running" in message for message in results(report, "not-run").values())
    untestable = results(report, "untestable")
    assert all(message for message in untestable.values())
    assert len(untestable) <= 25


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


async def test_a_task_that_has_ended_is_still_nobody_elses(tmp_path: Path) -> None:
    report = await politely("ark", tmp_path, "--select", "ark.task.foreign")
    assert list(results(report, "pass")) == ["ark.task.foreign"]


@pytest.mark.slow
async def test_callbacks_that_repeat_are_waited_for(tmp_path: Path) -> None:
    report = await politely("evolink", tmp_path, "--select", "evolink.callback.retries")
    assert list(results(report, "pass")) == ["evolink.callback.retries"]
