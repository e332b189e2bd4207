"""Known deviations of drift: a file of them, and patches to it that git takes."""

import io
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

from simulator.cli.drift_command import drift
from simulator.core.config import BadSetting
from tests.test_cli import mistake, run
from tests.upstream.recorded import edited

KNOWN = "known.toml"


def drifted(file: Path, *, patch: str | None = None) -> tuple[int, str]:
    """The exit status of drift and what it says, with the file of deviations."""
    out = io.StringIO()
    return drift(str(file), deviations=KNOWN, write=patch, out=out), out.getvalue()


def applied(folder: Path, patch: str) -> None:
    subprocess.run(["git", "apply", patch], cwd=folder, check=True, capture_output=True)


def bent(file: Path) -> None:
    """A server that says another word, and one thing more, which no text file can hold."""
    edited(file, lambda text: text.replace('"status": "running"', '"status": "busy \\ud800"'))
    edited(file, lambda text: text.replace('"ratio":', '"tier": "a", "ratio":'))


@pytest.mark.skipif(shutil.which("git") is None, reason="there is no git")
def test_after_a_proposed_patch_there_is_no_drift(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = file.parent
    monkeypatch.chdir(folder)
    bent(file)
    status, said = drifted(file, patch="first.patch")
    assert status == 1
    assert not (folder / KNOWN).exists()
    applied(folder, "first.patch")
    known = tomllib.loads((folder / KNOWN).read_text("utf-8"))["deviation"]
    count = said.count("(exchanges")
    assert len(known) == count > 1
    assert any("busy" in one["recorded"] for one in known)
    assert all("run.jsonl, exchanges" in one["reason"] for one in known)
    status, said = drifted(file)
    assert (status, f"no differences, and {count} that are known" in said) == (0, True), said
    # What is new is so in the same place too, and the file may end as its author left it.
    (folder / KNOWN).write_text((folder / KNOWN).read_text("utf-8").rstrip("\n"), "utf-8")
    edited(file, lambda text: text.replace("busy", "idle"))
    status, said = drifted(file, patch="second.patch")
    assert (status, "query /status: recorded idle" in said) == (1, True), said
    applied(folder, "second.patch")
    assert drifted(file, patch="third.patch")[0] == 0
    assert not (folder / "third.patch").exists()


def test_a_deviation_of_another_dialect_excuses_nothing(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(file.parent)
    edited(file, lambda text: text.replace('"status": "running"', '"status": "busy"'))
    known = 'call = "query"\nplace = "/status"\nrecorded = "busy"\n'
    phases = known.replace("/status", "phases")
    for dialect, rest in (("ark", 1), ("openai", 2)):
        head = f'[[deviation]]\ndialect = "{dialect}"\n'
        Path(KNOWN).write_text(head + known + head + phases, "utf-8")
        status, said = drifted(file)
        assert (status, f"{rest} difference" in said) == (1, True), said


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("[[deviation]]\ncall = 1\n", "known.toml: Expected `str`, got `int`"),
        ("[[deviations]]\n", "unknown field `deviations`"),
        ("[[deviation]]\ncall = 'x'\n", "missing required field `dialect`"),
        ("[[", "known.toml: "),
        ('a = "\ud800"'.encode("utf-8", "surrogatepass"), "no UTF-8"),
        (None, "No such file"),
    ],
)
def test_a_file_that_says_no_deviations_is_a_mistake(
    text: str | bytes | None, part: str, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(file.parent)
    if text is not None:
        Path(KNOWN).write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(BadSetting, match=part):
        drifted(file)


def test_where_no_patch_can_be_written_is_a_line(file: Path) -> None:
    bent(file)
    assert "--write: needs --deviations" in mistake(run("drift", str(file), "--write", "x"))
    away = str(file.with_name(KNOWN))  # which is not below the folder in which this runs
    said = mistake(run("drift", str(file), "--deviations", away, "--write", "x"))
    assert "git applies no patch to" in said
