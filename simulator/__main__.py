"""Runs the command, as ``python -m simulator`` and as ``seedance-sim``."""

import sys

from simulator.cli import main

if __name__ == "__main__":
    sys.exit(main())
