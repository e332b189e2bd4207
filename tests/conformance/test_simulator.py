"""The simulator is conformant in all dialects and fidelities; the suite keeps its figures."""

import asyncio
import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession

from conformance.__main__ import main
from conformance.catalogue import documents
from conformance.collect import opening, transcript
from simulator import dialects
from tests.conformance import mutants
from tests.conformance.meeting import judged, noticed, recorded, serving

NAMES = documents.dialects()
MOST = 610


async def command(*arguments: str) -> int:
    return await asyncio.to_thread(main, arguments)


async def ran(name: str, folder: Path, *more: str, **settings: Any) -> dict[str, Any]:
    """The report of a run against a simulator of its own."""
    async with serving(**settings) as base:
        url = f"{base}/{name}"
        given = ["run", "--dialect", name, "--base-url", url, "--report-dir", str(folder), *more]
        status = await command(*given)
    report: dict[str, Any] = json.loads((folder / "report.json").read_text("utf-8"))
    assert status == report["exit"]
    return report


def results(report: dict[str, Any], *names: str) -> dict[str, str]:
    return {row["id"]: row["message"] for row in report["rows"] if row["result"] in names}


# The others with the slow proofs.
SAMPLES = ("octopusx", "openai", "uniall")
SOME = [
    pytest.param(name, marks=() if name in SAMPLES else pytest.mark.slow, id=name) for name in NAMES
]


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
async def test_every_cell_is_as_it_was_ordered(name: str, tmp_path: Path) -> None:
    report = await ran(name, tmp_path)
    assert report["verdict"] == "conformant", results(report, "fail", "error", "not-run")
    assert not results(report, "warn", "not-run", "error")
    assert report["totals"]["requests"] <= 1000


@pytest.mark.parametrize("name", SOME)
async def test_every_dialect_is_conformant(name: str, tmp_path: Path) -> None:
    report = await ran(name, tmp_path, "--no-cells")
    assert report["verdict"] == "conformant", results(report, "fail", "error", "not-run")
    assert not results(report, "warn", "not-run", "error")
    assert report["causes"] == []
    assert len(results(report, "untestable")) <= 3
    assert report["totals"]["requests"] <= MOST


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
async def test_observed_differs_by_exactly_the_shipped_deviations(
    name: str, tmp_path: Path
) -> None:
    path = documents.folder() / name / "observed.toml"
    more = ["--deviations", str(path)] if path.exists() else []
    report = await ran(name, tmp_path, *more, fidelity="observed")
    assert report["verdict"] == "conformant", results(report, "fail", "stale")
    assert not results(report, "warn", "stale")
    assert bool(results(report, "known")) == path.exists()


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
async def test_a_row_alone_says_what_it_says_among_all(name: str, tmp_path: Path) -> None:
    """What a row needs of others, such as an asset or a task, is made for it too."""
    said = {}
    async with serving() as base:
        for row in documents.catalogue(name).testable:
            if row.level in ("must", "should"):
                alone = judged(await recorded(base, name, (row.id,), tmp_path))[row.id]
                said[row.id] = (alone.result, alone.message)
    false = {id: told for id, told in said.items() if told[0] in ("fail", "warn", "error")}
    assert not false


@pytest.mark.parametrize("name", NAMES)
async def test_free_bills_nothing(name: str, tmp_path: Path) -> None:
    async with serving() as base:
        url = f"{base}/{name}"
        given = ["run", "--dialect", name, "--base-url", url, "--report-dir", str(tmp_path)]
        await command(*given, "--profile", "free", "--api-key", "sk-counted")
        async with (
            ClientSession() as client,
            client.get(f"{base}/_sim/ledger?key=sk-counted") as got,
        ):
            ledger = await got.json()
    assert ledger["items"] == []
    report = json.loads((tmp_path / "report.json").read_text("utf-8"))
    assert report["totals"]["requests"] <= 80
    assert not results(report, "fail", "warn", "error")


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
async def test_lite_buys_at_most_two_tasks(name: str, tmp_path: Path) -> None:
    report = await ran(name, tmp_path, "--profile", "lite", "--max-contingent", "0")
    lines = (tmp_path / "ledger.jsonl").read_text("utf-8").splitlines()
    paid = [line for line in lines if '"shared"' in line or '"own"' in line]
    assert len(paid) <= 2
    assert not results(report, "fail", "error")


