"""Both commands where nobody reads what they write, and where somebody ends them at once."""

import asyncio
import importlib
import importlib.abc
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

import conformance.__main__
import simulator.__main__
import simulator.cli.main
from simulator.cli import demo, values

Command = Callable[[list[str]], int]
CASES: list[tuple[Command, list[str]]] = [
    (simulator.cli.main.main, ["faults"]),
    (simulator.cli.main.main, ["openapi", "uniall"]),
    (conformance.__main__.main, ["rows", "--dialect", "uniall"]),
    (
        conformance.__main__.main,
        ["plan", "--dialect", "uniall", "--base-url", "http://127.0.0.1:1"],
    ),
]
every = pytest.mark.parametrize(
    ("command", "arguments"), CASES, ids=[" ".join(b[:2]) for _, b in CASES]
)


@contextmanager
def output(number: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The standard output is an open file, as it is for a process of its own."""
    with os.fdopen(number, "w", encoding="utf-8") as stream, monkeypatch.context() as patch:
        patch.setattr(sys, "stdout", stream)
        yield


@every
def test_a_reader_that_goes_away_is_no_verdict(
    command: Command,
    arguments: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with output(writer, monkeypatch):
        assert command(arguments) == 141
    assert capfd.readouterr() == ("", "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no device that is full")
@every
def test_a_full_disk_is_one_line(
    command: Command,
    arguments: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    with output(os.open("/dev/full", os.O_WRONLY), monkeypatch):
        assert command(arguments) == 2
    told = capfd.readouterr().err
    assert told.count("\n") == 1
    assert told.startswith("seedance-")
    assert "No space left on device" in told


@every
def test_a_closed_output_is_nobody_to_tell(
    command: Command,
    arguments: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stdout", None)
        try:
            assert command(arguments) == 0
        finally:
            with suppress(AttributeError):
                os.close(sys.stdout.fileno())
    assert capfd.readouterr() == ("", "")


class Interrupting(importlib.abc.MetaPathFinder):
    """Ctrl-C while a module is looked for."""

    def find_spec(self, name: str, path: object, target: object = None) -> None:
        if name.endswith(".cli.main"):
            raise KeyboardInterrupt


@pytest.fixture
def second() -> Iterator[Callable[[], object]]:
    """What a further Ctrl-C would do; afterwards as before."""
    before = signal.getsignal(signal.SIGINT)
    yield lambda: signal.getsignal(signal.SIGINT)
    signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize("package", [simulator, conformance])
def test_ctrl_c_while_the_command_loads_is_no_traceback(
    package: object,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    second: Callable[[], object],
) -> None:
    name = package.__name__  # type: ignore[attr-defined]
    monkeypatch.delitem(sys.modules, f"{name}.cli.main", raising=False)
    monkeypatch.delattr(importlib.import_module(f"{name}.cli"), "main", raising=False)
    monkeypatch.setattr(sys, "meta_path", [Interrupting(), *sys.meta_path])
    assert sys.modules[f"{name}.__main__"].main() == 130
    assert "Traceback" not in capsys.readouterr().err
    assert second() == signal.SIG_DFL


async def test_a_second_ctrl_c_ends_the_demo_as_it_is(second: Callable[[], object]) -> None:
    under_way = asyncio.create_task(demo._interruptible(asyncio.sleep(3600, 0)))
    await asyncio.sleep(0)
    assert second() != signal.SIG_DFL
    under_way.cancel()
    with pytest.raises(asyncio.CancelledError):
        await under_way
    assert second() == signal.SIG_DFL


def test_exploring_says_what_it_needs(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delitem(sys.modules, "conformance.explore.search", raising=False)
    explore = importlib.import_module("conformance.explore")
    monkeypatch.delattr(explore, "search", raising=False)
    monkeypatch.setitem(sys.modules, "hypothesis", None)
    asked = ["explore", "--dialect", "ark", "--base-url", "http://127.0.0.1:1"]
    assert conformance.__main__.main([*asked, "--api-key", "x"]) == 2
    assert capsys.readouterr().err == (
        "seedance-conformance: explore needs: pip install 'seedance-sim[conformance]'\n"
    )


@pytest.mark.parametrize("given", ["nonsense", "ftp://x", "http://", "http://h:99999"])
def test_a_wrong_address_is_shown_as_it_was_given(given: str) -> None:
    with pytest.raises(ValueError, match=f"not '{given}'"):
        values.base_url(given)
