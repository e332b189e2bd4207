"""The pytest plugin: a simulator for tests of clients, loaded when the first test asks for it."""

import os
from collections.abc import Generator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from simulator.cli.session import Session
    from simulator.client.fixture import AsyncSeedance, Seedance

OPTIONS = {
    "url": "share the running simulator at this address (default: one of the session's own)",
    "sim-seed": "seed of the session's own simulator (default: drawn)",
    "sim-pace": "how long its tasks take: instant, fast or realistic (default: fast)",
    "sim-fidelity": "documented or observed (default: documented)",
}


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options of the fixtures, each also as an ini value."""
    group = parser.getgroup("seedance", "simulated Seedance 2.0 services")
    for name, text in OPTIONS.items():
        group.addoption(f"--seedance-{name}", help=text, default=None, metavar="VALUE")
        parser.addini(_ini(name), text, default=None)


def _ini(name: str) -> str:
    return f"seedance_{name.replace('-', '_')}"


def _settings(config: pytest.Config) -> dict[str, str]:
    """What the command line says, else the ini file."""
    found = {}
    for name in OPTIONS:
        value = config.getoption(f"--seedance-{name}") or config.getini(_ini(name))
        if value:
            found[name] = value
    return found


@pytest.fixture(scope="session")
def _seedance_session(pytestconfig: pytest.Config) -> Generator["Session"]:
    from simulator.cli.session import BadSession, opened

    token = os.environ.get("SEEDANCE_SIM_ADMIN_TOKEN")
    try:
        with opened(_settings(pytestconfig), token) as session:
            yield session
    except BadSession as wrong:
        pytest.exit(f"seedance: {wrong}", 4)


@pytest.fixture
def seedance(_seedance_session: "Session", request: pytest.FixtureRequest) -> Generator["Seedance"]:
    """A running simulator, and an account on it that is this test's own."""
    account = _seedance_session.account(request.node.nodeid)
    yield account
    account.reset()


@pytest.fixture
def aseedance(seedance: "Seedance") -> "AsyncSeedance":
    """The same for tests that are coroutines: what asks the simulator has to be awaited."""
    return seedance.awaited()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[Any]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Let a test that fails show what its client did."""
    report = yield
    if call.when == "call" and report.failed:
        account = getattr(item, "funcargs", {}).get("seedance")
        if account is not None:
            report.sections.append(("Seedance simulator", account.told()))
    return report