async def test_pointing_at_another_dialect_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with serving() as base:
        given = ["run", "--dialect", "evolink", "--base-url", f"{base}/apiyi"]
        assert await command(*given, "--report-dir", str(tmp_path)) == 3
    assert "try --dialect apiyi" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "fault", "text"),
    [
        ("ark", "id-missing", "no legal order became a task"),
        ("ark", "task-vanishes", "no task was seen to succeed: HTTP 404"),
        ("octopusx", "download-cut", "no clip could be had: no answer (the body cannot be read"),
    ],
)
async def test_where_no_task_or_clip_is_seen_the_verdict_is_incomplete(
    name: str, fault: str, text: str, tmp_path: Path
) -> None:
    async with serving(defect=(fault,)) as base:
        given = ["run", "--dialect", name, "--base-url", f"{base}/{name}", "--report-dir"]
        assert await command(*given, str(tmp_path), "--select", f"{name}.clip") == 4
    assert text in json.loads((tmp_path / "report.json").read_text("utf-8"))["gaps"][0]


async def test_a_clip_at_a_wrong_rate_leaves_the_last_picture_as_it_is(tmp_path: Path) -> None:
    async with serving(defect=("clip-wrong-rate",)) as base:
        told = judged(await recorded(base, "ark", ("ark.last-frame", "ark.clip.fps"), tmp_path))
    assert told["ark.last-frame.picture"].result == "pass"
    assert told["ark.clip.fps"].result == "warn"


async def test_headers_for_the_endpoint_do_not_go_to_the_store(tmp_path: Path) -> None:
    async with serving() as base:
        given = ["run", "--dialect", "apiyi", "--base-url", f"{base}/apiyi", "--report-dir"]
        more = ["--select", "apiyi.link", "--header", "X-Gateway: inner"]
        assert await command(*given, str(tmp_path), *more) == 0
    found = transcript.load(tmp_path / "run.jsonl").exchanges
    told = {each.call: "x-gateway" in map(str.lower, each.sent_headers) for each in found}
    assert (told["download"], told["create"], told["query"]) == (False, True, True)


async def test_an_answer_too_many_is_the_endpoints_fault_and_not_the_suites(
    tmp_path: Path,
) -> None:
    async with serving(defect=("create-answered-twice",)) as base:
        given = ["run", "--dialect", "uniall", "--base-url", f"{base}/uniall", "--report-dir"]
        # Which call takes which answer is chance; that the control plane takes none is not.
        assert await command(*given, str(tmp_path), "--select", "uniall.status") in (0, 1, 4)


async def test_an_address_above_the_root_is_led_below(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with serving() as base:
        given = ["run", "--dialect", "apiyi", "--base-url", base, "--api-key", "sk-above"]
        assert await command(*given, "--report-dir", str(tmp_path)) == 3
        assert f"try {base}/apiyi" in capsys.readouterr().err


def broken_duration(name: str = "apiyi") -> Any:
    """The dialect without the bounds of its duration."""
    return next(
        dialect
        for label, dialect in mutants.rules(dialects.load(name))
        if label.startswith("rule.removed") and label.endswith("Between.duration")
    )


async def test_a_printed_script_shows_the_failure(tmp_path: Path) -> None:
    async with serving(broken_duration()) as base:
        url = f"{base}/apiyi"
        given = ["run", "--dialect", "apiyi", "--base-url", url, "--report-dir", str(tmp_path)]
        assert await command(*given, "--select", "apiyi.duration.range") == 1
        script = tmp_path / "reproducers" / "apiyi.duration.range.sh"
        assert script.stat().st_mode & stat.S_IXUSR
        refused, _ = await shell(script)
        paid, said = await shell(script, PAY="1")
    assert (refused, paid) == (2, 0)
    assert "HTTP 200" in said
    assert '"id"' in said


async def shell(script: Path, **more: str) -> tuple[int | None, str]:
    """Status and output of a script, with a key in its environment."""
    given = {**os.environ, "SEEDANCE_API_KEY": "sk-somebody", **more}
    process = await asyncio.create_subprocess_exec(
        "sh",
        str(script),
        env=given,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    return process.returncode, said.decode()


async def test_a_canary_dies(tmp_path: Path) -> None:
    ids = ["apiyi.duration.range"]
    async with serving() as base:
        before = judged(await recorded(base, "apiyi", ids, tmp_path))
    async with serving(broken_duration()) as base:
        after = judged(await recorded(base, "apiyi", ids, tmp_path))
    assert noticed(before, after) == ids


async def test_a_run_can_be_told_from_its_first_line(tmp_path: Path) -> None:
    async with serving() as base:
        told = await recorded(base, "uniall", ("uniall.status.*", "uniall.duration.*"), tmp_path)
    plan = opening.plan_of(told.meta)
    assert {each.probe for each in told.exchanges if each.call == "create"} <= {
        *plan.probes,
        *(each.probe for each in told.exchanges if each.form == "raw:empty"),
    }
