"""All faults by their names."""

from collections.abc import Mapping

from simulator.faults import (
    callbacks,
    files,
    identities,
    kinds,
    money,
    refusals,
    results,
    statuses,
    transport,
)
from simulator.faults.fault import Fault

CATALOGUE: Mapping[str, Fault] = {
    fault.name: fault
    for module in (
        statuses,
        identities,
        results,
        refusals,
        transport,
        money,
        kinds,
        callbacks,
        files,
    )
    for fault in module.FAULTS
}
