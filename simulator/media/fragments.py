"""Samples and ticks that the movie fragments of a file add to its tracks."""

import sys
from array import array
from dataclasses import dataclass

from simulator.media.boxes import Boxes
from simulator.media.reading import Span, Unreadable, take

# One day at 60 pictures a second is more; what a reference needs is a few thousand.
MOST_SAMPLES = 100_000

_INNER = frozenset((b"mvex",))
_TFHD_SKIPS = ((0x1, 8), (0x2, 4))
_TFHD_DURATION = 0x8
_TRUN_SKIPS = ((0x1, 4), (0x4, 4))
_TRUN_DURATION, _TRUN_COLUMNS = 0x100, (0x100, 0x200, 0x400, 0x800)


@dataclass(frozen=True, slots=True)
class Run:
    """What fragments add to one track."""

    samples: int = 0
    ticks: int = 0

    def plus(self, samples: int, ticks: int) -> "Run":
        return Run(self.samples + samples, self.ticks + ticks)


def runs(boxes: Boxes, moov: Span, moofs: list[Span]) -> dict[int, Run]:
    """What the fragments add to each track, by its number."""
    defaults = _defaults(boxes, moov)
    found: dict[int, Run] = {}
    for moof in moofs:
        for name, start, end in boxes.within(moof):
            if name == b"traf":
                _add(boxes, (start, end), defaults, found)
    return found


def _defaults(boxes: Boxes, moov: Span) -> dict[int, int]:
    """The ticks of a sample by track, unless a fragment says otherwise."""
    found: dict[int, int] = {}
    mvex = boxes.first(moov).get(b"mvex", (0, 0))
    for name, start, end in boxes.within(mvex):
        if name == b"trex":
            track, ticks = take(boxes.view, (start, end), ">I4xI", 4)
            found[track] = ticks
    return found


def _add(boxes: Boxes, traf: Span, defaults: dict[int, int], found: dict[int, Run]) -> None:
    track, ticks = 0, 0
    for name, start, end in boxes.within(traf):
        if name == b"tfhd":
            flags, track = take(boxes.view, (start, end), ">II")
            skip = 8 + sum(size for bit, size in _TFHD_SKIPS if flags & bit)
            ticks = defaults.get(track, 0)
            if flags & _TFHD_DURATION:
                (ticks,) = take(boxes.view, (start, end), ">I", skip)
        elif name == b"trun":
            room = MOST_SAMPLES - sum(run.samples for run in found.values())
            added = _run(boxes.view, (start, end), ticks, room)
            found[track] = found.get(track, Run()).plus(*added)


def _run(view: memoryview, trun: Span, ticks: int, room: int) -> tuple[int, int]:
    flags, count = take(view, trun, ">II")
    columns = sum(1 for bit in _TRUN_COLUMNS if flags & bit)
    begin = trun[0] + 8 + sum(size for bit, size in _TRUN_SKIPS if flags & bit)
    if count > room:
        raise Unreadable(f"The movie fragments hold more than {MOST_SAMPLES} samples.")
    if begin + 4 * columns * count > trun[1]:
        raise Unreadable("The samples of a movie fragment do not fit their box.")
    if not flags & _TRUN_DURATION:
        return count, count * ticks
    table = array("I", bytes(view[begin : begin + 4 * columns * count]))
    if sys.byteorder == "little":
        table.byteswap()
    return count, sum(table[::columns])
