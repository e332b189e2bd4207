"""Printed scripts are run against a gateway that attacks whoever runs them: nothing happens."""

from dataclasses import replace
from pathlib import Path

import pytest

from conformance.catalogue import documents
from conformance.collect import opening
from conformance.collect.transcript import Transcript
from conformance.report.model import Report
from conformance.report.reproduce import MEASURED
from conformance.untrusted import clean
from tests.conformance import reproducing
from tests.conformance.attack import Attacker, Room, attacking, links, trapped
from tests.conformance.meeting import recorded, serving
from tests.conformance.test_clean import NASTY, unsafe
from tests.conformance.test_kills import elsewhere


@pytest.fixture
def room(tmp_path_factory: pytest.TempPathFactory) -> Room:
    """A room of its own."""
    return Room(tmp_path_factory.mktemp("room"))


async def recording(name: str, select: tuple[str, ...], folder: Path) -> Transcript:
    """What a run of a good server records."""
    async with serving(rate=50) as base:
        return await recorded(base, name, select, folder)


def scripts(transcript: Transcript, base: str) -> dict[str, str]:
    """The script of each row as if it had failed, with a message that attacks too."""
    report: Report = reproducing.report_of(
        elsewhere(transcript, base), [row.id for row in opening.plan_of(transcript.meta).rows]
    )
    return {
        each.id: report.reproducer(replace(each, result="fail", message=NASTY))
        for each in report.results
    }


async def hurt(attacker: Attacker, text: str) -> list[str]:
    """What a script did that it may not do."""
    before = attacker.many
    code, said = await attacker.room.ran(text)
    wrong = [f"{name} has changed" for name in attacker.room.left()]
    wrong += [f"a script of {len(text)} characters: {said!r}"] if code == -1 else []
    wrong += [f"it acts on a terminal: {bad!r}" for bad in unsafe(said.decode("utf-8", "replace"))]
    wrong += ["it said more than is kept"] if len(said) > 20_000_000 else []
    wrong += ["a scheme was followed"] if attacker.trap.touched else []
    wrong += [f"{attacker.many - before} of many"] if attacker.many - before > 2 else []
    return wrong


@pytest.mark.parametrize("every", [5, pytest.param(1, marks=pytest.mark.slow)])
async def test_no_link_makes_a_script_do_anything_but_fetch_it(
    every: int, tmp_path: Path, room: Room
) -> None:
    row = next(
        r
        for r in documents.catalogue("apiyi").testable
        if r.kind in MEASURED and r.cost == "shared"
    )
    transcript = await recording("apiyi", (row.id,), tmp_path)
    async with (
        trapped() as trap,
        attacking(documents.catalogue("apiyi").dialect, room, trap) as attacker,
    ):
        text = scripts(transcript, attacker.base)[row.id]
        many = list(enumerate(links(room.path, attacker.base, trap)))[::every]
        for number, link in many:
            attacker.turns = iter([number] * 1000)
            assert await hurt(attacker, text) == [], link
        assert attacker.calls >= len(many)


@pytest.mark.slow
@pytest.mark.parametrize("name", documents.dialects())
async def test_no_printed_script_does_anything_to_whoever_runs_it(
    name: str, tmp_path: Path, room: Room
) -> None:
    transcript = await recording(name, (), tmp_path)
    async with (
        trapped() as trap,
        attacking(documents.catalogue(name).dialect, room, trap) as attacker,
    ):
        wrong = {
            id: bad
            for id, text in scripts(transcript, attacker.base).items()
            if (bad := await hurt(attacker, text))
        }
        assert attacker.calls > 100
    assert wrong == {}


def test_a_message_that_attacks_is_a_comment_and_nothing_else() -> None:
    assert "\n" not in clean.comment(NASTY)
