"""The reference: it has everything there is, and its examples work."""

import pytest

from simulator.cli.main import main
from simulator.client.fixture import Seedance
from simulator.control import ROUTES
from simulator.core.plan import DIRECTIVES, directive
from simulator.dialects import ALL
from simulator.faults.catalogue import CATALOGUE


def test_it_has_every_call_fault_code_and_method(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["reference"]) == 0
    told = capsys.readouterr().out
    lines = {line.strip() for line in told.splitlines()}
    assert {f"{method} /_sim{path}" for method, path, _ in ROUTES} <= lines
    assert set(CATALOGUE) <= lines
    for dialect in ALL:
        assert {*dialect.failures, *dialect.refusals} <= lines
    for name, one in vars(Seedance).items():
        if not name.startswith("_") and (callable(one) or isinstance(one, property)):
            assert f"seedance.{name}" in told
    assert "plan.then.end: cancelled | expired | failed | succeeded" in lines


@pytest.mark.parametrize("words", DIRECTIVES)
def test_every_directive_is_understood(words: str) -> None:
    prompt, _, unknown = directive(f"A boat [[sim: {words}]]")
    assert (prompt, unknown) == ("A boat", ())


def test_a_word_chooses_and_one_that_stands_nowhere_is_a_mistake(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["reference", "drop-after-accept"]) == 0
    assert "FAULTS" in capsys.readouterr().out
    assert main(["reference", "nowhere-at-all"]) == 2
    assert "stands nowhere" in capsys.readouterr().err
