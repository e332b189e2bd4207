"""Walks over tasks' lives find broken servers, and nothing that could cost goes to foreign ones."""

import asyncio
import json
import os
import subprocess
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from conformance.__main__ import main
from conformance.catalogue import documents
from conformance.cli.arguments import parser
from conformance.collect import options
from conformance.explore import lists, search
from conformance.explore.model import Fate
from conformance.explore.traces import Found
from tests.conformance.gateway import KEY, Gateway
from tests.conformance.gateway import serving as standing
from tests.conformance.meeting import serving


async def explored(name: str, base: str, folder: Path) -> int:
    given = ["--dialect", name, "--base-url", f"{base}/{name}", "--report-dir", str(folder)]
    return await asyncio.to_thread(main, ["explore", *given])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "defect", "text", "seen"),
    [
        ("ark", "cancel-refused", "deleting a task that is queued", "HTTP 409"),
        ("nbility", "not-found-after-create", "an own task is answered", "HTTP 404"),
    ],
)
async def test_a_life_that_breaks_is_told_in_its_fewest_calls(
    name: str, defect: str, text: str, seen: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "EXAMPLES", 1)
    async with serving(defect=(defect,)) as base:
        assert await explored(name, base, tmp_path) == 1
        line = json.loads((tmp_path / "vectors.jsonl").read_text("utf-8"))
        said = await shell(line["curl"], f"{base}/{name}", base)
    assert text in line["found"]
    assert line["search"] == "lives"
    assert len(line["steps"]) <= 7
    assert seen in said


@pytest.mark.parametrize(
    ("id", "text"), [([], "nobody's here"), ({}, "nobody's"), (7, "as failed")]
)
def test_a_list_may_show_anything_for_an_id(id: Any, text: str) -> None:
    dialect = documents.catalogue("openai").dialect
    fate = Fate(1, "probe", "7", born=0, queue=1, run=1, end="")
    walk = SimpleNamespace(
        fates=[fate], now=0, dialect=dialect, promises=SimpleNamespace(item={}, ends={})
    )
    items = [{"id": id, "status": "failed"}]
    with pytest.raises(Found, match=text):
        lists._compare(walk, items, set(), {"7"})


async def shell(lines: list[str], base: str, root: str) -> str:
    """What the calls of a story say, made again by a shell."""
    given = {**os.environ, "BASE_URL": base, "CONTROL_URL": root}
    process = await asyncio.create_subprocess_exec(
        "sh", "-c", "\n".join(lines), env=given, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    said, _ = await process.communicate()
    return said.decode()


def away(gateway: Gateway, folder: Path, **more: Any) -> options.Options:
    given = ["explore", "--dialect", "apiyi", "--base-url", gateway.base, "--api-key", KEY]
    given += ["--report-dir", str(folder), "--control", "none"]
    chosen = options.endpoint(parser().parse_args(given))
    return replace(chosen, loopback=False, profile="free", max_contingent=0, **more)


async def test_away_from_loopback_nothing_is_ordered(tmp_path: Path) -> None:
    async with standing(Gateway()) as gateway:
        chosen = away(gateway, tmp_path)
        assert await asyncio.to_thread(search.explore, chosen) == 0
    assert gateway.billed == 0
    assert 10 < gateway.calls <= 80


async def test_away_from_loopback_an_open_door_is_found(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with standing(Gateway(raw=b'{"error": {"code": "x", "message": "y"}}')) as gateway:
        chosen = away(gateway, tmp_path)
        assert await asyncio.to_thread(search.explore, chosen) == 1
    assert "apiyi.auth" in capsys.readouterr().out
