"""What the control plane moves."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from simulator.callbacks import Deliverer
from simulator.control.feed import Feed
from simulator.control.media import Samples
from simulator.engine import Engine
from simulator.wire import Dialect


@dataclass(frozen=True, slots=True)
class Plane:
    """The engine, what waits in it, and the dialects whose names and codes may be asked for."""

    engine: Engine
    deliverer: Deliverer
    dialects: Mapping[str, Dialect]
    samples: Samples
    feeds: set[Feed] = field(default_factory=set)
