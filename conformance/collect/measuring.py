"""Files of an endpoint, measured in a process of their own that may end without the run.

A decoder is a million lines of C, and what it reads was chosen by a stranger: a file can make it
take all the memory there is, run for ever, or crash. So one helper process does it, with little
memory, one file at a time, and is killed and started anew where it takes too long.
"""

import atexit
import contextlib
import json
import subprocess
import sys
import threading
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from conformance.collect import clip

LONGEST_S = 60.0
MEMORY = 320 * 1024 * 1024
# The child reads the same modules as this process, wherever those were found.
CHILD = "import json, sys; sys.path[:] = json.loads(sys.argv[1]); {do}"
DO = "from conformance.collect import measuring; measuring.serve()"


class Measurer:
    """Hands files to the helper process and gives their facts back."""

    def __init__(self, longest: float = LONGEST_S) -> None:
        self._longest, self._lock = longest, threading.Lock()
        self._process: subprocess.Popen[str] | None = None

    def clip(self, path: Path, ends: bool = False) -> Mapping[str, Any]:
        """What a clip is, with the colours of its `ends` where they are wanted; or `problem`."""
        return self._asked({"clip": str(path), "ends": ends})

    def still(self, path: Path, clip: Path | None) -> Mapping[str, Any]:
        """What a picture is, beside the clip whose last one it should be; or `problem`."""
        return self._asked({"still": str(path), "beside": clip and str(clip)})

    def picture(self, path: Path, width: int, height: int) -> Mapping[str, Any]:
        """The colours that a picture has in a clip of this size; or `problem`."""
        return self._asked({"picture": str(path), "size": [width, height]})

    def _asked(self, wish: Mapping[str, Any]) -> Mapping[str, Any]:
        with self._lock:
            process = self._running()
            late = threading.Event()

            def kill() -> None:
                late.set()
                process.kill()

            timer = threading.Timer(self._longest, kill)
            timer.start()
            try:
                answer = _exchanged(process, wish)
            finally:
                timer.cancel()
            if answer is not None:
                return answer
            self.close()
        if late.is_set():
            return {"problem": f"it cannot be measured within {self._longest:g} s"}
        return {"problem": f"measuring it ended the decoder ({_end(process.returncode)})"}

    def _running(self) -> "subprocess.Popen[str]":
        if self._process is not None and self._process.poll() is not None:
            self.close()
        if self._process is None:
            command = [sys.executable, "-I", "-c", CHILD.format(do=DO), json.dumps(sys.path)]
            pipe = subprocess.PIPE
            self._process = subprocess.Popen(
                command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, text=True
            )
        return self._process

    def close(self) -> None:
        """End the helper process."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                with contextlib.suppress(OSError):
                    if pipe:
                        pipe.close()


def _exchanged(
    process: "subprocess.Popen[str]", wish: Mapping[str, Any]
) -> Mapping[str, Any] | None:
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        process.stdin.write(json.dumps(wish) + "\n")
        process.stdin.flush()
        line = process.stdout.readline()
        return dict(json.loads(line)) if line else None
    except (OSError, ValueError):
        return None


def _end(code: int | None) -> str:
    return f"signal {-code}" if code is not None and code < 0 else f"status {code}"


@cache
def measurer() -> Measurer:
    """The one of this process: to start its helper takes longer than to measure a clip."""
    made = Measurer()
    atexit.register(made.close)
    return made


def serve() -> None:
    """The helper: reads wishes, a line each, until nobody is there."""
    _less_memory()
    for line in sys.stdin:
        sys.stdout.write(json.dumps(_measured(json.loads(line))) + "\n")
        sys.stdout.flush()


def _measured(wish: Mapping[str, Any]) -> Mapping[str, Any]:
    with contextlib.ExitStack() as stack:
        try:
            if "clip" in wish:
                raw = stack.enter_context(clip.opened(Path(wish["clip"])))
                return clip.facts(raw, wish["ends"])
            if "picture" in wish:
                raw = stack.enter_context(clip.opened(Path(wish["picture"])))
                return clip.picture(raw, *wish["size"])
            raw = stack.enter_context(clip.opened(Path(wish["still"])))
            beside = wish["beside"] and stack.enter_context(clip.opened(Path(wish["beside"])))
            return clip.still(raw, beside)
        except MemoryError:
            return {"problem": f"it cannot be decoded within {MEMORY // 2**20} MB of memory"}
        except Exception as fault:
            return {"problem": f"it cannot be read: {type(fault).__name__}"}


def _less_memory() -> None:
    """Let this process have only so much memory of its own, where the system can see to that."""
    try:
        import resource  # noqa: PLC0415 (not on every platform)
    except ImportError:  # Windows has none
        return
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
