"""What is asked of an account about its faults: pure decisions on its state."""

from collections.abc import Callable, Iterable

import msgspec

from simulator.core.account import State
from simulator.core.commands import Decision
from simulator.core.fault_events import FaultPlaced, FaultsDropped, FaultsMet, FaultsSettled
from simulator.core.faults import StandingFault, Tally

UNTOUCHED = Tally()


class Place(msgspec.Struct, frozen=True):
    """Let a fault wait for its calls."""

    fault: StandingFault

    def decide(self, state: State) -> Decision[None]:
        """Place it, whatever stands already."""
        return (FaultPlaced(self.fault),), None


class Drop(msgspec.Struct, frozen=True):
    """Withdraw one fault, or all with those that orders named, and say how many stood."""

    id: str | None = None

    def decide(self, state: State) -> Decision[int]:
        """Drop those that stand."""
        gone = tuple(name for name in state.faults if self.id in (None, name))
        every = self.id is None and bool(state.named)
        return ((FaultsDropped(gone, every),) if gone or every else ()), len(gone)


class Meet(msgspec.Struct, frozen=True):
    """Find out which faults a call meets, and count it for all that it could.

    ``fitting`` chooses those that are for the call among what stands, ``call`` is its kind and of
    what it is, and ``draw`` decides by chance, for the n-th draw of a fault, whether it happens.
    The result are those that happen, each with the number of the call.
    """

    call: str
    fitting: Callable[[State], Iterable[StandingFault]]
    draw: Callable[[StandingFault, int], bool]

    def decide(self, state: State) -> Decision[list[tuple[StandingFault, int]]]:
        """Count the call; the faults whose turn it is are taken, as often as they may be."""
        met, drawn, taken = list[str](), list[str](), list[tuple[StandingFault, int]]()
        for one in self.fitting(state):
            tally = state.tallies.get(one.id, UNTOUCHED)
            if tally.left(one) == 0:
                continue
            met.append(one.id)
            number = tally.counts.get(self.call, 0) + 1
            if not one.when.holds(number):
                continue
            if one.share < 1:
                drawn.append(one.id)
                if not self.draw(one, tally.draws + 1):
                    continue
            taken.append((one, number))
        if not met:
            return (), taken
        names = tuple(one.id for one, _ in taken)
        return (FaultsMet(self.call, tuple(met), tuple(drawn), names),), taken


class Settle(msgspec.Struct, frozen=True):
    """Keep which of the faults that a call met did something, and which are to be given back."""

    news: FaultsSettled

    def decide(self, state: State) -> Decision[None]:
        """Keep it, if any of them is still known: the account may have been forgotten."""
        known = any(name in state.tallies for name in (*self.news.fired, *self.news.returned))
        return ((self.news,) if known else ()), None
