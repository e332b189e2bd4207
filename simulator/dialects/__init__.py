"""The dialects, one module each."""

from simulator.dialects import apiyi, ark, nbility, octopusx, uniall
from simulator.wire import Dialect

ALL: tuple[Dialect, ...] = (
    nbility.DIALECT,
    uniall.DIALECT,
    octopusx.DIALECT,
    apiyi.DIALECT,
    ark.DIALECT,
)
