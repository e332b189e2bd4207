"""Proves the container without a container engine: its pip line, its CMD and its HEALTHCHECK.

``python -m tests.image`` builds the wheels as the first stage does, installs them into an empty
environment as the second stage does, starts the CMD with the image's own settings on a free port,
and runs the HEALTHCHECK against it.
"""

import json
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).parent.parent


def main() -> None:
    text = (ROOT / "Dockerfile").read_text("utf-8").replace("\\\n", " ")
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        programs = home / "venv" / "bin"
        venv.create(home / "venv", with_pip=True)
        for line in re.findall(r"pip (?:wheel|install) [^\n]*", text):
            command = shlex.split(line.replace("/wheels", str(home / "wheels")))
            run([str(programs / "python"), "-m", *command], cwd=ROOT)
        serve(text, home, programs)
    print("the image's lines work")  # noqa: T201 (this is a command)


def serve(text: str, home: Path, programs: Path) -> None:
    """Start the CMD, wait for its first line, and ask the HEALTHCHECK twice."""
    port = free_port()
    settings = dict(re.findall(r"(SEEDANCE_SIM_\w+)=(\S+)", text))
    settings["SEEDANCE_SIM_PORT"] = str(port)
    path = f"{programs}{os.pathsep}{os.environ['PATH']}"
    environment = {"PATH": path, "HOME": str(home), **settings}
    command = json.loads(re.findall(r"^CMD (\[.*\])", text, re.MULTILINE)[-1])
    health = json.loads(re.findall(r"HEALTHCHECK.*?CMD (\[.*?\])$", text, re.MULTILINE)[0])
    health = [part.replace(":8000/", f":{port}/") for part in health]
    server = subprocess.Popen(
        [str(programs / command[0]), *command[1:]],
        cwd=home,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert server.stdout is not None
        line = server.stdout.readline()
        assert line == f"listening on http://0.0.0.0:{port}\n", line
        run(health, cwd=home, env=environment)
        server.send_signal(signal.SIGTERM)
        assert server.wait(timeout=20) == 0
    finally:
        server.kill()
    refused = subprocess.run(health, cwd=home, env=environment, capture_output=True, check=False)
    assert refused.returncode != 0, "the health check passes without a server"


def run(command: list[str], cwd: Path, env: dict[str, str] | None = None) -> None:
    sys.stdout.flush()
    subprocess.run(command, cwd=cwd, env=env, check=True, timeout=600)


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


if __name__ == "__main__":
    main()
