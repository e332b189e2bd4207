"""Runs a composite action of this repository on this machine, as the runner of GitHub would."""

import os
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parent.parent.parent
ACTIONS = ROOT / ".github" / "actions"
TIMEOUT_S = 300
_EXPRESSION = re.compile(r"\$\{\{\s*(\S+?)\s*\}\}")


class Failed(Exception):
    """A step ended with another status than 0; the text is what it said."""


@dataclass
class Job:
    """What a job hands from step to step: its environment, its log and its summary."""

    folder: Path
    env: dict[str, str] = field(default_factory=dict)
    told: dict[str, str] = field(default_factory=dict)  # the outputs of the first action
    log: str = ""
    summary: str = ""

    def use(self, name: str, **given: str) -> dict[str, str]:
        """Run an action with these inputs (``fail_on`` for ``fail-on``); its outputs."""
        action = yaml.safe_load((ACTIONS / name / "action.yml").read_text("utf-8"))
        inputs = {key: str(one["default"]) for key, one in action["inputs"].items()}
        for key, value in given.items():
            assert key.replace("_", "-") in inputs, key
            inputs[key.replace("_", "-")] = value
        known = {f"inputs.{key}": value for key, value in inputs.items()}
        for step in action["runs"]["steps"]:
            for key, value in self.run(step, ACTIONS / name, known).items():
                known[f"steps.{step['id']}.outputs.{key}"] = value
        return {key: _filled(one["value"], known) for key, one in action["outputs"].items()}

    def run(
        self, step: Mapping[str, Any], action: Path, known: Mapping[str, str]
    ) -> dict[str, str]:
        """Run one step in bash with the runner's flags, and read the files that it leaves."""
        assert step["shell"] == "bash"
        files = {name: self.folder / name for name in ("OUTPUT", "ENV", "STEP_SUMMARY", "PATH")}
        for file in files.values():
            file.write_bytes(b"")
        script = self.folder / "script.sh"
        script.write_text(_filled(step["run"], known), "utf-8")
        given = {
            **os.environ,
            **self.env,
            **{name: _filled(text, known) for name, text in step.get("env", {}).items()},
            **{f"GITHUB_{name}": str(file) for name, file in files.items()},
            "GITHUB_ACTION_PATH": str(action),
            "GITHUB_RUN_ID": "17",
            "GITHUB_JOB": "integration",
            "RUNNER_TEMP": str(self.folder),
        }
        # Into a file: the server that a step leaves behind must not hold a pipe open.
        with open(self.folder / "said", "w+b") as said:
            command = ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", str(script)]
            done = subprocess.run(
                command, cwd=self.folder, env=given, stdout=said, stderr=said, timeout=TIMEOUT_S
            )
            said.seek(0)
            told = said.read().decode("utf-8", "replace")
        self.log += told
        self.summary += files["STEP_SUMMARY"].read_text("utf-8")
        self.env |= _pairs(files["ENV"])
        if done.returncode:
            raise Failed(told)
        return _pairs(files["OUTPUT"])


def _filled(text: str, known: Mapping[str, str]) -> str:
    """A text with the values of its ``${{ … }}``; what a step did not say is empty."""
    return _EXPRESSION.sub(lambda found: known.get(found[1], ""), text)


def _pairs(file: Path) -> dict[str, str]:
    lines = file.read_text("utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines)
