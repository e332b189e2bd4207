"""All faults by their names."""

from collections.abc import Mapping, Sequence

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

# By what goes wrong, for people.
GROUPS: Mapping[str, Sequence[Fault]] = {
    "Status and progress of a task": statuses.FAULTS,
    "Ids of tasks": identities.FAULTS,
    "Link, usage and length in answers": results.FAULTS,
    "HTTP statuses and error bodies": refusals.FAULTS,
    "Connections: lost, cut, doubled, slow": transport.FAULTS,
    "Money, and late turns of fate": money.FAULTS,
    "Types of fields": kinds.FAULTS,
    "Callbacks": callbacks.FAULTS,
    "Downloads and files": files.FAULTS,
}
CATALOGUE: Mapping[str, Fault] = {
    fault.name: fault for faults in GROUPS.values() for fault in faults
}
