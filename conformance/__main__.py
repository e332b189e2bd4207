"""`seedance-conformance`: an address in, a report out."""

import sys
from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and give its exit status. Half a second goes by before it can be asked."""
    try:
        from conformance.cli import main as command

        return command.main(arguments)
    except KeyboardInterrupt:
        sys.stderr.write("interrupted\n")
        return 130


if __name__ == "__main__":
    sys.exit(main())
