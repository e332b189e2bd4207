"""A task of a run: where it stands by what its answers have said."""

from dataclasses import dataclass
from typing import Any

from conformance.catalogue import orders, reader
from conformance.catalogue.wire import Dialect
from conformance.collect import strays
from conformance.plan.probes import Probe


@dataclass
class Task:
    """A task of this run: its id, where it stands, where its clip is."""

    probe: Probe
    id: str
    phase: str | None = None
    link: str | None = None
    still: str | None = None
    created: int = 0
    sent: frozenset[str] = frozenset()

    @property
    def ended(self) -> bool:
        """Whether it is at an end that is final."""
        return self.phase in reader.FINAL

    @property
    def endless(self) -> bool:
        """Whether an end was asked for that is none."""
        return bool(self.probe.fate and self.probe.fate.endless)

    def read(self, dialect: Dialect, body: Any) -> str | None:
        """Take over what an answer says of it.

        Where the clip's link is at none of its documented places, it is taken from where it
        stands instead, and that place is what is returned.
        """
        self.phase = reader.phase(dialect, body) or self.phase
        self.link = reader.link(dialect, body) or self.link
        still = orders.first_at(body, dialect.answer["last_frame"])
        self.still = still if isinstance(still, str) else self.still
        if self.link is not None or self.phase != "succeeded" or dialect.download:
            return None
        place, self.link = strays.link(dialect, body, self.sent) or (None, None)
        return place
