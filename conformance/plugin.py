"""The suite under pytest: `pytest --pyargs conformance --seedance-dialect …`."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conformance.collect.options import Options
    from conformance.collect.transcript import Transcript
    from conformance.judge.verdicts import Result

WITH_VALUE = {
    "dialect": "whose documents to judge by",
    "base-url": "the dialect's root",
    "api-key": "the key (or SEEDANCE_API_KEY)",
    "second-key": "another account's key",
    "profile": "free, lite or full",
    "max-cost": "US dollars by the price list",
    "max-paid-tasks": "how many tasks may be bought",
    "max-contingent": "tasks that may be made although to be refused",
    "control": "the simulator's control plane, or none",
    "upstream": "the simulator behind the gateway",
    "media-url": "where the sample reference files are",
    "prices": "price list (TOML)",
    "deviations": "known deviations (TOML)",
    "report-dir": "where the reports go",
}


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options of `seedance-conformance run`, with `seedance-` before their names."""
    group = parser.getgroup("seedance-conformance", "conformance of a Seedance 2.0 API")
    for name, text in WITH_VALUE.items():
        _add(group, f"--seedance-{name}", f"conformance_{name.replace('-', '_')}", text)
    group.addoption(
        "--seedance-strict", dest="conformance_strict", action="store_true", help="a warning fails"
    )
    group.addoption("--seedance-yes", dest="conformance_yes", action="store_true", help="may spend")
    group.addoption(
        "--seedance-select",
        dest="conformance_select",
        action="append",
        default=[],
        help="only these",
    )


def _add(group: pytest.OptionGroup, name: str, dest: str, text: str) -> None:
    group.addoption(name, dest=dest, default=None, help=text)


def arguments(config: pytest.Config) -> list[str] | None:
    """What pytest was told, as the command line of `run`; None where no dialect was named."""
    if not config.getoption("conformance_dialect", None):
        return None
    found = ["run"]
    for name in WITH_VALUE:
        value = config.getoption(f"conformance_{name.replace('-', '_')}")
        if value:
            found += [f"--{name}", str(value)]
    for flag in ("strict", "yes"):
        if config.getoption(f"conformance_{flag}"):
            found.append(f"--{flag}")
    for id in config.getoption("conformance_select"):
        found += ["--select", id]
    return found


def _options(config: pytest.Config) -> "Options | None":
    from conformance.cli.arguments import parser
    from conformance.collect.options import UsageError, endpoint

    given = arguments(config)
    if given is None:
        return None
    try:
        return endpoint(parser().parse_args(given))
    except UsageError as fault:
        raise pytest.UsageError(str(fault)) from fault


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One test for each row of the chosen dialect."""
    if "seedance_row" not in metafunc.fixturenames:
        return
    from conformance.catalogue import documents
    from conformance.plan import stage

    options = _options(metafunc.config)
    rows = documents.catalogue(options.dialect).rows if options else ()
    ids = [row.id for row in stage.chosen(rows, options.select)] if options else []
    metafunc.parametrize("seedance_row", ids, ids=ids)


@pytest.fixture(scope="session")
def seedance_results(request: pytest.FixtureRequest) -> Mapping[str, "Result"]:
    """The results of one run, by row."""
    from conformance.cli import commands, failures
    from conformance.collect import folder, loops
    from conformance.collect.options import may_pay

    options = _options(request.config)
    assert options is not None
    if may_pay(options) and not options.yes:
        pytest.exit("this may cost money: say --seedance-yes", returncode=2)
    try:
        folder.made(options.report_dir)
        commands.known(options.deviations, options.dialect)
        transcript = loops.run(_collected(options))
    except Exception as fault:
        pytest.exit(failures.status(fault)[1], returncode=failures.status(fault)[0])
    known = Path(options.deviations) if options.deviations else None
    report = commands.reported(transcript, options.report_dir, known, options.strict)
    return {each.id: each for each in report.results}


async def _collected(options: "Options") -> "Transcript":
    from conformance.collect import preparing, running

    async with running.session(options) as client:
        prepared = await preparing.prepare(options, client)
        return await running.collect(options, prepared, client)


@pytest.fixture
def seedance_result(seedance_results: Mapping[str, "Result"], seedance_row: str) -> "Result":
    """The result of one row."""
    return seedance_results[seedance_row]
