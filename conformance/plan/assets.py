"""Probes of the calls to a library of assets: as they are taken, and as they have to be refused."""

from collections.abc import Iterator
from typing import Any

from conformance.catalogue import orders
from conformance.catalogue.rows import Row
from conformance.plan.probes import Probe, World, keeping

NOTHING = "Drawing"  # is neither picture nor film nor sound


def asset(row: Row, world: World) -> Iterator[Probe]:
    """Calls to the library of assets, right and wrong ones."""
    expect = row.expect
    method, path = expect["method"], expect["path"]
    if "http" in expect:
        yield from _denied(row, world)
        return
    for tag, body in asset_bodies(row, world):
        yield Probe("asset", method, path, body=body, tag=tag)


def _denied(row: Row, world: World) -> Iterator[Probe]:
    """A call that the library has to refuse, beside the same call as it is taken."""
    expect, library = row.expect, world.dialect
    of = ""
    usual, before = library.asset(expect["path"]), library.asset(expect.get("after", ""))
    if usual and expect.get("auth") != "signed":  # which may be all that is taken there
        yield keeping(usual)
    if before:
        own = keeping(before)
        yield own
        of = own.key
    body = orders.lay(usual.body if usual else {}, expect.get("change", {}))
    auth = expect.get("auth", "key")
    method, path = expect["method"], expect["path"]
    yield Probe("asset", method, path, body=body, auth=auth, of=of, tag="refused")


def asset_bodies(row: Row, world: World) -> list[tuple[str, Any]]:
    """The bodies to send to an asset call, each with what it is for."""
    told = world.dialect.asset(row.expect["path"])
    usual = told.body if told else None
    if told and "change" in row.expect:
        return [("changed", orders.lay(told.body, row.expect["change"]))]
    if told is None or not {"limits", "values"} & set(row.expect):
        return [("has", usual)]
    if "limits" in row.expect:
        return [
            (f"{tag}:{key}", {**told.least, key: "x" * length})
            for key, most in row.expect["limits"].items()
            for tag, length in (("long", most + 1), ("fits", most))
        ]
    strange = [key for key in row.expect["values"] if key in told.body]
    return [("strange", {**told.body, key: NOTHING}) for key in strange] or [("has", usual)]
