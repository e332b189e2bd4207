"""Runs the command, as ``python -m simulator`` and as ``seedance-sim``."""

import gc
import signal
import sys

INTERRUPTED = 130


def main() -> int:
    """Run the command without a look for garbage while it loads: all of that stays."""
    gc.disable()
    try:
        from simulator.cli import main as cli

        status = cli.main()
    except KeyboardInterrupt:
        status = INTERRUPTED
    if status == INTERRUPTED:
        # Who presses Ctrl-C twice wants an end, and no traces of what was being closed.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    return status


if __name__ == "__main__":
    sys.exit(main())
