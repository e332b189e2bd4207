"""Processes that lead a group of their own, killed with it where the system knows such."""

import asyncio
import os
import signal
import subprocess


def kill(process: "asyncio.subprocess.Process | subprocess.Popen[bytes]") -> None:
    """Kill a process and what it started; ProcessLookupError if it has gone."""
    if hasattr(os, "killpg"):
        os.killpg(process.pid, signal.SIGKILL)
    else:  # Windows
        process.kill()
