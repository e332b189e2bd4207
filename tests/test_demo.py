"""The demo as a newcomer runs it, and what it does when something goes wrong."""

import os
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from simulator.cli.demo import demo, job
from simulator.cli.demo.examples import File, Media, examples
from simulator.cli.demo.job import Client, Trouble
from simulator.cli.demo.screen import own_name
from simulator.core.reader import Reading
from simulator.dialects import ALL, load
from simulator.engine.dialect import Dialect
from simulator.media.probe import probe
from tests import processes
from tests.driving import KEY
from tests.serving import serve

NO_FILES = Media((File("a", b""), File("b", b""), File("c", b"")), File("d", b""), File("e", b""))
NOWHERE = "/api/v3/nowhere/{id}"


def run(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return processes.run("demo", *arguments, env=os.environ, cwd=cwd, timeout=120)


@pytest.mark.slow  # the README's first command shows the same in its own test
def test_makes_a_clip_of_every_example(tmp_path: Path) -> None:
    done = run(cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    wanted = list(examples(ALL, NO_FILES, "http://sim.test"))
    assert {example.dialect for example in wanted} == {dialect.name for dialect in ALL}
    for example in wanted:
        name = f"{example.dialect}-{example.mode}.mp4"
        facts = probe((tmp_path / "seedance-demo" / name).read_bytes())
        assert f"{facts.width}x{facts.height}" in row(done.stdout, name)
    assert "50 seconds" in row(done.stdout, "nbility-video-audio.mp4")
    assert "108000 tokens" in row(done.stdout, "ark-text.mp4")


def row(text: str, name: str) -> str:
    """The line of the table for a file, whatever a terminal of this locale has for a border."""
    return next(line for line in text.splitlines() if line.rstrip(" |").endswith(f" {name}"))


def test_one_dialect_into_a_folder_that_exists(tmp_path: Path) -> None:
    (tmp_path / "ark-text.mp4").write_text("an older clip", "utf-8")
    done = run("--dialect", "ark", "--out", str(tmp_path), cwd=tmp_path)
    assert done.returncode == 0, done.stdout
    assert probe((tmp_path / "ark-text.mp4").read_bytes()).ms == 5000
    modes = ("first-last", "images", "text", "video-audio")
    assert sorted(file.name for file in tmp_path.iterdir()) == [f"ark-{m}.mp4" for m in modes]


def test_the_command_is_named_as_it_can_be_typed_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = tmp_path / "seedance-sim"
    own.touch(0o755)
    monkeypatch.setattr("sys.argv", [str(own)])
    monkeypatch.setenv("PATH", str(tmp_path))
    assert own_name() == "seedance-sim"
    monkeypatch.setenv("PATH", "/nowhere")
    assert own_name() == str(own)
    monkeypatch.setattr("sys.argv", ["/x/simulator/__main__.py"])
    assert own_name() == "seedance-sim"


def test_a_folder_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for out in ("file", "file/under", "/proc/nothing"):
        done = run("--out", out, cwd=tmp_path)
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.startswith(f"seedance-sim: cannot write to {out}: ")
        assert done.stderr.count("\n") == 1


def test_an_unknown_dialect_is_one_line(tmp_path: Path) -> None:
    done = run("--dialect", "sora", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith("seedance-sim: --dialect: must be ")


def test_a_failure_is_told_and_the_others_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    routes = (load("ark").route("create"), replace(load("ark").route("query"), path=NOWHERE))
    monkeypatch.setattr(job, "load", lambda name: replace(load(name), routes=routes))
    assert demo(str(tmp_path), "ark") == 1
    shown = capsys.readouterr().out
    assert shown.count("failed: GET /ark/api/v3/nowhere/cgt-") == 4
    assert "4 of 4 examples failed." in shown


@pytest.mark.parametrize("dialect", ALL, ids=lambda dialect: dialect.name)
@pytest.mark.parametrize("examples", [True, pytest.param(False, marks=pytest.mark.slow)])
async def test_shows_how_tasks_of_every_dialect_go(dialect: Dialect, examples: bool) -> None:
    """Also of one with no more than its example: whoever adds one is shown in the demo."""
    bare = {} if examples else {"text": dialect.example}
    body = next(iter((bare or dialect.examples or {"text": dialect.example}).values()))
    seen: list[Reading] = []
    async with serve(freeze=False, rate=40.0) as server:
        client = Client(server.anonymous, f"{server.base}/{dialect.name}", KEY, dialect)
        task = await client.order(body)
        done = await client.wait(task, seen.append)
        assert (await client.download(task, done.link))[4:8] == b"ftyp"
        plan = {"plan": {"end": "failed", "message": "no"}, "match": {"key": KEY}}
        async with server.anonymous.post(f"{server.base}/_sim/plans", json=plan) as answer:
            assert answer.status == 200
        with pytest.raises(Trouble, match="failed: no"):
            await client.wait(await client.order(body), seen.append)
    assert all(reading.phase is not None for reading in seen)
    assert all(reading.word for reading in seen)
