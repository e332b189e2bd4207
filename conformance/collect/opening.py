"""The first line of a transcript: what was run and how, and the plan that follows from it."""

import hashlib
from collections.abc import Mapping
from dataclasses import fields
from datetime import UTC, datetime
from functools import cache
from importlib import metadata
from typing import Any

from conformance.catalogue import documents
from conformance.collect import transcript
from conformance.collect.options import Options
from conformance.collect.transcript import TranscriptError
from conformance.plan import prices, stage
from conformance.plan.probes import PROFILES, World
from conformance.plan.stage import Plan


def world_of(meta: Mapping[str, Any]) -> World:
    """What a run could count on, by the first line of its transcript."""
    if meta["dialect"] not in documents.dialects():
        raise TranscriptError(f"there is no dialect {meta['dialect'][:40]!r} for this transcript")
    try:
        for name, value in meta["world"].items():
            if value not in PROFILES if name == "profile" else not isinstance(value, bool):
                raise TypeError(f"its world has {name} {str(value)[:40]!r}")
        return World(catalogue=documents.catalogue(meta["dialect"]), **meta["world"])
    except TypeError as fault:
        raise TranscriptError(f"the transcript's first line cannot be read: {fault}") from fault


def plan_of(meta: Mapping[str, Any]) -> Plan:
    """The plan of a run, made again from the first line of its transcript."""
    return planned(world_of(meta), tuple(meta["select"]))


@cache
def planned(world: World, select: tuple[str, ...]) -> Plan:
    """The plan of a run, made once for sending and for judging."""
    return stage.plan(world, select)


def catalogued(dialect: str) -> str:
    """A mark of the catalogue that a run goes by."""
    text = (documents.folder() / dialect / "api.toml").read_bytes()
    return hashlib.sha256(text).hexdigest()[:16]


def version() -> str:
    """The suite's own version."""
    try:
        return metadata.version("seedance-sim")
    except metadata.PackageNotFoundError:
        return "unknown"


def meta(options: Options, plan: Plan, run: str, listed: prices.Listed) -> dict[str, Any]:
    """The first line of a transcript: everything that judging needs."""
    return {
        "version": transcript.VERSION,
        "suite": version(),
        "day": datetime.now(UTC).date().isoformat(),
        "run": run,
        "dialect": options.dialect,
        "base_url": options.base_url,
        "upstream": options.upstream,
        "profile": options.profile,
        "seed": options.seed,
        "select": list(options.select),
        "models": dict(options.models),
        "strict": options.strict,
        "prices": prices.recorded(listed),
        "catalogue": catalogued(options.dialect),
        "world": {name: getattr(plan.world, name) for name in _told()},
    }


def _told() -> list[str]:
    """What of a world is written down: all but its catalogue, which has a mark of its own."""
    return [each.name for each in fields(World) if each.name != "catalogue"]
