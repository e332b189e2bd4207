"""The standard streams of a command: always there, and quiet once nobody reads them."""

import os
import sys


def prepare() -> None:
    """Open what the caller has closed, and write what no locale may refuse.

    A socket or a file of ours would else get the number of a closed stream, and libuv ends the
    process when such a one is closed.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            number = os.open(os.devnull, os.O_RDWR)
            setattr(sys, name, os.fdopen(number, mode, encoding="utf-8", closefd=False))
    # A report may say what the locale has no letter for: that is no reason to break off.
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="backslashreplace")


def end() -> None:
    """Write what is left; where nobody takes it, drop it, or Python would try again at the end."""
    try:
        sys.stdout.flush()
    except OSError:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
