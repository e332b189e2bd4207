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


OPENAI = documents.catalogue("openai")
VIDEO = {"id": "video_1", "object": "video", "status": "queued"}
NO_CALL = {"error": {"code": "", "message": "Invalid URL", "param": "", "type": "x"}}
NO_MODEL = {"error": {"code": "model_not_found", "message": "No channel", "type": "x"}}


def lists(status: int, body: Any, key: tuple[int, Any]) -> Result:
    """Bad credentials on the call that lists videos, beside what the right key is answered."""
    plan = stage.plan(World(OPENAI), ["openai.auth.unknown-key", "openai.list"])
    calls = [each for each in plan.probes.values() if each.call == "list"]
    good = next(each for each in calls if each.auth == "key")
    bad = [each for each in plan.drawn["openai.auth.unknown-key"] if each.call == "list"]
    found = [exchange(number, each, status, body) for number, each in enumerate(bad, 2)]
    return judged("openai.auth.unknown-key", plan, [exchange(1, good, *key), *found])


def test_a_call_that_is_not_there_refuses_no_credentials() -> None:
    found = lists(404, NO_CALL, (404, NO_CALL))
    assert (found.result, "as with the right key" in found.message) == ("not-run", True)
    assert lists(404, NO_CALL, (200, {"object": "list", "data": []})).result == "warn"
    assert lists(200, {"object": "list", "data": []}, (404, NO_CALL)).result == "warn"


def hostile(status: int, body: Any) -> Result:
    """A body that is no order beside an unknown model, which is answered with 503."""
    plan = stage.plan(World(OPENAI), ["openai.errors.hostile", "openai.errors.unknown-model"])
    unknown = plan.drawn["openai.errors.unknown-model"][0]
    bodies = plan.drawn["openai.errors.hostile"]
    first = [
        exchange(1, shared(plan.world), 200, VIDEO),
        exchange(2, unknown, 503, NO_MODEL),
    ]
    found = [exchange(number, each, 400, NO_CALL) for number, each in enumerate(bodies[1:], 4)]
    return judged(
        "openai.errors.hostile", plan, [*first, exchange(3, bodies[0], status, body), *found]
    )


def test_a_body_is_refused_as_a_model_that_nobody_serves() -> None:
    assert hostile(503, NO_MODEL).result == "pass"
    overloaded = {"error": {**NO_MODEL["error"], "code": "overloaded"}}
    assert hostile(503, overloaded).result == hostile(502, NO_MODEL).result == "warn"


@pytest.mark.parametrize(("elsewhere", "result"), [(400, "pass"), (200, "warn")])
def test_what_is_refused_alone_says_nothing_of_combinations(elsewhere: int, result: str) -> None:
    """Of values that are taken together the order of a mode is one, of which its own row tells."""
    id, other = "openai.fields.combined", "openai.input-reference.formats"
    plan = stage.plan(World(OPENAI, media=True, loopback=True, cells=True), [id, other])
    refused = {"error": {**NO_CALL["error"], "message": "input_reference is a string"}}
    pictured = [each for each in plan.drawn[id] if "input_reference" in each.body]
    plain = [each for each in plan.drawn[id] if each not in pictured]
    assert pictured
    found = [exchange(number, each, 200, VIDEO) for number, each in enumerate(plain, 1)]
    found += [exchange(100, pictured[0], 400, refused)]
    own = next(each for each in plan.drawn[other] if each.want == "accept")
    found += [exchange(101, own, *((200, VIDEO) if elsewhere == 200 else (400, refused)))]
    assert judged(id, plan, found).result == result
