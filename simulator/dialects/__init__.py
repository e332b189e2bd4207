"""The dialects, one module each."""

from simulator.dialects import ark, nbility, octopusx, uniall
from simulator.wire import Dialect

ALL: tuple[Dialect, ...] = (nbility.DIALECT, uniall.DIALECT, octopusx.DIALECT, ark.DIALECT)
