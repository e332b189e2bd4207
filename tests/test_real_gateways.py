"""What makes the step that judges real gateways fail, without a gateway."""

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

from conformance.catalogue import documents
from conformance.judge import deviations
from tests.gateways import __main__ as gateways
from tests.gateways import chains, compared, newapi
from tests.serving import serve

KEPT = [{"id": f"row.{number}", "result": "pass", "message": ""} for number in range(150)]


@pytest.mark.parametrize("result", gateways.FINDINGS)
def test_what_is_new_or_gone_is_told(result: str) -> None:
    odd = {"id": "openai.odd", "result": result, "message": "seen for the first time"}
    report = {"rows": [*KEPT, odd]}
    assert gateways.found(json.dumps(report), 100) == [
        f"{result} openai.odd: seen for the first time"
    ]


def test_what_is_known_is_not_told_and_a_run_that_saw_little_is_none() -> None:
    known = {"id": "openai.odd", "result": "known", "message": "as ever"}
    assert gateways.found(json.dumps({"rows": [*KEPT, known]}), 100) == []
    assert "saw too little" in gateways.found(json.dumps({"rows": KEPT[:3]}), 100)[0]


RUNS = (gateways.LITELLM_RUN, *gateways.NEWAPI_RUNS)


@pytest.mark.parametrize("run", RUNS, ids=lambda run: str(run.file))
def test_every_known_finding_has_its_reason(run: gateways.Judging) -> None:
    rows = [row.id for row in documents.catalogue(run.dialect).rows]
    assert all(each.reason for each in deviations.load(run.known, rows))
    told = tomllib.loads(run.known.read_text("utf-8")).get("deviation", [])
    assert len({each["rule"] for each in told}) == len(told)
    assert run.passed.exists()


def test_a_binary_that_is_none_is_told_in_a_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    none = tmp_path / "new-api"
    assert gateways.main(["--new-api", str(none), "--folder", str(tmp_path)]) == 1
    assert capsys.readouterr().out == f"new-api  left out: {none} cannot be run: not found\n"
    assert [each for each in tmp_path.iterdir() if each.is_dir()] == []


async def test_what_refuses_to_be_set_up_is_told(tmp_path: Path) -> None:
    async with serve() as server:
        channel = newapi.Channel(newapi.SORA, server.base, {"m": "m"})
        with pytest.raises(newapi.Refused, match="POST /api/setup"):
            await newapi.key(f"{server.base}/newapi", channel)


def test_what_the_x_ray_shows_otherwise_is_told() -> None:
    field = {"field": "seconds", "outcome": "arrived", "arrived": [{"field": "duration"}]}
    mode = {"mode": "text", "state": "seen", "refused": "", "fields": [field], "added": []}
    known = "text: seconds arrived duration\n"
    assert gateways.differences({"modes": [mode]}, known) == []
    bent = {**mode, "fields": [{**field, "outcome": "changed"}], "added": [{"field": "seed"}]}
    assert gateways.differences({"modes": [bent]}, known) == [
        "the X-ray is new: text: seconds changed duration",
        "the X-ray is new: text: seed added",
        "the X-ray no longer has: text: seconds arrived duration",
    ]
    refused = {**mode, "state": "refused", "refused": "HTTP 400", "fields": []}
    assert "text: refused HTTP 400" in gateways.differences({"modes": [refused]}, known)[0]
    assert gateways.LITELLM_RUN.passed.read_text("utf-8").count("arrived") > 10


@pytest.mark.parametrize("table", [chains.table, compared.table])
async def test_a_new_api_that_cannot_be_run_fails(table: Any, tmp_path: Path) -> None:
    none = tmp_path / "new-api"
    failed = f"FAILED: {none} cannot be run: not found"
    assert await table(none, tmp_path) == [("new-api", failed)]


def test_what_differs_without_a_reason_is_told() -> None:
    there, here = (200, "text/html", "a page"), (404, "text/html", "none")
    known = dict.fromkeys(compared.KNOWN, (there, here))
    assert compared.told(known) == []
    new = compared.told({**known, "GET /odd": (there, here)})
    assert new == ["GET /odd\n  there 200 text/html a page\n  here  404 text/html none"]
    name = next(iter(known))
    assert compared.told({k: v for k, v in known.items() if k != name}) == [
        f"{name}: no longer differs"
    ]
    asked = [name for name, *_ in compared.questions()]
    assert set(compared.KNOWN) <= set(asked)
    assert len(set(asked)) == len(asked)


async def test_a_server_is_like_itself_and_not_like_another() -> None:
    async with serve() as server:
        own, other = f"{server.base}/newapi", f"{server.base}/openai"
        same = [name async for name, *_ in compared.differences(own, compared.OWN, own)]
        assert [name for name in same if "GET /api/log" not in name and "usage" not in name] == []
        assert len([name async for name, *_ in compared.differences(other, compared.OWN, own)]) > 50
