"""The Actions of this repository, run here as the runner of GitHub runs them."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import ProxyHandler, build_opener

import pytest
import yaml

from simulator.dialects import NAMES
from tests.actions import ACTIONS, ROOT, Failed, Job

OWN = str(Path(sys.executable).parent / "seedance-sim")
CLIENT = [sys.executable, "-m", "tests.actions.client"]


@contextmanager
def started(folder: Path, **given: str) -> Iterator[Job]:
    """A job whose first step was the action ``simulator``."""
    job = Job(folder)
    job.told = job.use("simulator", **given)
    try:
        yield job
    finally:
        os.kill(int(job.told["pid"]), signal.SIGTERM)


def client(job: Job, *arguments: str) -> None:
    env = {**os.environ, **job.env}
    subprocess.run([*CLIENT, *arguments], cwd=ROOT, env=env, check=True, timeout=60)


@pytest.fixture(scope="module")
def job(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Job]:
    """A job with a running simulator, for tests with keys of their own."""
    given = {"command": OWN, "arguments": "--seed 1\n--pace instant"}
    with started(tmp_path_factory.mktemp("job"), **given) as made:
        yield made


def test_the_simulator_is_started_and_its_addresses_are_told(job: Job) -> None:
    assert job.told["key"] == job.env["SEEDANCE_KEY"] == "sk-ci-17-integration"
    assert "seedance-sim listens on" in job.log
    assert Path(job.told["log"]).exists()
    urls = json.loads(job.told["urls"])
    assert set(urls) == set(NAMES)
    for name in NAMES:
        own = f"{job.told['url']}/{name}"
        assert job.env[f"SEEDANCE_{name.upper()}_URL"] == urls[name] == own
        assert job.env[f"SEEDANCE_{name.upper()}_API_URL"].startswith(own)


def test_a_careful_client_passes(job: Job) -> None:
    client(job)
    assert job.use("verdict", fail_on="warning") == {"verdict": "pass"}
    assert "verdict: pass" in job.log
    assert "verdict: pass" in job.summary


def test_a_careless_client_fails_the_job(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(job.env, "SEEDANCE_KEY", "sk-careless")
    client(job, "careless")
    with pytest.raises(Failed, match="the verdict is: fail"):
        job.use("verdict", fail_on="warning")


def test_a_key_that_nobody_used_is_no_pass(job: Job) -> None:
    with pytest.raises(Failed, match="nothing was seen of this key"):
        job.use("verdict", key="sk-elses")


def test_the_log_obeys_nothing_that_a_client_sent(job: Job) -> None:
    here = build_opener(ProxyHandler({}))
    here.addheaders = [("Authorization", "Bearer sk-hostile")]
    with pytest.raises(OSError, match="404"):
        here.open(job.told["url"] + "/apiyi/</pre><b>%0A::error::of-a-client")
    with pytest.raises(Failed) as failed:
        job.use("verdict", key="sk-hostile", fail_on="info")
    lines = str(failed.value).splitlines()
    begin = next(n for n, line in enumerate(lines) if line.startswith("::stop-commands::"))
    word = lines[begin].removeprefix("::stop-commands::")
    assert "of-a-client" in "".join(lines[begin + 1 : lines.index(f"::{word}::")])
    assert "of-a-client" not in "".join(lines[:begin])
    assert "of-a-client" in job.summary
    assert "<b>" not in job.summary


def test_what_does_not_start_is_told_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(Failed, match=r"::error::The simulator did not start: .*--sed"):
        Job(tmp_path).use("simulator", command=OWN, arguments="--sed 1")


def test_a_verdict_without_a_simulator_says_what_comes_first(tmp_path: Path) -> None:
    with pytest.raises(Failed, match="the action simulator comes first"):
        Job(tmp_path).use("verdict")


def test_the_workflow_of_this_repository_uses_them_as_they_are() -> None:
    text = (ROOT / ".github" / "workflows" / "tests.yml").read_text("utf-8")
    for step in yaml.safe_load(text)["jobs"]["action"]["steps"]:
        if step.get("uses", "").startswith("./"):
            action = yaml.safe_load((ROOT / step["uses"] / "action.yml").read_text("utf-8"))
            assert set(step.get("with", {})) <= set(action["inputs"])
        if step.get("run", "").startswith("python3 tests/"):
            assert (ROOT / step["run"].split()[1]).exists()


def test_every_script_may_be_run() -> None:
    for script in ACTIONS.rglob("*.sh"):
        assert os.access(script, os.X_OK), script


@pytest.mark.slow
def test_whoever_never_saw_the_project_gets_a_verdict(tmp_path: Path) -> None:
    """Of the wheel, which the action installs into an empty environment."""
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=60)
    (wheel,) = tmp_path.glob("*.whl")
    job_folder = tmp_path / "job"
    job_folder.mkdir()
    with started(job_folder, package=str(wheel), arguments="--pace instant") as job:
        assert job.env["SEEDANCE_COMMAND"].startswith(str(job_folder))
        client(job)
        assert job.use("verdict", fail_on="warning") == {"verdict": "pass"}
