"""What the callbacks of one task have to be: which, how often, in what order, and not too soon."""

from itertools import pairwise

from conformance.catalogue.promises import HOUR, Promises
from conformance.catalogue.wire import Dialect
from conformance.explore.model import RANK, Fate

ANY = 1_000
RECEIVERS = ("take", "fail", "fail1")


def wrong(fate: Fate, now: int, promises: Promises, dialect: Dialect) -> str | None:
    """What is wrong with the callbacks that have come for a task by now, in words."""
    if not fate.receiver or fate.vague or fate.deleted is not None:
        return None
    told = [phase for phase, _ in fate.heard if phase != "cancelled"]
    ended = [phase for phase in fate.reached(now, promises, dialect) if phase in promises.readable]
    if "?" in told and any(phase not in told for phase in ended):
        return f"a callback about task {fate.number} has no known status word"
    return _too_soon(fate, told, now, promises, dialect) or _missing(
        fate, told, now, promises, dialect
    )


def _too_soon(
    fate: Fate, told: list[str], now: int, promises: Promises, dialect: Dialect
) -> str | None:
    told = [phase for phase in told if phase != "?"]
    may = {*fate.reached(now, promises, dialect), *fate.phases(now, promises, dialect)}
    for phase in told:
        if may and phase not in may:
            return f"task {fate.number} is called {phase} before it is: it is {_or(may)}"
    for sooner, later in pairwise(told):
        if RANK[later] < RANK[sooner]:
            return f"task {fate.number} is called {later} after {sooner}"
    return None


def _missing(
    fate: Fate, told: list[str], now: int, promises: Promises, dialect: Dialect
) -> str | None:
    for phase in fate.reached(now, promises, dialect):
        if phase not in promises.told or (RANK[phase] == 2 and fate.end == "cancelled"):
            continue
        number = told.count(phase) or told.count("?")
        if number == 0:
            return f"task {fate.number} has been {phase}, and no callback said so"
        least, most = _times(fate, phase, promises)
        late = now > _moment(fate, phase) + HOUR
        if number > most or (late and number < least):
            wanted = f"{most}" if least == most else f"{least} to {most}"
            return f"{number} callbacks said that task {fate.number} is {phase}, not {wanted}"
    return None


def _times(fate: Fate, phase: str, promises: Promises) -> tuple[int, int]:
    """How often a phase is told in the end: at least and at most, as far as that is said."""
    if phase not in promises.repeats:
        return 1, ANY
    if fate.receiver == "take":
        return 1, 1
    least, most = promises.repeats[phase]
    return (2, 2) if fate.receiver == "fail1" else (1 + least, 1 + most)


def _moment(fate: Fate, phase: str) -> int:
    return {"queued": fate.born, "running": fate.born + fate.queue}.get(phase, fate.ends)


def _or(phases: set[str]) -> str:
    return " or ".join(sorted(phases, key=lambda each: RANK[each]))
