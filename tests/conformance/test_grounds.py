"""A refusal is evidence only beside an acceptance of the same order without the defect."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any

import pytest

from conformance.__main__ import main
from conformance.catalogue import documents
from conformance.judge.verdicts import Result
from conformance.plan import stage
from conformance.plan.probes import World, shared
from tests.conformance.meeting import serving
from tests.conformance.test_judges import exchange, judged
from tests.conformance.translating import PROMPT_REQUIRED, Translation, translating

TAKEN = {"task_id": "task_1"}
PARTS = ("duration", "frames", "generate-audio", "content", "errors", "mode.text", "asset")


@pytest.fixture(scope="module")
def refusing(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Mapping[str, Any]]:
    """The rows of a run against a gateway that says `prompt is required` to every order."""
    folder = tmp_path_factory.mktemp("refusing")

    async def run() -> None:
        said = Translation(refused=(400, PROMPT_REQUIRED))
        async with serving() as upstream, translating(upstream, said) as base:
            given = ["run", "--dialect", "octopusx", "--base-url", f"{base}/octopusx"]
            for part in PARTS:
                given += ["--select", f"octopusx.{part}"]
            await asyncio.to_thread(main, [*given, "--report-dir", str(folder)])

    asyncio.run(run())
    rows = json.loads((folder / "report.json").read_text("utf-8"))["rows"]
    return {row["id"]: row for row in rows}


def test_no_rule_about_orders_is_kept_by_refusing_every_order(refusing: Any) -> None:
    passed = {id for id, row in refusing.items() if row["result"] == "pass"}
    about = {id.split(".")[1] for id in passed}
    assert about <= {"errors", "asset"}, passed
    words = "cause 1: no legal order was taken in this run either: HTTP 400 'prompt is required'"
    for id in ("content.types", "duration.type", "frames.type", "errors.hostile"):
        row = refusing[f"octopusx.{id}"]
        assert (row["result"], row["message"]) == ("not-run", words), id


def test_no_reading_is_invented_from_refusals_of_everything(refusing: Any) -> None:
    for id in ("frames.range", "frames.exact", "content.counts", "errors.unknown-model"):
        row = refusing[f"octopusx.{id}"]
        assert (row["result"], row["reading"]) == ("not-run", ""), row


def typed(legal: tuple[int, Any] | None, refusal: Mapping[str, Any]) -> Result:
    """`seed` of a wrong type beside the cheapest order, each answered so."""
    plan = stage.plan(World(documents.catalogue("octopusx")), ["octopusx.seed", "octopusx.mode"])
    found = [
        exchange(number, probe, 400, refusal)
        for number, probe in enumerate(plan.drawn["octopusx.seed.type"], 2)
        if probe.want == "refuse"
    ]
    own = plan.probes.get(shared(plan.world).key) or plan.drawn["octopusx.seed.accepted"][0]
    first = [exchange(1, own, *legal)] if legal else []
    return judged("octopusx.seed.type", plan, [*first, *found])


@pytest.mark.parametrize(
    ("legal", "message", "result"),
    [
        ((200, TAKEN), "seed has to be a whole number", "pass"),
        ((200, TAKEN), "invalid request", "pass"),
        ((400, PROMPT_REQUIRED), "prompt is required", "not-run"),
        ((400, PROMPT_REQUIRED), "seed has to be a whole number", "not-run"),
        (None, "prompt is required", "not-run"),
        (None, "missing required parameter: 'duration'", "not-run"),
        (None, "metadata.seed is required to be a number", "pass"),
        (None, "invalid request", "pass"),
        (None, "X-Trace is required", "pass"),
    ],
)
def test_a_refusal_counts_beside_an_acceptance_or_by_its_words(
    legal: tuple[int, Any] | None, message: str, result: str
) -> None:
    found = typed(legal, {**PROMPT_REQUIRED, "message": message})
    assert found.result == result, found.message


def test_the_nearest_legal_order_decides() -> None:
    """Where references are refused in every order, no rule about references is kept by that."""
    id = "octopusx.mixing.frames-and-references"
    plan = stage.plan(World(documents.catalogue("octopusx"), control=True, media=True))
    mixed = [each for each in plan.drawn[id] if each.want == "refuse"]
    legal = list(plan.drawn["octopusx.mode.first-and-last-frame"])
    legal += plan.drawn["octopusx.mode.first-frame"] + plan.drawn["octopusx.mode.reference-image"]
    first = exchange(1, shared(plan.world), 200, TAKEN)
    refused = [exchange(number, each, 400, PROMPT_REQUIRED) for number, each in enumerate(mixed, 2)]
    alike = [exchange(number, each, 400, PROMPT_REQUIRED) for number, each in enumerate(legal, 9)]
    assert judged(id, plan, [first, *refused]).result == "pass"
    found = judged(id, plan, [first, *refused, *alike])
    assert (found.result, "refused likewise" in found.message) == ("not-run", True), found.message
