"""What a dialect keeps beside its tasks."""

from collections.abc import Mapping

import msgspec

from simulator.core.media import Facts

Fact = str | int | float | bool | None


class Item(msgspec.Struct, frozen=True):
    """A fact beside the tasks: an asset, an asset group, an uploaded file, another id of a task.

    ``created`` is in simulated milliseconds, ``facts`` are plain values that the dialect reads
    again, and ``media`` is what is known of the file that it stands for.
    """

    id: str
    dialect: str
    account: str
    kind: str
    created: int
    facts: Mapping[str, Fact] = msgspec.field(default_factory=dict)
    media: Facts | None = None
