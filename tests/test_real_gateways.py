"""What makes the step that judges real gateways fail, without a gateway."""

import json
import tomllib

import pytest

from conformance.catalogue import documents
from conformance.judge import deviations
from tests.gateways import __main__ as gateways

KEPT = [{"id": f"row.{number}", "result": "pass", "message": ""} for number in range(150)]


@pytest.mark.parametrize("result", gateways.FINDINGS)
def test_what_is_new_or_gone_is_told(result: str) -> None:
    odd = {"id": "openai.odd", "result": result, "message": "seen for the first time"}
    report = {"rows": [*KEPT, odd]}
    assert gateways.found(json.dumps(report)) == [f"{result} openai.odd: seen for the first time"]


def test_what_is_known_is_not_told_and_a_run_that_saw_little_is_none() -> None:
    known = {"id": "openai.odd", "result": "known", "message": "as ever"}
    assert gateways.found(json.dumps({"rows": [*KEPT, known]})) == []
    assert "saw too little" in gateways.found(json.dumps({"rows": KEPT[:3]}))[0]


def test_every_known_finding_has_its_reason() -> None:
    rows = [row.id for row in documents.catalogue("openai").rows]
    assert all(each.reason for each in deviations.load(gateways.KNOWN, rows))
    told = tomllib.loads(gateways.KNOWN.read_text("utf-8"))["deviation"]
    assert len({each["rule"] for each in told}) == len(told) > 10


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
    assert gateways.PASSED.read_text("utf-8").count("arrived") > 10
