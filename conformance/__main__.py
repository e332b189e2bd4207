"""`seedance-conformance`: an address in, a report out."""

import io
import sys
from collections.abc import Sequence

from conformance.cli import commands
from conformance.cli.arguments import parser
from conformance.cli.failures import status
from conformance.collect.opening import version
from conformance.collect.options import UsageError
from conformance.judge.tracing import traced
from conformance.untrusted import clean

USAGE, UNREACHABLE, FAULT = 2, 3, 5


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and give its exit status."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A report may say what the locale has no letter for: that is no reason to break off.
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        given = parser().parse_args(arguments)
    except SystemExit as left:
        return int(left.code or 0)
    except UsageError as mistake:
        return _failed(mistake)
    if given.version:
        return _say(version())
    if given.command is None:
        parser().print_help()
        return USAGE
    try:
        return commands.COMMANDS[given.command](given)
    except KeyboardInterrupt:
        sys.stderr.write("interrupted\n")
        return 130
    except BrokenPipeError:
        return FAULT
    except Exception as fault:
        return _failed(fault, given.debug)


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

if __name__ == "__main__":
    sys.exit(main())
