"""What happens to the faults of an account: placed, dropped, met and settled (``core.events``)."""

import msgspec

from simulator.core.account import State
from simulator.core.faults import StandingFault, Tally


class FaultPlaced(msgspec.Struct, frozen=True, tag=True):
    """Something is to go wrong with calls to come."""

    fault: StandingFault

    def apply(self, state: State) -> None:
        """Let the fault wait for its calls."""
        state.faults[self.fault.id] = self.fault


class FaultsDropped(msgspec.Struct, frozen=True, tag=True):
    """Faults were withdrawn, with ``named`` also those that orders had asked for."""

    ids: tuple[str, ...]
    named: bool = False

    def apply(self, state: State) -> None:
        """Forget the faults, and what they did."""
        if self.named:
            state.named.clear()
        for fault_id in self.ids:
            state.faults.pop(fault_id, None)
            state.tallies.pop(fault_id, None)


class FaultsMet(msgspec.Struct, frozen=True, tag=True):
    """A call was one of those that faults are for: ``call`` is its kind, and of what it is.

    ``drawn`` are those of them that chance decided about, and ``taken`` those that happen to it.
    """

    call: str
    met: tuple[str, ...]
    drawn: tuple[str, ...]
    taken: tuple[str, ...]

    def apply(self, state: State) -> None:
        """Count the call, the draws and what was taken."""
        for fault_id in self.met:
            state.tallies.setdefault(fault_id, Tally()).count(self.call)
        for fault_id in self.drawn:
            state.tallies[fault_id].draws += 1
        for fault_id in self.taken:
            state.tallies[fault_id].taken += 1


class FaultsSettled(msgspec.Struct, frozen=True, tag=True):
    """It is known which of the faults that a call met did something, and which found nothing."""

    fired: tuple[str, ...]
    returned: tuple[str, ...]

    def apply(self, state: State) -> None:
        """Count what happened, and give back what did not; of forgotten faults nothing is kept."""
        for fault_id in self.fired:
            if (tally := state.tallies.get(fault_id)) is not None:
                tally.fired += 1
        for fault_id in self.returned:
            if (tally := state.tallies.get(fault_id)) is not None:
                tally.taken -= 1
