"""A vendor that nobody knows is judged by its folder of fixtures alone: ReelHub, invented here."""

import asyncio
import json
import os
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

import conformance
from conformance.catalogue import documents
from conformance.plan import samples
from tests.serving import listening

PRICES = """
[[reelhub]]
model = "reel-1"
unit = "second"
usd = "0.10"
source = "the invented page"
day = "2026-11-29"
"""
SIZES = {"1:1": "640&height=640", "16:9": "864&height=496"}

SAID = {
    1002: ("engine", "There is no such engine."),
    1003: ("seconds", "4 to 8 seconds."),
    1004: ("aspect", "1:1 or 16:9, and 2 reels."),
}


@dataclass
class ReelHub:
    """The vendor itself. `wrong` names what this one gets wrong."""

    wrong: str = ""
    tasks: dict[str, dict[str, Any]] = field(default_factory=dict)

    def app(self) -> web.Application:
        made = web.Application()
        made.router.add_post("/v2/video/submit", self.submit)
        made.router.add_get("/v2/video/result", self.result)
        made.router.add_get("/files/{id}.mp4", self.file)
        return made

    async def submit(self, request: web.Request) -> web.Response:
        if "Authorization" not in request.headers:
            return self.refused(401, 1001)
        try:
            order = await request.json()
        except ValueError:
            return self.refused(400, 1000)
        if fault := self.fault(order):
            return self.refused(400, fault)
        id = f"rh-{len(self.tasks) + 1:08x}"
        self.tasks[id] = {**order, "polls": 0}
        return web.json_response({"code": 0, "data": {"task_id": id}})

    def fault(self, order: Mapping[str, Any]) -> int:
        if order.get("engine") != "reel-1":
            return 1002
        long = isinstance(order.get("seconds"), int) and 4 <= order["seconds"] <= 8
        if not long and self.wrong != "length":
            return 1003
        fine = order.get("aspect") in SIZES and len(order.get("reels", ())) <= 2
        return 0 if fine else 1004

    async def result(self, request: web.Request) -> web.Response:
        if "Authorization" not in request.headers:
            return self.refused(401, 1001)
        id = request.query.get("task_id", "")
        if (task := self.tasks.get(id)) is None:
            return self.refused(404, 1404)
        state: Any = min(task["polls"], 2)
        task["polls"] += 1
        data = {"task_id": id, "state": str(state) if self.wrong == "words" else state}
        if state == 2:
            href = f"http://{request.host}/files/{id}.mp4"
            seconds = task["seconds"] + 4 * len(task.get("reels", ()))
            data |= {"files": [{"href": href}], "billed_seconds": seconds}
            data |= {"dice": task["dice"]} if "dice" in task else {}
        return web.json_response({"code": 0, "data": data})

    async def file(self, request: web.Request) -> web.Response:
        task = self.tasks[request.match_info["id"]]
        seconds = task["seconds"] + 2 * (self.wrong == "clip")
        wish = f"seconds={seconds}&width={SIZES[task['aspect']]}"
        raw, kind = samples.sample("video", 1, wish)
        return web.Response(body=raw, content_type=kind)

    def refused(self, status: int, code: int) -> web.Response:
        field_, why = SAID.get(code, ("", "not so"))
        err = {"no": code, "why": why, "sort": "order" if field_ else "call", "at": field_}
        if self.wrong == "refusals":
            err = {"no": 9, "why": "no", "sort": "x", "at": "x"}
        return web.json_response({"err": err}, status=status)


async def judged(folder: Path, wrong: str = "") -> Mapping[str, str]:
    """The results by row of a run of the suite as it is, with one folder more in its fixtures."""
    package = Path(conformance.__file__).parent
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(package, folder / "conformance", ignore=ignored)
    known = shutil.ignore_patterns("__pycache__", "reelhub")
    shutil.copytree(documents.folder(), folder / "fixtures", ignore=known)
    shutil.copytree(Path(__file__).parent / "reelhub", folder / "fixtures" / "reelhub")
    (folder / "fixtures" / "reelhub" / "examples").mkdir()
    (folder / "prices.toml").write_text(PRICES, "utf-8")
    async with listening(ReelHub(wrong).app(), 0.1, access_log=None) as base:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-m", "conformance", "run", "--dialect", "reelhub"),
            *("--base-url", base, "--api-key", "sk-reel", "--control", "none"),
            *("--media-url", "https://media.example.com", "--report-dir", str(folder / "report")),
            *("--prices", str(folder / "prices.toml"), "--max-wait", "5s"),
            env={**os.environ, "PYTHONPATH": str(folder)},
            cwd=folder,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        told, _ = await asyncio.wait_for(process.communicate(), 60)
    path = folder / "report" / "report.json"
    assert path.is_file(), told.decode()
    report = json.loads(path.read_text("utf-8"))
    return {row["id"]: row["result"] for row in report["rows"]}


async def test_a_seventh_dialect_is_judged_by_its_fixtures_alone(tmp_path: Path) -> None:
    results = await judged(tmp_path)
    assert set(results.values()) == {"pass"}, results


@pytest.mark.parametrize(
    ("wrong", "noticed"),
    [
        pytest.param("length", {"reelhub.seconds.range"}, marks=pytest.mark.slow),
        pytest.param(
            "clip", {"reelhub.clip.seconds", "reelhub.billed.seconds"}, marks=pytest.mark.slow
        ),
        pytest.param("words", {"reelhub.state.words"}, marks=pytest.mark.slow),
        pytest.param(
            "refusals",
            {
                *("reelhub.engine.unknown", "reelhub.engine.said", "reelhub.result.unknown"),
                *("reelhub.refusal.sort", "reelhub.refusal.at"),
            },
            marks=pytest.mark.slow,
        ),
    ],
)
async def test_what_a_seventh_dialect_gets_wrong_is_seen(
    wrong: str, noticed: set[str], tmp_path: Path
) -> None:
    results = await judged(tmp_path, wrong)
    assert {id for id, result in results.items() if result == "fail"} == noticed
