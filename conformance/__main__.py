"""`seedance-conformance`: an address in, a report out."""

import signal
import sys
from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and give its exit status. Half a second goes by before it can be asked."""
    try:
        from conformance.cli import main as command

        return command.main(arguments)
    except KeyboardInterrupt:
        # Who presses Ctrl-C twice wants an end, and no traces of what was being closed.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        sys.stderr.write("interrupted\n")
        return 130


if __name__ == "__main__":
    sys.exit(main())
