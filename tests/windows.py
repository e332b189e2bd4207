"""The simulator without what Windows lacks: ``python -m tests.windows serve …``.

This machine's Python, from which is taken what that of Windows has not: modules, functions and
constants of POSIX, Unix sockets, and what its event loop, of which Proactor is the only one that
starts processes, says is not implemented. What Windows itself would do differently (paths, files in
use, sockets) is not tried by it.
"""

import asyncio
import os
import runpy
import signal
import socket
import sys
from functools import partial

MODULES = ("fcntl", "grp", "pwd", "resource", "termios", "uvloop")
OF_OS = ("fork", "killpg", "setsid", "getuid", "geteuid")
OF_SIGNAL = ("SIGALRM", "SIGHUP", "SIGUSR1", "pthread_sigmask")
OF_LOOPS = (
    "add_signal_handler",
    "remove_signal_handler",
    "add_reader",
    "create_unix_server",
    "create_unix_connection",
)


def refuse(*_: object, **__: object) -> None:
    raise NotImplementedError


def pretend() -> None:
    """Take away what Windows lacks; what is loaded by then knows this system as it is."""
    import aiohttp
    import av
    import imageio_ffmpeg
    import platformdirs

    del aiohttp, av, platformdirs
    os.environ.setdefault("IMAGEIO_FFMPEG_EXE", imageio_ffmpeg.get_ffmpeg_exe())
    socket.socketpair = partial(socket.socketpair, socket.AF_UNIX)
    sys.modules.update(dict.fromkeys(MODULES))  # type: ignore[arg-type]
    for owner, names in ((os, OF_OS), (signal, OF_SIGNAL), (socket, ("AF_UNIX",))):
        for name in names:
            delattr(owner, name)
    for name in OF_LOOPS:
        setattr(asyncio.SelectorEventLoop, name, refuse)
    sys.platform = "win32"


if __name__ == "__main__":
    pretend()
    runpy.run_module("simulator", run_name="__main__", alter_sys=True)
