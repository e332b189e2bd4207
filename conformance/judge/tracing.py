"""Where a fault of the suite's own came up, for whoever reports or mends it."""

import traceback
from pathlib import Path

from conformance.untrusted import clean

HERE = Path(__file__).parents[1]


def told(fault: BaseException) -> str:
    """A fault in one line, with the last place in our own code on the way to it."""
    text = clean.line(f"{type(fault).__name__}: {fault}", 300)
    frames = traceback.extract_tb(fault.__traceback__)
    ours = [each for each in frames if Path(each.filename).is_relative_to(HERE)]
    if not ours:
        return text
    place = Path(ours[-1].filename).relative_to(HERE.parent)
    return f"{text} (at {place}:{ours[-1].lineno}, in {ours[-1].name})"


def traced(fault: BaseException) -> str:
    """The whole traceback, as a terminal may show it."""
    return clean.block("".join(traceback.format_exception(fault)), 20_000)
