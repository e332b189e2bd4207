"""The dialects, one module each."""

from simulator.dialects import ark
from simulator.wire import Dialect

ALL: tuple[Dialect, ...] = (ark.DIALECT,)
