"""Schemathesis on every OpenAPI document, against a running server: nothing may be found.

Run ``python -m tests.schemathesis [NAME…]``; with no names it takes all dialects and the control
plane. The server knows one key, so that a wrong one is refused. Left out are the checks that ask
for what is not so upstream:

- a vendor's own words for trouble may have a status of 500 and more, and an answer to a method that
  is not there is often no 405 (an error of the server itself is found all the same: its answer is
  of no documented type);
- an order that fits the schema may still be refused: which media stand beside each other, and what
  a model takes, stands in the description;
- a task that was deleted while it waited is cancelled, and can be read for some time;
- of a parameter that comes several times the last one counts, and an empty one is none: so calls
  that list are not asked to refuse whatever their schemas rule out;
- Ark's library of assets says with a 400 that there is no credential.
"""

import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

from simulator.dialects import NAMES
from tests.bench.servers import OURS, started

KEY = "sk-schemathesis"
CONTROL = "control"
LEFT_OUT = (
    "not_a_server_error",
    "unsupported_method",
    "positive_data_acceptance",
    "use_after_free",
    "ensure_resource_availability",
)
EXAMPLES = "15"
SETTINGS = """
[[operations]]
include-tag = "list"
checks.negative_data_rejection.enabled = false

[[operations]]
include-path = "/"
checks.missing_required_header.enabled = false
checks.ignored_auth.enabled = false
"""


def main(names: Sequence[str]) -> int:
    """Run it, and give how many documents something was found in."""
    with TemporaryDirectory() as folder:
        keys = Path(folder) / "keys.toml"
        keys.write_text(f'[[key]]\nkey = "{KEY}"\n', encoding="utf-8")
        settings = Path(folder) / "schemathesis.toml"
        settings.write_text(SETTINGS, encoding="utf-8")
        command = [*OURS, "--keys", str(keys)]
        # The control plane has a server of its own: what it is asked for would meet the others.
        with started(command) as server, started(command) as other, ThreadPoolExecutor(2) as pool:
            ports = {CONTROL: other.port}
            return sum(
                pool.map(lambda one: check(one, ports.get(one, server.port), settings), names)
            )


def check(name: str, port: int, settings: Path) -> bool:
    """Whether something was found in one document, which is then printed."""
    place = "/_sim/openapi.json" if name == CONTROL else f"/_sim/openapi/{name}.json"
    program = Path(sys.executable).with_name("schemathesis")
    options = ["--max-examples", EXAMPLES, "--seed", "1", "--no-color", "--warnings", "off"]
    options += ["--exclude-checks", ",".join(LEFT_OUT), "--suppress-health-check", "all"]
    if name != CONTROL:
        options += ["--header", f"Authorization: Bearer {KEY}"]
    command = [str(program), "--config-file", str(settings)]
    command += ["run", f"http://127.0.0.1:{port}{place}", *options]
    # It leaves a folder of what it found where it runs.
    where = settings.parent
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=where)
    lines = done.stdout.splitlines()
    told = next((line.strip() for line in lines if "generated" in line), "")
    sys.stdout.write(f"{name}: {told or done.stderr[-500:]}\n")
    if done.returncode:
        sys.stdout.write(done.stdout)
    return bool(done.returncode)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:] or (*NAMES, CONTROL)))
