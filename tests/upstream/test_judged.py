"""Recordings of somebody's client, judged: what they show, and nothing that they do not."""

import json
import shutil
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest

from conformance.__main__ import main
from simulator.dialects import load
from tests.ordering import NAMES
from tests.serving import serve
from tests.upstream.recorded import edited, life
from tests.upstream.test_passing import Pair, pair


def judged(file: Path, *options: str) -> tuple[int, dict[str, dict[str, Any]]]:
    """The exit status, and the rows of the report by their ids."""
    folder = file.parent / "report"
    status = main(["judge", str(file), "--report-dir", str(folder), *options])
    rows = json.loads((folder / "report.json").read_text("utf-8"))["rows"]
    return status, {row["id"]: row for row in rows}


def bad(rows: dict[str, dict[str, Any]]) -> set[str]:
    return {id for id, row in rows.items() if row["result"] in ("fail", "warn", "error")}


def test_a_recording_shows_a_part_of_the_rows(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, rows = judged(file, "--strict")
    assert (status, bad(rows)) == (4, set())
    passed = {id.split(".")[1] for id, row in rows.items() if row["result"] == "pass"}
    assert {"billing", "clip", "link", "query"} <= passed, passed
    shown = sum(row["result"] == "pass" for row in rows.values())
    assert f"{shown} of {len(rows)} rows could be judged" in capsys.readouterr().out


async def test_a_gateway_that_breaks_rows_is_found_by_what_its_client_was_told(
    tmp_path: Path,
) -> None:
    file = tmp_path / "run.jsonl"
    async with (
        serve(seed=2, defect=("status-case",)) as behind,
        serve(dialect="uniall", upstream=f"{behind.base}/uniall", record=str(file)) as front,
    ):
        here = Pair(front, behind, load("uniall"))
        _, made = await here.order()
        await here.poll(here.dialect.reader.created_id(made))
    status, rows = judged(file, "--strict")
    assert (status, bad(rows)) == (1, {"uniall.status.words"})


def test_calls_that_a_page_does_not_speak_of_are_set_aside(file: Path) -> None:
    def otherwise(text: str) -> str:
        lines = [json.loads(line) for line in text.splitlines()]
        query = next(line for line in lines if line.get("call") == "query")
        other = {"number": 91, "url": query["url"].replace("/tasks/", "/jobs/"), "json": {"a": 1}}
        gone = {"number": 92, "call": "delete", "method": "DELETE", "status": 200, "json": {}}
        after = {"number": 93, "status": 404, "json": {"error": {"code": "ResourceNotFound"}}}
        lines[-1:-1] = [{**query, **each} for each in (other, gone, after)]
        return "".join(json.dumps(line) + "\n" for line in lines)

    edited(file, otherwise)
    assert bad(judged(file, "--strict")[1]) == set()


@pytest.mark.parametrize("model", ["doubao-seedance-9", "ep-20260101000000-abcde"])
def test_names_of_models_are_a_gateway_s_own_matter(model: str, file: Path) -> None:
    edited(file, lambda text: text.replace("doubao-seedance-2-0-260128", model))
    status, rows = judged(file)
    assert (status, bad(rows)) == (4, set())
    assert sum(row["result"] == "pass" for row in rows.values()) > 20


def ordered(text: str, duration: int, status: int) -> str:
    """The recording with one order more, and what became of it."""
    lines = [json.loads(line) for line in text.splitlines()]
    create = next(line for line in lines if line.get("call") == "create")
    more = {"number": 90, "probe": "recorded/90", "status": status}
    more["sent"] = {**create["sent"], "duration": duration}
    more["json"] = {"id": "cgt-20260606160057-other"}
    if status >= 400:
        error = {"code": "InvalidParameter", "message": "duration is not valid"}
        more["json"] = {"error": {**error, "type": "BadRequest", "param": "duration"}}
    lines.insert(-1, {**create, **more})
    return "".join(json.dumps(line) + "\n" for line in lines)


def test_an_order_that_a_row_forbids_is_evidence_whatever_became_of_it(file: Path) -> None:
    row = "ark.duration.range"
    assert judged(file)[1][row]["result"] == "not-run"
    whole = file.read_text("utf-8")
    edited(file, lambda text: ordered(text, 99, 400))
    status, rows = judged(file, "--strict")
    assert (status, bad(rows), rows[row]["result"]) == (4, set(), "pass")
    file.write_text(ordered(whole, 99, 200), "utf-8")
    status, rows = judged(file, "--strict")
    assert (status, rows[row]["result"]) == (1, "warn")


def test_a_legal_order_that_was_refused_may_have_had_its_reasons(file: Path) -> None:
    edited(file, lambda text: ordered(text, 6, 400))
    assert bad(judged(file)[1]) == set()


def test_answers_that_are_otherwise_than_documented_are_found(file: Path) -> None:
    edited(file, lambda text: text.replace('"status": "running"', '"status": "busy"'))
    status, rows = judged(file, "--strict")
    assert status == 1
    assert any("busy" in rows[id]["message"] for id in bad(rows))


@pytest.mark.skipif(shutil.which("git") is None, reason="there is no git")
def test_after_a_proposed_patch_nothing_is_new_or_gone(
    file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = file.parent
    monkeypatch.chdir(folder)
    sound = file.read_text("utf-8")

    def proposed(*options: str) -> tuple[set[str], set[str]]:
        """The rows that are bad and those that are known, after the patch was applied."""
        judged(file, "--deviations", "observed.toml", "--write", "new.patch")
        subprocess.run(["git", "apply", "new.patch"], check=True, capture_output=True)
        status, rows = judged(file, "--strict", "--deviations", "observed.toml")
        assert status == 4
        named = {id for id, row in rows.items() if row["result"] == "known"}
        return bad(rows) | {id for id, row in rows.items() if row["result"] == "stale"}, named

    edited(file, lambda text: text.replace('"status": "running"', '"status": "busy"'))
    broken = bad(judged(file)[1])
    assert proposed() == (set(), broken)
    # Broken in another way: what is known of it is exchanged, and what others wrote stays.
    known = Path("observed.toml")
    known.write_text("# Ours.\n" + known.read_text("utf-8").rstrip("\n"), "utf-8")
    edited(file, lambda text: text.replace('"status": "busy"', '"status": ["busy"]'))
    assert proposed()[0] == set()
    text = known.read_text("utf-8")
    assert text.startswith("# Ours.\n")
    rules = [one["rule"] for one in tomllib.loads(text)["deviation"]]
    assert len(rules) == len(set(rules)) > 0
    # Mended: what was known of it is gone.
    file.write_text(sound, "utf-8")
    assert proposed() == (set(), set())
    assert "deviation" not in tomllib.loads(known.read_text("utf-8"))
    Path("new.patch").unlink()
    judged(file, "--deviations", "observed.toml", "--write", "new.patch")
    assert "nothing to write" in capsys.readouterr().err
    assert not Path("new.patch").exists()


def test_a_patch_needs_a_file_that_git_can_patch(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    edited(file, lambda text: text.replace('"status": "running"', '"status": "busy"'))
    assert main(["judge", str(file), "--write", "x"]) == 2
    assert "--write: needs --deviations" in capsys.readouterr().err
    away = str(file.with_name("observed.toml"))
    assert main(["judge", str(file), "--deviations", away, "--write", "x"]) == 2
    assert "git applies no patch to" in capsys.readouterr().err
    assert main(["judge", str(file), "--deviations", away]) == 2
    assert "No such file" in capsys.readouterr().err


def test_a_clip_that_is_not_the_recorded_one_is_not_judged(file: Path) -> None:
    (clip,) = file.with_name("run.jsonl.files").iterdir()
    clip.write_bytes(clip.read_bytes()[:-1])
    rows = judged(file)[1]
    assert {row["result"] for id, row in rows.items() if ".clip." in id} <= {
        "not-run",
        "untestable",
    }


def test_a_recording_is_no_run_to_compare_with(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    address = ["--dialect", "ark", "--base-url", "http://127.0.0.1:9/ark"]
    assert main(["diff", *address, "--against", str(file)]) == 2
    assert "seedance-sim drift" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
async def test_a_recording_of_the_simulator_breaks_no_row(name: str, tmp_path: Path) -> None:
    file = tmp_path / "run.jsonl"
    async with pair(name, record=str(file)) as here:
        await life(here, here.behind, here.front)
    status, rows = judged(file)
    assert (status, bad(rows)) == (4, set())
