"""Every order that became a task is held against its own answer, not only the shared one."""

from pathlib import Path
from typing import Any

import pytest

from conformance.catalogue import documents
from conformance.collect import echoes
from conformance.plan import stage
from conformance.plan.probes import World
from tests.conformance.meeting import NOTICED, judged, recorded, serving
from tests.conformance.swapping import swapped, swapping

FULL, FAST = "doubao-seedance-2-0-260128", "doubao-seedance-2-0-fast-260128"
LARGE, SMALL = {"resolution": "720p"}, {"resolution": "480p"}
WIDE = {"ratio": "21:9"}


SLOW = pytest.mark.slow


@pytest.mark.parametrize(
    ("row", "beside", "was", "by"),
    [
        pytest.param(
            "apiyi.query.model",
            "apiyi.model.enum",
            {"model": FULL},
            {"model": FAST},
            marks=SLOW,
        ),
        ("ark.model.shown", "ark.model.enum", {"model": FULL}, {"model": FAST}),
        (
            "uniall.query.model",
            "uniall.model.names",
            {"model": "seedance2.0-720p"},
            {"model": "seedance2.0-fast-720p"},
        ),
        pytest.param(
            "evolink.model.shown",
            "evolink.duration",
            {"model": "seedance-2.0-reference-to-video"},
            {"model": "seedance-2.0-fast-reference-to-video"},
            marks=SLOW,
        ),
        pytest.param("apiyi.resolution.effect", "apiyi.resolution", LARGE, SMALL, marks=SLOW),
        ("ark.resolution.effect", "ark.resolution", LARGE, SMALL),
        pytest.param("octopusx.resolution.shown", "octopusx.resolution", LARGE, SMALL, marks=SLOW),
        pytest.param(
            "octopusx.duration.shown",
            "octopusx.duration",
            {"duration": 15},
            {"duration": 10},
            marks=SLOW,
        ),
        pytest.param(
            "octopusx.ratio.named",
            "octopusx.ratio",
            {"ratio": "9:16"},
            {"ratio": "16:9"},
            marks=SLOW,
        ),
        pytest.param("ark.ratio.effect", "ark.ratio", WIDE, {"ratio": "16:9"}, marks=SLOW),
        ("apiyi.sound.shown", "apiyi.sound", {"generate_audio": False}, {"generate_audio": True}),
    ],
)
async def test_an_answer_about_another_order_is_noticed(
    row: str, beside: str, was: dict[str, Any], by: dict[str, Any], tmp_path: Path
) -> None:
    for folder in ("swapped", "honest"):
        (tmp_path / folder).mkdir()
    async with serving() as honest, swapping(honest, swapped(was, by)) as base:
        name = row.partition(".")[0]
        transcript = await recorded(base, name, [row, beside], tmp_path / "swapped")
        found = judged(transcript)[row]
        assert found.result in NOTICED, found.message
        assert str(next(iter(by.values()))).lower() in found.message
        kept = await recorded(honest, name, [row, beside], tmp_path / "honest")
        assert judged(kept)[row].result == "pass"


@pytest.mark.parametrize("name", documents.dialects())
def test_what_a_gateway_may_swap_is_asked_about(name: str) -> None:
    world = World(documents.catalogue(name), control=True, second=True, media=True, loopback=True)
    plan = stage.plan(world)
    made = [each for each in plan.probes.values() if each.call == "create" and not each.fate]
    taken = [each for each in made if each.want == "accept"]
    more = echoes.worth_asking(plan, taken)
    assert not {each.key for each in more if "query" in each.follow}
    listed = any(each.call == "list" for each in plan.probes.values())
    told = {each.body["model"] for each in taken if "query" in each.follow or each in more}
    says_models = any(row.id.endswith(("query.model", "model.shown")) for row in plan.rows)
    if says_models and not listed:
        ordered = {each.body["model"] for each in taken if _sure(plan, each)}
        assert told >= ordered


def _sure(plan: stage.Plan, probe: Any) -> bool:
    levels = {row.level for row in plan.rows if row.id in plan.users[probe.key]}
    return bool(levels & {"must", "should"})
