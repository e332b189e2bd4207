"""The file of ``--scenario``: keys, plans, faults, clock and pace, as the control plane takes them.

    pace = "instant"
    [clock]
    freeze = true
    [[key]]
    key = "sk-ci"
    wallet = 100
    [[plan]]
    match = { prompt = "storm" }
    times = 1                # or "always"
    plan = { end = "failed", code = "InternalServiceError" }
    [[fault]]
    fault = "502-html"
    match = { call = "query" }

A file is read whole before anything of it is applied, so that a mistake changes nothing. Plans,
faults and the clock belong to the store, so of all servers of a store one applies them, once for
each text of the file, whichever of them ends or begins meanwhile; pace and keys are each server's.
"""

import hashlib
import secrets
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import partial
from typing import Any, Literal, TypeVar

import msgspec

from simulator.control import clocks, faults, keyfile, plans
from simulator.control.calls import Asked, Wrong
from simulator.control.plane import Plane
from simulator.core.account import SERVER
from simulator.core.config import Key, Pace
from simulator.core.item import Item
from simulator.core.keys import Accounts
from simulator.core.near_misses import near
from simulator.store.leases import alone

T = TypeVar("T")
# What is kept of it in the store, and held while it is applied.
NAME = "scenario"
TABLES = ("pace", "clock", "key", "plan", "fault")
_encode = msgspec.json.Encoder(decimal_format="number").encode


class Mistake(Exception):
    """What is wrong with a scenario, as one line that names the place."""


class Paced(msgspec.Struct):
    """`pace` of a scenario."""

    pace: Literal["instant", "fast", "realistic"] | None = None


@dataclass(frozen=True, slots=True)
class Scenario:
    """A scenario, known by ``digest``, whose every entry has been checked against the server."""

    digest: str
    pace: Pace | None
    clock: clocks.Move | None
    keys: tuple[Key, ...] | None
    plans: tuple[plans.Asking, ...]
    faults: tuple[faults.Asking, ...]


class Stage:
    """A server, its store, and what of a scenario stands on them."""

    def __init__(self, plane: Plane) -> None:
        self._plane = plane
        self._pace = plane.engine.config.pace
        self._accounts = plane.engine.accounts
        self._owner = secrets.token_hex(8)

    async def apply(self, scenario: Scenario) -> None:
        """Let the scenario stand in the place of what stood of an earlier one.

        What other people asked for stays, and so does the time that a clock has reached.
        """
        engine, own = self._plane.engine, scenario.keys
        engine.config = replace(engine.config, pace=scenario.pace or self._pace)
        engine.accounts = self._accounts if own is None else Accounts(own)
        async with alone(engine.store, NAME, self._owner):
            staged = (await engine.state(SERVER)).items.get(NAME)
            if staged is None or staged.facts["digest"] != scenario.digest:
                before = "" if staged is None else str(staged.facts["put"])
                await self._share(scenario, before.split())

    async def _share(self, scenario: Scenario, before: Sequence[str]) -> None:
        """Do what all servers of the store have in common, and note that it is done."""
        engine = self._plane.engine
        for name in before:
            drop = engine.plans.drop if name.startswith("plan-") else self._plane.faults.drop
            await drop(name)
        if scenario.clock is not None:
            await clocks.carry_out(self._plane, scenario.clock)
        put = [*await self._put_plans(scenario.plans), *await self._put_faults(scenario.faults)]
        facts = {"digest": scenario.digest, "put": " ".join(put)}
        now = await engine.clocks.now(SERVER)
        await engine.keep(Item(NAME, "", SERVER, NAME, now, facts))

    async def _put_plans(self, wanted: Sequence[plans.Asking]) -> list[str]:
        engine = self._plane.engine
        # They may stand already, of a server that ended before it could note it.
        there = [(one.match, one.wish, one.times) for one in await engine.plans.waiting()]
        return [
            await engine.plans.add(one.match, one.wish, one.times)
            for one in wanted
            if (one.match, one.wish, one.times) not in there
        ]

    async def _put_faults(self, wanted: Sequence[faults.Asking]) -> list[str]:
        registry = self._plane.faults
        there = [
            (one.own or one.fault, one.target, one.times, one.when, one.share)
            for one, _ in await registry.standing()
        ]
        return [
            await registry.add(one.named, one.match, one.times, one.when, one.share)
            for one in wanted
            if (one.named, one.match, one.times, one.when, one.share) not in there
        ]


def read(text: str, plane: Plane) -> Scenario:
    """The scenario of a TOML text; a Mistake where something in it cannot be."""
    try:
        found = tomllib.loads(text, parse_float=Decimal)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise Mistake(f"is not TOML: {str(error).splitlines()[0]}") from None
    for name in found:
        if name not in TABLES:
            hint = near(name, TABLES) or f"there are {', '.join(TABLES)}"
            raise Mistake(f"{name!r} is unknown: {hint}")
    pace = _entry({"pace": found.get("pace")}, "pace", Paced).pace
    if "key" in found and plane.engine.config.keys is not None:
        raise Mistake("[[key]]: the keys of this server are those of --keys")
    move = _entry(found["clock"], "clock", clocks.Move) if "clock" in found else None
    if move is not None:
        _checked("clock", partial(clocks.spans, move))
    return Scenario(
        hashlib.sha256(text.encode()).hexdigest(),
        pace,
        move,
        _keys(found) if "key" in found else None,
        tuple(
            _checked(place, partial(plans.read, plane, order))
            for place, order in _entries(found, "plan", plans.PlanAsked)
        ),
        tuple(
            _checked(place, partial(faults.read, plane, order))
            for place, order in _entries(found, "fault", faults.FaultAsked)
        ),
    )


def _keys(found: Mapping[str, Any]) -> tuple[Key, ...]:
    try:
        return keyfile.keys({"key": found["key"]})
    except ValueError as error:
        raise Mistake(f"[[key]]: {error}") from None


def _entries(found: Mapping[str, Any], name: str, shape: type[T]) -> list[tuple[str, T]]:
    entries = found.get(name, [])
    if not isinstance(entries, list):
        raise Mistake(f"{name} has to be [[{name}]], a table for each")
    places = [(f"[[{name}]] {number}", _timed(entry)) for number, entry in enumerate(entries, 1)]
    return [(place, _entry(entry, place, shape)) for place, entry in places]


def _timed(entry: Any) -> Any:
    """TOML has no null: what goes on for ever says `times = "always"`."""
    ever = isinstance(entry, dict) and entry.get("times") == "always"
    return {**entry, "times": None} if ever else entry


def _entry(entry: Any, place: str, shape: type[T]) -> T:
    try:
        raw = _encode(entry)
    except (TypeError, RecursionError) as error:
        raise Mistake(f"{error}") from None
    return _checked(place, lambda: Asked({}, {}, raw).decode(shape))


def _checked(place: str, made: Callable[[], T]) -> T:
    try:
        return made()
    except Wrong as wrong:
        raise Mistake(f"{place}: {wrong.message}") from None
