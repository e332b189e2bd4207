"""What the pytest plugin costs: a session that has it, one that uses it, and each test that does.

``python -m tests.bench.fixture [ROUNDS]``; wanted are at most 0.6 s for a session, 5 ms for a test,
and next to nothing where it is not used.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.bench.servers import now

ROOT = Path(__file__).parent.parent.parent
MANY = 300
WITH = "-p", "simulator.plugin"


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    bare = best(rounds, "", 1, "-p", "no:simulator.plugin")
    unused, many_unused = best(rounds, "", 1, *WITH), best(rounds, "", MANY, *WITH)
    used, many_used = best(rounds, "seedance", 1, *WITH), best(rounds, "seedance", MANY, *WITH)
    each = (many_used - used - many_unused + unused) / (MANY - 1)
    for what, seconds in (
        ("installed, not used: a session", unused - bare),
        ("used: a session", used - unused),
        ("used: a test", each),
    ):
        print(f"{what} takes {1000 * seconds:.1f} ms more")  # noqa: T201 (a command)


def best(rounds: int, fixture: str, tests: int, *arguments: str) -> float:
    """Seconds of the fastest run of so many empty tests."""
    with tempfile.TemporaryDirectory() as folder:
        text = f"import pytest\n@pytest.mark.parametrize('n', range({tests}))\n"
        Path(folder, "test_it.py").write_text(
            f"{text}def test_it(n, {fixture}): pass\n", encoding="utf-8"
        )
        return min(_run(folder, arguments) for _ in range(rounds))


def _run(folder: str, arguments: tuple[str, ...]) -> float:
    names = ("no:cacheprovider", "no:randomly", "no:asyncio", "no:anyio", "no:xdist")
    quiet = [word for name in names for word in ("-p", name)]
    command = [sys.executable, "-m", "pytest", "-q", *quiet, *arguments, folder]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    before = now()
    subprocess.run(command, cwd=folder, env=environment, check=True, stdout=subprocess.DEVNULL)
    return now() - before


if __name__ == "__main__":
    main()
