"""Runs the command, as ``python -m simulator`` and as ``seedance-sim``."""

import gc
import sys


def main() -> int:
    """Run the command without a look for garbage while it loads: all of that stays."""
    gc.disable()
    try:
        from simulator.cli import main as cli
    except KeyboardInterrupt:
        return 130
    return cli.main()


if __name__ == "__main__":
    sys.exit(main())
