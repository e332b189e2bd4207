"""What the answers to queries say of a task together: the order of its phases, its progress."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby, pairwise

from simulator.core.reader import Reading
from simulator.core.task import Phase

Told = tuple[int, Reading, Reading]


@dataclass(slots=True)
class Lives:
    """The recorded and the simulated readings of each task, with the numbers of the exchanges."""

    _told: dict[str, list[Told]] = field(default_factory=dict)

    def add(self, task: str, number: int, recorded: Reading, simulated: Reading) -> None:
        """What both sides say of a task at a moment."""
        self._told.setdefault(task, []).append((number, recorded, simulated))

    def differences(self) -> Iterator[tuple[str, str, str, list[int]]]:
        """Place, what is recorded, what is simulated, and in which exchanges."""
        for told in self._told.values():
            numbers = [number for number, _, _ in told]
            was, now = [one[1] for one in told], [one[2] for one in told]
            for place, of in (("phases", phases), ("progress", progress)):
                old, new = of(was), of(now)
                if old != new:
                    yield place, old, new, numbers


def phases(told: Sequence[Reading]) -> str:
    """The phases in their order, each as often as it was entered."""
    known = [one.phase or f"unknown {one.word[:40]!r}" for one in told]
    return ", ".join(str(phase) for phase, _ in groupby(known))


def progress(told: Sequence[Reading]) -> str:
    """The shape of the progress: where it begins and ends, and whether it falls on the way."""
    values = [one.progress for one in told if one.progress is not None]
    if not values:
        return "none"
    falls = any(later < earlier for earlier, later in pairwise(values))
    marks = []
    for phase in (Phase.QUEUED, Phase.SUCCEEDED, Phase.FAILED):
        at = sorted({o.progress for o in told if o.phase is phase and o.progress is not None})
        if at:
            marks.append(f"{phase} at {', '.join(map(str, at[:5]))}")
    return "; ".join([*marks, "falls" if falls else "never falls"])
