"""The README's first command and its request do what they say."""

import asyncio
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from argparse import ArgumentParser, _SubParsersAction
from pathlib import Path

import pytest

from conformance.cli.arguments import parser as conformance
from simulator.cli.main import parser as simulator
from simulator.dialects import ALL
from simulator.faults.catalogue import CATALOGUE

ROOT = Path(__file__).parent.parent
TEXT = (ROOT / "README.md").read_text("utf-8")
BLOCKS = re.findall(r"^```sh\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)
PROGRAMS = Path(sys.executable).parent


async def test_the_first_command_ends_in_clips(tmp_path: Path) -> None:
    *install, main_job = BLOCKS[0].splitlines()
    assert install == ["python3 -m venv .venv", ".venv/bin/pip install -q ."]
    program, *arguments = shlex.split(main_job)
    process = await asyncio.create_subprocess_exec(
        str(PROGRAMS / Path(program).name),
        *arguments,
        "--dialect",
        "apiyi",
        cwd=tmp_path,
        stdout=asyncio.subprocess.PIPE,
    )
    output, _ = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 0
    assert b"apiyi-text.mp4" in output
    assert (tmp_path / "seedance-demo" / "apiyi-text.mp4").read_bytes()[4:8] == b"ftyp"


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
async def test_the_request_gets_its_answer(tmp_path: Path) -> None:
    found = re.search(r"^\$ (curl .*?)^(\{.*?\})$", TEXT, re.MULTILINE | re.DOTALL)
    assert found is not None
    command, answer = found.groups()
    server = await asyncio.create_subprocess_exec(
        str(PROGRAMS / "seedance-sim"),
        "serve",
        "--port",
        "0",
        cwd=tmp_path,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        assert server.stdout is not None
        line = await asyncio.wait_for(server.stdout.readline(), 30)
        base = line.decode().removeprefix("listening on ").strip()
        command = command.replace("http://127.0.0.1:8000", base)
        client = await asyncio.create_subprocess_shell(command, stdout=asyncio.subprocess.PIPE)
        output, _ = await asyncio.wait_for(client.communicate(), 30)
        shape = re.compile(r"cgt-\d{14}-[a-z0-9]{5}")
        assert shape.fullmatch(json.loads(output)["id"])
        assert shape.fullmatch(json.loads(answer)["id"])
    finally:
        server.terminate()
        assert await asyncio.wait_for(server.wait(), 20) == 0


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")
def test_the_helper_for_node_serves_a_test_of_its_runner() -> None:
    env = {**os.environ, "SEEDANCE_COMMAND": str(PROGRAMS / "seedance-sim")}
    command = ["node", "--test", ".github/examples/example.test.mjs"]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=90)
    assert done.returncode == 0, done.stdout
    assert "# pass 2" in done.stdout
    assert "# fail 0" in done.stdout


def test_containers_are_those_of_the_image() -> None:
    image = (ROOT / "Dockerfile").read_text("utf-8")
    (port,) = re.findall(r"^EXPOSE (\d+)$", image, re.MULTILINE)
    assert "HEALTHCHECK" in image
    assert "docker build --tag seedance-sim" in TEXT
    blocks = re.findall(r"^```(?:java|js|python)\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)
    blocks = [block for block in blocks if "testcontainers" in block]
    assert len(blocks) == 3
    for block in blocks:
        assert '"seedance-sim"' in block
        assert set(re.findall(r"\((\d+)\)", block)) == {port}
        assert re.search(r"waitstrategy|HealthcheckWaitStrategy|forHealth", block, re.IGNORECASE)


def test_the_second_command_runs_the_tests() -> None:
    assert BLOCKS[1].splitlines()[-1].startswith(".venv/bin/pytest")


def test_the_table_has_every_dialect_and_its_paths() -> None:
    for dialect in ALL:
        row = re.search(rf"^\| `{dialect.name}` \|.*$", TEXT, re.MULTILINE)
        assert row is not None, dialect.name
        create = next(route for route in dialect.routes if route.kind == "create")
        assert f"{create.method} {create.path}" in row.group(), dialect.name


def test_what_is_to_be_installed_is_there() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    named = re.findall(r"pip install (?:-\w+ )*'?([^\s'`]+)", TEXT)
    assert len(named) > 2
    for each in named:
        place, _, extra = each.partition("[")
        assert place == ".", f"{each} is published nowhere"
        assert not extra or extra.rstrip("]") in project["optional-dependencies"]


OTHERS = {  # flags of docker, curl and pytest's plugins
    *("--tag", "--detach", "--publish", "--silent", "--fail", "--retry", "--retry-delay"),
    *("--retry-all-errors", "--pyargs", "--seedance-url", "--seedance-dialect"),
    "--seedance-base-url",
}


def test_every_flag_that_is_named_is_one() -> None:
    known = OTHERS | options(simulator()) | options(conformance())
    for page in ("README.md", "simulator/README.md"):
        named = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", (ROOT / page).read_text("utf-8")))
        assert named <= known, page
        assert len(named) > 2


def options(parser: ArgumentParser) -> set[str]:
    """Every flag of a command and of those below it."""
    found = set[str]()
    for action in parser._actions:
        found |= set(action.option_strings)
        if isinstance(action, _SubParsersAction):
            found = found.union(*(options(one) for one in action.choices.values()))
    return found


def test_what_is_said_of_the_faults_is_so() -> None:
    assert "lists more than a hundred named ones" in TEXT
    assert len(CATALOGUE) > 100


def test_the_job_waits_for_the_server_before_anything_speaks_to_it() -> None:
    job = TEXT[TEXT.index("# a job") :].split("```")[0]
    waits, tests = job.index("/_sim/health"), job.index("npm test")
    assert job.index("docker run") < waits < tests
    assert "--retry" in job[:waits]
