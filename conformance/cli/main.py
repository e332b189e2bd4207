"""The command ``seedance-conformance``: what it is asked, and the one line of a mistake."""

import sys
from collections.abc import Sequence

from conformance.cli import commands, streams
from conformance.cli.arguments import parser
from conformance.cli.failures import status
from conformance.collect.opening import version
from conformance.collect.options import UsageError
from conformance.judge.tracing import traced
from conformance.untrusted import clean

USAGE, UNREAD = 2, 141  # the last as a shell has it


def main(arguments: Sequence[str] | None) -> int:
    """Run a command and give its exit status."""
    streams.prepare()
    debug = False
    try:
        given = parser().parse_args(arguments)
        debug = getattr(given, "debug", False)
        if given.version:
            return _say(version())
        if given.command is None:
            parser().print_help()
            return USAGE
        found = commands.COMMANDS[given.command](given)
        sys.stdout.flush()
        return found
    except SystemExit as left:
        return int(left.code or 0)
    except BrokenPipeError:
        streams.end()
        return UNREAD
    except Exception as fault:
        streams.end()
        return _failed(fault, debug)


def _failed(fault: Exception, debug: bool = False) -> int:
    code, text = status(fault)
    if debug:
        sys.stderr.write(traced(fault))
    sys.stderr.write(f"seedance-conformance: {clean.line(text)}\n")
    return code


def _say(text: str) -> int:
    sys.stdout.write(text + "\n")
    return 0


__all__ = ["UsageError", "main"]
