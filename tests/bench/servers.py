"""The two servers that are compared: this simulator and a bare aiohttp application."""

import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

OURS = [sys.executable, "-m", "simulator", "serve", "--port", "0", "--pace", "instant"]
BARE = [sys.executable, "-m", "tests.bench.bare"]
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Started:
    """A server process that has said where it listens."""

    process: subprocess.Popen[str]
    port: int

    def cpu(self) -> float:
        """Seconds of CPU that the process has used."""
        fields = (
            Path(f"/proc/{self.process.pid}/stat")
            .read_text(encoding="utf-8")
            .rpartition(")")[2]
            .split()
        )
        return (int(fields[11]) + int(fields[12])) / TICKS


@contextmanager
def started(command: list[str], given: str = "") -> Iterator[Started]:
    """Start a server; ``given`` is what it reads first."""
    pipe = subprocess.PIPE
    quiet = subprocess.DEVNULL
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=quiet, text=True) as process:
        try:
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write(given)
            process.stdin.close()
            line = process.stdout.readline()
            yield Started(process, int(line.strip().rpartition(":")[2]))
        finally:
            process.kill()


def children_cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def now() -> float:
    return time.perf_counter()
