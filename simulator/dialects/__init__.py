"""The dialects, one module each."""

from simulator.dialects import apiyi, ark, evolink, nbility, octopusx, uniall
from simulator.wire import Dialect

ALL: tuple[Dialect, ...] = (
    nbility.DIALECT,
    uniall.DIALECT,
    evolink.DIALECT,
    octopusx.DIALECT,
    apiyi.DIALECT,
    ark.DIALECT,
)
