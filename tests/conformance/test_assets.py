"""Rows about calls that a library of assets has to refuse: what shows them, and what does not."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from conformance.catalogue import documents
from conformance.collect import signing
from conformance.collect.transcript import Exchange
from conformance.judge.verdicts import Result
from conformance.plan import stage
from conformance.plan.probes import World
from simulator.core.config import Key
from tests.conformance.meeting import judged as all_judged
from tests.conformance.meeting import recorded, serving
from tests.conformance.test_judges import exchange, judged
from tests.serving import serve

Answer = tuple[int, Any]
TAKEN = (200, {"ResponseMetadata": {}, "Result": {"Id": "asset-1"}})
ROUTE = (404, {"error": {"code": "not_found", "message": "there is no such page"}})


def refused(status: int, code: str) -> Answer:
    return status, {"ResponseMetadata": {"Error": {"Code": code, "Message": "no"}}}


def said(id: str, usual: Answer, wrong: Answer) -> Result:
    """The result of a row whose right call is answered so, and whose wrong one so."""
    world = World(documents.catalogue("ark"), control=True, media=True, second=True)
    plan = stage.plan(world, [id])
    sent: Sequence[Exchange] = [
        replace(
            exchange(number, probe, *(wrong if probe.tag == "refused" else usual)),
            places=world.dialect.refusals,
        )
        for number, probe in enumerate(plan.drawn[id])
    ]
    return judged(id, plan, list(sent))


UNKNOWN = refused(404, "NotFound.asset_id")


@pytest.mark.parametrize(
    ("usual", "wrong", "result", "told"),
    [
        (TAKEN, UNKNOWN, "pass", "seen: as written."),
        (TAKEN, TAKEN, "pass", "seen: otherwise than written. it is taken"),
        (TAKEN, refused(404, "NotFound"), "pass", "seen: otherwise than written."),
        (TAKEN, refused(400, "NotFound.asset_id"), "pass", "seen: otherwise than written."),
        (TAKEN, ROUTE, "pass", "seen: otherwise than written."),
        (TAKEN, refused(500, "InternalError"), "not-run", "HTTP 500"),
        # Who refuses everything, and who has no library, keeps no rule and breaks none.
        (UNKNOWN, UNKNOWN, "untestable", "the hosts of the cloud's own calls"),
        (refused(403, "AccessDenied"), refused(403, "AccessDenied"), "not-run", "refused too"),
        (ROUTE, ROUTE, "untestable", "the hosts of the cloud's own calls"),
    ],
)
@pytest.mark.parametrize("id", ["ark.asset.get-unknown", "ark.asset.delete-unknown"])
def test_a_refusal_counts_beside_the_call_that_is_taken(
    id: str, usual: Answer, wrong: Answer, result: str, told: str
) -> None:
    found = said(id, usual, wrong)
    assert found.result == result
    assert told in found.message


def test_what_is_deleted_is_asked_for_after_that() -> None:
    found = said("ark.asset.delete", TAKEN, TAKEN)
    assert found.message.startswith("seen: otherwise than written. it is taken")
    world = World(documents.catalogue("ark"), control=True, media=True)
    gone = stage.plan(world, ["ark.asset.delete"]).drawn["ark.asset.delete"][-1]
    assert (gone.tag, gone.body["Id"]) == ("refused", "$spare-asset")
    assert "DeleteAsset" in world.dialect.assets[-2].path


async def test_the_simulator_has_the_library_as_it_is_written(tmp_path: Path) -> None:
    async with serving() as base:
        found = all_judged(await recorded(base, "ark", ("ark.asset",), tmp_path))
    wrong = {
        id: each.message
        for id, each in found.items()
        if each.result != "pass" or "otherwise" in each.message
    }
    assert not wrong
    assert len(found) > 20


async def test_the_suite_signs_as_the_cloud_asks() -> None:
    pair = ("AKLTsuite", "c2VjcmV0L2tleQ==")
    keys = (Key("sk-a", access_key=pair[0], secret_key=pair[1]),)
    raw = b'{"Filter": {"GroupType": "AIGC"}}'
    async with serve(keys=keys) as server:
        url = f"{server.base}/ark/?Action=ListAssetGroups&Version=2024-01-01"
        for key, body, status, said in (
            (pair, raw, 200, "Items"),
            (pair, raw + b" ", 401, "SignatureDoesNotMatch"),
            ((pair[0], "other"), raw, 401, "SignatureDoesNotMatch"),
            (("AKLTnobody", pair[1]), raw, 401, "InvalidAccessKey"),
        ):
            now = datetime.now(UTC)
            headers = signing.signed(
                key, "cn-beijing/ark", "POST", url, "application/json", raw, now
            )
            async with server.anonymous.post(url, data=body, headers=headers) as answer:
                assert (answer.status, said in await answer.text()) == (status, True)


@pytest.mark.parametrize(
    ("wrong", "result", "told"),
    [
        (refused(401, "InvalidAccessKey"), "pass", "seen: as written."),
        (refused(403, "InvalidAccessKey"), "pass", "seen: as written."),
        (refused(400, "InvalidCredential"), "pass", "seen: otherwise than written."),
        (TAKEN, "pass", "seen: otherwise than written. it is taken"),
        (ROUTE, "untestable", "the hosts of the cloud's own calls"),
    ],
)
def test_a_signature_of_nobody_counts_alone(wrong: Answer, result: str, told: str) -> None:
    found = said("ark.asset.signed-unknown", TAKEN, wrong)
    assert (found.result, told in found.message) == (result, True)
