"""Commands in processes of their own, each forked from one that has the code loaded already.

Python and the simulator take most of a second of CPU to load, and the tests start a hundred
commands. What a command does is the same: its own process with its own arguments, environment,
folder, streams and signals, which ends as a Python program ends. That commands start as they are
installed is shown elsewhere (``test_readme.py``, ``test_packaging.py``).
"""

import atexit
import json
import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import cache
from pathlib import Path
from types import TracebackType

ROOT = Path(__file__).parent.parent
LONGEST = 1 << 20


class Process:
    """A running ``python -m simulator``, used like a ``subprocess.Popen`` with pipes."""

    def __init__(
        self, arguments: Sequence[str], env: Mapping[str, str], cwd: Path | None = None
    ) -> None:
        self.args = [*arguments]
        self.returncode: int | None = None
        ours, theirs = zip(*(os.pipe() for _ in range(3)), strict=True)
        for one in theirs[:2]:
            widen(one)
        asked = {"arguments": self.args, "env": dict(env), "cwd": str(cwd or Path.cwd())}
        socket.send_fds(template(), [json.dumps(asked).encode()], theirs)
        for one in theirs:
            os.close(one)
        self.stdout, self.stderr, self._fate = (os.fdopen(one, encoding="utf-8") for one in ours)
        self.pid = int(self._fate.readline())

    def __enter__(self) -> "Process":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.wait()
        for stream in (self.stdout, self.stderr, self._fate):
            stream.close()

    def send_signal(self, number: int) -> None:
        """Send a signal, unless it has ended."""
        if self.poll() is None:
            # It may end, and be waited for, before how it ended is told here.
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def kill(self) -> None:
        """End it at once."""
        self.send_signal(signal.SIGKILL)

    def poll(self) -> int | None:
        """The exit status, minus the number of a signal that ended it; None while it runs."""
        return self._await(0)

    def wait(self, timeout: float | None = None) -> int:
        """The exit status, once there is one."""
        status = self._await(timeout)
        if status is None:
            raise subprocess.TimeoutExpired(self.args, timeout or 0)
        return status

    def communicate(self, timeout: float | None = None) -> tuple[str, str]:
        """All that it says on both outputs until it ends."""
        with ThreadPoolExecutor(2) as readers:
            reads = [readers.submit(stream.read) for stream in (self.stdout, self.stderr)]
            try:
                self.wait(timeout)
            except subprocess.TimeoutExpired:
                self.kill()
                raise
            out, complaints = (read.result() for read in reads)
        return out, complaints

    def _await(self, timeout: float | None) -> int | None:
        if self.returncode is None and select.select([self._fate], [], [], timeout)[0]:
            self.returncode = int(self._fate.readline())
        return self.returncode


def widen(pipe: int) -> None:
    """Let more into a pipe, where the system can and a user may have so much.

    What is written to a full pipe waits for a reader, and tests read after the end: a server that
    warns of each call while its store is away would stand still.
    """
    if sys.platform == "linux":
        import fcntl

        with suppress(PermissionError):
            fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, LONGEST)


def run(
    *arguments: str, env: Mapping[str, str], cwd: Path | None = None, timeout: float = 30
) -> subprocess.CompletedProcess[str]:
    """A command from its start to its end."""
    with Process(arguments, env, cwd) as process:
        out, complaints = process.communicate(timeout)
        return subprocess.CompletedProcess(process.args, process.wait(), out, complaints)


@cache
def template() -> socket.socket:
    """The line to the process that others are forked from; it ends with this one."""
    here, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    command = [sys.executable, "-m", "tests.processes", str(there.fileno())]
    process = subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.DEVNULL, pass_fds=[there.fileno()]
    )
    there.close()
    atexit.register(process.wait)
    atexit.register(here.close)  # before that: the last that is registered is the first to go
    return here


def serve(line: socket.socket) -> None:
    """Fork a process for each command that is asked for, until nobody is left to ask."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the watchers
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever asks is interrupted, and ends this
    while True:
        asked, fds, _, _ = socket.recv_fds(line, LONGEST, 3)
        if not asked:
            return
        if os.fork() == 0:
            line.close()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            watch(json.loads(asked), *fds)
        for one in fds:
            os.close(one)


def watch(asked: Mapping[str, object], out: int, complaints: int, fate: int) -> None:
    """Fork the command itself, and tell its id and how it ended."""
    pid = os.fork()
    if pid == 0:
        os.close(fate)
        for given, standard in ((out, 1), (complaints, 2)):
            os.dup2(given, standard)
            os.close(given)
        become(asked)
    os.close(out)
    os.close(complaints)
    os.write(fate, f"{pid}\n".encode())
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    os.write(fate, f"{status}\n".encode())
    os._exit(0)


def become(asked: Mapping[str, object]) -> None:
    """Be the command: nothing of what was before is seen but the code that is loaded."""
    from simulator.__main__ import main

    environment, folder, arguments = asked["env"], asked["cwd"], asked["arguments"]
    assert isinstance(environment, dict)
    assert isinstance(folder, str)
    assert isinstance(arguments, list)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    # The streams remember of what kind their files were.
    sys.stdout = os.fdopen(1, "w", encoding="locale", closefd=False)
    sys.stderr = os.fdopen(2, "w", 1, "locale", "backslashreplace", closefd=False)
    sys.argv = [str(ROOT / "simulator" / "__main__.py"), *arguments]
    sys.exit(main())


if __name__ == "__main__":
    # What a server and the other commands load when they begin.
    import simulator.server.run  # noqa: F401

    serve(socket.socket(fileno=int(sys.argv[1])))
