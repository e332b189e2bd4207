"""Every row of the catalogue as a test, for whoever prefers pytest to the command."""

import warnings
from typing import Any

import pytest


def test_row(seedance_result: Any, request: pytest.FixtureRequest) -> None:
    """The endpoint keeps the row."""
    row, result = seedance_result.row, seedance_result.result
    text = f"{row.id}: {row.requirement} {seedance_result.message}"
    if result in ("fail", "stale", "error"):
        pytest.fail(text, pytrace=False)
    if result in ("untestable", "not-run", "skip"):
        pytest.skip(f"{result}: {seedance_result.message}")
    if result == "warn":
        if request.config.getoption("conformance_strict"):
            pytest.fail(text, pytrace=False)
        warnings.warn(text, stacklevel=1)
