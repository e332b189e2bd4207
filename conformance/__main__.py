"""`seedance-conformance`: an address in, a report out."""

import gc
import signal
import sys
from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and give its exit status. Half a second goes by before it can be asked."""
    gc.disable()
    try:
        from conformance.cli import main as command

        settle()
        return command.main(arguments)
    except KeyboardInterrupt:
        # Who presses Ctrl-C twice wants an end, and no traces of what was being closed.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        sys.stderr.write("interrupted\n")
        return 130


def settle() -> None:
    """Spare the garbage collector what has been loaded, and most of its visits.

    A plan and a transcript are some hundred thousand values that stay to the end, and to look
    through them for cycles took a twentieth of a run.
    """
    gc.freeze()
    gc.enable()
    gc.set_threshold(50_000, 20, 100)


if __name__ == "__main__":
    sys.exit(main())
