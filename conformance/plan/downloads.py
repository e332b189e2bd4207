"""Probes of clips that the API itself hands out: with the key, in its variants, at every time."""

from collections.abc import Iterator
from dataclasses import replace

from conformance.catalogue import reader
from conformance.catalogue.rows import Row
from conformance.plan import tasks
from conformance.plan.probes import Probe, World, download, shared, unknown_id
from conformance.plan.terms import When


def content(row: Row, world: World) -> Iterator[Probe]:
    """The download that the row speaks of, and the task whose clip it is."""
    expect, phase = row.expect, row.expect.get("phase", "succeeded")
    headers = (("Range", expect["range"]),) if "range" in expect else ()
    call = download(world, "", auth=expect.get("auth", "key"), headers=headers, tag="content")
    if phase == "unknown":
        yield replace(call, path=call.path.replace("{id}", unknown_id(world)))
        return
    own = tasks.fated(world, phase) if phase in reader.BADLY else shared(world)
    yield own
    query = f"?{expect['query']}" if "query" in expect else ""
    yield replace(call, path=call.path + query, of=own.key, when=When(phase))
