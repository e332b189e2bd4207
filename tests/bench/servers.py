"""The two servers that are compared: this simulator and a bare aiohttp application."""

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


@dataclass(frozen=True, slots=True)
class Started:
    """A server process that has said where it listens."""

    process: subprocess.Popen[str]
    port: int

    def cpu(self) -> float:
        """Seconds of CPU that the process has used; its threads live as long as it does."""
        threads = Path(f"/proc/{self.process.pid}/task").iterdir()
        # The scheduler's own count, in nanoseconds: ticks of 10 ms are coarse for a round.
        return sum(int((one / "schedstat").read_text().split()[0]) for one in threads) / 1e9

    def memory(self, what: str) -> float:
        """MiB of the process, by the kernel's names: VmRSS is now, VmHWM the most so far."""
        status = Path(f"/proc/{self.process.pid}/status").read_text("utf-8")
        return int(status.partition(f"{what}:")[2].split()[0]) / 1024


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
