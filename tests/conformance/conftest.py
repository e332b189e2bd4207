"""What holds for every test of the suite: its runs draw the same each time it is run."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.conformance.draws import drawn


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(
    fixturedef: pytest.FixtureDef[Any], request: pytest.FixtureRequest
) -> Iterator[None]:
    """A fixture of many tests draws what its own name decides, whichever of them is first."""
    with drawn(f"{fixturedef.baseid} {fixturedef.argname} {request.node.nodeid}"):
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    with drawn(item.nodeid):
        return (yield)
