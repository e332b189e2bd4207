"""What tables and bars are printed on."""

from typing import NoReturn

from rich.console import Console


class Terminal(Console):
    """A console of rich's that leaves a closed output to the command.

    Rich's own ends the process with status 1, by which a user of ours knows something else.
    """

    def on_broken_pipe(self) -> NoReturn:
        raise  # rich calls this where it has caught the error


def terminal(piped_width: int) -> Console:
    """The terminal, or an output whose lines are so wide where none says how wide it is."""
    console = Terminal(highlight=False)
    return console if console.is_terminal else Terminal(highlight=False, width=piped_width)
