"""Every other block of the README, run as far as this machine can; the longer ones are slow."""

import json
import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import textwrap
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from simulator.cli.settings import configure
from tests.actions import ROOT as HERE
from tests.actions import Job
from tests.test_actions import started
from tests.test_cli import ORDER, Running, serving
from tests.test_readme import BLOCKS, PROGRAMS, ROOT, TEXT

ADDRESS = "http://127.0.0.1:8000"
COMMANDS = [
    command
    for block in re.findall(r"^```console\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)
    for command in re.findall(r"^\$ (.*?)(?=^\$ |^\{\"id|\Z)", block, re.MULTILINE | re.DOTALL)
]
CURLS = [one for one in COMMANDS if one.startswith("curl")]
YAML = re.findall(r"^```yaml\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)
PYTHON = re.findall(r"^```python\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)
TOML = re.findall(r"^ *```toml\n(.*?)^ *```", TEXT, re.MULTILINE | re.DOTALL)
OUR_CLIENT = """
import json
import urllib.request


def run_our_client(base, key):
    url, order = base + "/api/v3/contents/generations/tasks", {
        "model": "doubao-seedance-2-0-260128", "content": [{"type": "text", "text": "A boat"}]}
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    asked = urllib.request.Request(url, json.dumps(order).encode(), headers)
    with urllib.request.urlopen(asked) as answer:
        task = json.load(answer)["id"]
    with urllib.request.urlopen(urllib.request.Request(f"{url}/{task}", headers=headers)) as answer:
        assert json.load(answer)["status"] == "failed"


"""


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_every_request_is_answered() -> None:
    assert len(CURLS) > 5
    with serving() as server:
        for command in CURLS:
            line = f"{command.strip().replace(ADDRESS, address(server))} --fail-with-body"
            done = subprocess.run(line, shell=True, capture_output=True, text=True, timeout=60)
            assert done.returncode == 0, (command, done.stdout)
            json.loads(done.stdout)


def address(server: Running) -> str:
    return server.line.removeprefix("listening on ").strip()


@pytest.mark.slow
def test_the_plan_of_a_run_needs_no_gateway() -> None:
    (command,) = [one for one in COMMANDS if "seedance-conformance plan" in one]
    program, *arguments = shlex.split(command)
    words = [str(PROGRAMS / Path(program).name), *arguments]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert "evolink" in done.stdout


@pytest.mark.slow
def test_the_run_that_is_shown_finds_the_simulator_conformant(tmp_path: Path) -> None:
    (command,) = [one for one in COMMANDS if "seedance-conformance run" in one]
    with serving() as server:
        program, *arguments = shlex.split(command.replace(ADDRESS, address(server)))
        words = [str(PROGRAMS / Path(program).name), *arguments]
        done = subprocess.run(words, capture_output=True, text=True, timeout=300, cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "\nconformant\n" in done.stdout


def settings(service: dict[str, Any]) -> dict[str, str]:
    return {name: str(value) for name, value in service["environment"].items()}


def test_the_compose_files_set_what_there_is() -> None:
    ours = yaml.safe_load(YAML[0])["services"]["seedance"]
    assert configure({}, settings(ours)).callbacks == "private"
    text = (ROOT / ".github" / "compose.yaml").read_text("utf-8")
    several = yaml.safe_load(text)["services"]["simulator"]
    assert configure({}, settings(several)).store.startswith("valkey://")


def test_the_last_step_of_the_job_is_a_verdict() -> None:
    *_, last = yaml.safe_load(YAML[1])["steps"]
    words = shlex.split(last["run"].replace("${{ github.run_id }}", "17"))
    asked = words[words.index("verdict") :]
    with serving() as server:
        command = [str(PROGRAMS / "seedance-sim"), *asked]
        command[command.index("--base-url") + 1] = address(server)
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 4
    assert "nothing was seen of this key" in done.stdout


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
@pytest.mark.parametrize(("path", "status"), [("", 0), ("/nowhere", 1)])
def test_the_job_without_a_container_ends_with_the_verdict(path: str, status: int) -> None:
    (block,) = [one for one in BLOCKS if "seedance-sim verdict" in one]
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    order = json.dumps(ORDER)
    curl = (
        'curl -s --fail -H "Authorization: Bearer $ARK_API_KEY" -H "Content-Type: application/json"'
    )
    client = f"{curl} -d '{order}' $ARK_BASE_URL/contents/generations/tasks{path} || true"
    script = block.replace("8000", port).replace("npm test", "sh -c " + shlex.quote(client))
    script = "set -e\ntrap 'kill $!' EXIT\n" + script
    env = {**os.environ, "PATH": f"{PROGRAMS}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(["sh", "-c", script], env=env, capture_output=True, text=True, timeout=60)
    assert done.returncode == status, done.stdout + done.stderr
    assert done.stdout.rstrip().endswith(f"verdict: {'fail' if status else 'pass'}")


@pytest.mark.slow
def test_the_job_on_github_uses_what_the_actions_tell(tmp_path: Path) -> None:
    steps = yaml.safe_load(YAML[2])["steps"]
    starts, runs, judges = steps[1:]
    assert starts["uses"].split("@")[0].endswith("/.github/actions/simulator")
    assert judges["uses"].split("@")[0].endswith("/.github/actions/verdict")
    command = str(PROGRAMS / "seedance-sim")
    with started(tmp_path, command=command, **starts["with"]) as job:
        told = {name: filled(text, job) for name, text in runs["env"].items()}
        assert told["ARK_BASE_URL"].endswith("/ark/api/v3")
        assert told["ARK_API_KEY"].startswith("sk-")
        given = {name.replace("-", "_"): value for name, value in judges["with"].items()}
        env = {**os.environ, **job.env}
        client = [sys.executable, "-m", "tests.actions.client"]
        subprocess.run(client, cwd=HERE, env=env, check=True, timeout=60)
        assert job.use("verdict", **given) == {"verdict": "pass"}


def filled(text: str, job: Job) -> str:
    return re.sub(r"\$\{\{ env\.(\w+) \}\}", lambda found: job.env[found[1]], text)


@pytest.mark.slow
def test_the_fixture_does_what_the_example_says(tmp_path: Path) -> None:
    (block,) = [one for one in PYTHON if "def test_our_client" in one]
    (tmp_path / "test_ours.py").write_text(OUR_CLIENT + block, "utf-8")
    words = ["-q", "-p", "no:cacheprovider", "-p", "no:asyncio", "--seedance-sim-pace", "instant"]
    command = [sys.executable, "-m", "pytest", *words, str(tmp_path)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout


def test_the_application_is_traced(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only where OpenTelemetry is installed, which nothing here needs."""
    pytest.importorskip("opentelemetry.instrumentation.aiohttp_server")
    from aiohttp import web

    (block,) = [one for one in PYTHON if "AioHttpServerInstrumentor" in one]
    served: list[web.Application] = []
    monkeypatch.setattr(web, "run_app", lambda app, **_: served.append(app))
    exec(block, {})
    assert served[0].middlewares


def test_the_files_are_read(tmp_path: Path) -> None:
    from conformance.plan.prices import load
    from simulator.control import keyfile

    keys, prices = (tmp_path / name for name in ("keys.toml", "prices.toml"))
    keys.write_text(textwrap.dedent(TOML[0]), "utf-8")
    (key,) = keyfile.load(str(keys))
    assert (key.key, key.slots, key.rpm) == ("sk-team-a", 2, 60)
    prices.write_text(TOML[1], "utf-8")
    (dialect,) = tomllib.loads(TOML[1])
    assert load(prices, dialect)
    with serving("--prices", str(prices), "--keys", str(keys)) as server:
        assert server.line.startswith("listening on ")
