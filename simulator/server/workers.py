"""Several processes behind one socket: they are started, told to end, and replaced when they die.

The parent listens, but answers nothing: each worker inherits the listening sockets, so that what
waits for an answer is lost with none of them. All that they have in common is the store.
"""

import os
import signal
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from types import FrameType
from typing import NoReturn

from simulator.core.config import BadSetting

ENDS = (signal.SIGTERM, signal.SIGINT)
# Workers that have not ended by then, after they were told to, are killed.
PATIENCE_S = 6.0

# What a worker does: it calls the function when it is ready, and ends when the descriptor, which
# is the parent's life, has something to read.
Work = Callable[[Callable[[], None], int], None]


class Workers:
    """So many processes that do the same work."""

    def __init__(self, count: int, work: Work) -> None:
        self._count = count
        self._work = work
        self._numbers: dict[int, int] = {}
        self._ending = False
        self._life, self._hold = os.pipe()

    def run(self, say: Callable[[], None]) -> None:
        """Call ``say`` once all are ready, and go on until a signal ends it.

        Raises BadSetting where a worker cannot even begin; it has said why itself.
        """
        for one in ENDS:
            signal.signal(one, self._end)
        signal.signal(signal.SIGALRM, self._kill)
        # They begin together, and then each is waited for.
        pipes = [self._start(number) for number in range(1, self._count + 1)]
        ready = all([_is_ready(pipe) for pipe in pipes])  # noqa: C419 (each is waited for)
        if ready:
            say()
        elif not self._ending:
            self._give_up("a worker cannot begin")
        while self._numbers:
            number, status = self._wait()
            if self._ending:
                continue
            # One that was killed before it was ready is replaced like any other.
            if not ready and os.waitstatus_to_exitcode(status) >= 0:
                self._give_up("a worker cannot begin again")
            _complain(f"worker {number} {_cause(status)}; another takes its place")
            ready = _is_ready(self._start(number))

    def _start(self, number: int) -> int:
        """Begin a worker, and give the descriptor on which it says that it is ready."""
        read, write = os.pipe()
        signal.pthread_sigmask(signal.SIG_BLOCK, ENDS)
        try:
            pid = os.fork()
            if not pid:
                os.close(read)
                os.close(self._hold)
                self._live(write)
            self._numbers[pid] = number
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDS)
        os.close(write)
        if self._ending:
            os.kill(pid, signal.SIGTERM)
        return read

    def _live(self, write: int) -> NoReturn:
        """The life of a worker, which never goes back into the parent's code."""
        status = 1
        try:
            for number in (*ENDS, signal.SIGALRM):
                signal.signal(number, signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDS)
            self._work(lambda: os.close(write) if os.write(write, b"!") else None, self._life)
            status = 0
        except BadSetting as mistake:
            _complain(str(mistake))
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stderr.flush()
            os._exit(status)

    def _wait(self) -> tuple[int, int]:
        pid, status = os.wait()
        return self._numbers.pop(pid, 0), status

    def _give_up(self, why: str) -> None:
        self._end()
        while self._numbers:
            self._wait()
        raise BadSetting(f"--workers: {why}")

    def _end(self, number: int = 0, frame: FrameType | None = None) -> None:
        self._ending = True
        self._send(signal.SIGTERM)
        signal.setitimer(signal.ITIMER_REAL, PATIENCE_S)

    def _kill(self, number: int, frame: FrameType | None) -> None:
        self._send(signal.SIGKILL)

    def _send(self, number: signal.Signals) -> None:
        for pid in list(self._numbers):
            with suppress(ProcessLookupError):
                os.kill(pid, number)


def _is_ready(pipe: int) -> bool:
    """Whether a worker says so; False once it has ended."""
    try:
        return bool(os.read(pipe, 1))
    finally:
        os.close(pipe)


def _cause(status: int) -> str:
    code = os.waitstatus_to_exitcode(status)
    if code < 0:
        return f"was ended by {signal.Signals(-code).name}"
    return f"ended with status {code}"


def _complain(text: str) -> None:
    sys.stderr.write(f"seedance-sim: {text}\n")
    sys.stderr.flush()
