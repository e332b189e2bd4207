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

A file is read whole before anything of it is applied, so that a mistake changes nothing.
"""

import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import partial
from typing import Any, Literal, TypeVar

import msgspec

from simulator.control import clocks, faults, keyfile, plans
from simulator.control.calls import Asked, Wrong
from simulator.control.plane import Plane
from simulator.core.config import Key, Pace
from simulator.core.keys import Accounts
from simulator.core.near_misses import near

T = TypeVar("T")
TABLES = ("pace", "clock", "key", "plan", "fault")
_encode = msgspec.json.Encoder(decimal_format="number").encode


class Mistake(Exception):
    """What is wrong with a scenario, as one line that names the place."""


class Paced(msgspec.Struct):
    """`pace` of a scenario."""

    pace: Literal["instant", "fast", "realistic"] | None = None


@dataclass(frozen=True, slots=True)
class Scenario:
    """A scenario whose every entry has been checked against the server."""

    pace: Pace | None
    clock: clocks.Move | None
    keys: tuple[Key, ...] | None
    plans: tuple[plans.Asking, ...]
    faults: tuple[faults.Asking, ...]


@dataclass(slots=True)
class Stage:
    """A server and what of a scenario stands on it."""

    plane: Plane
    pace: Pace = field(init=False)
    accounts: Accounts = field(init=False)
    put: list[tuple[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.pace = self.plane.engine.config.pace
        self.accounts = self.plane.engine.accounts

    async def apply(self, scenario: Scenario) -> None:
        """Let the scenario stand in the place of what stood of an earlier one.

        What other people asked for stays, and so does the time that a clock has reached.
        """
        engine = self.plane.engine
        for kind, name in self.put:
            drop = engine.plans.drop if kind == "plan" else self.plane.faults.drop
            await drop(name)
        self.put.clear()
        engine.config = replace(engine.config, pace=scenario.pace or self.pace)
        own = scenario.keys
        engine.accounts = self.accounts if own is None else Accounts(own)
        if scenario.clock is not None:
            await clocks.carry_out(self.plane, scenario.clock)
        await self._put_plans(scenario.plans)
        await self._put_faults(scenario.faults)

    async def _put_plans(self, wanted: Sequence[plans.Asking]) -> None:
        engine = self.plane.engine
        # In a store that has lasted they may stand from before.
        there = [(one.match, one.wish, one.times) for one in await engine.plans.waiting()]
        for one in wanted:
            if (one.match, one.wish, one.times) not in there:
                name = await engine.plans.add(one.match, one.wish, one.times)
                self.put.append(("plan", name))

    async def _put_faults(self, wanted: Sequence[faults.Asking]) -> None:
        registry = self.plane.faults
        there = [
            (one.own or one.fault, one.target, one.times, one.when, one.share)
            for one, _ in await registry.standing()
        ]
        for one in wanted:
            if (one.named, one.match, one.times, one.when, one.share) not in there:
                added = registry.add(one.named, one.match, one.times, one.when, one.share)
                self.put.append(("fault", await added))


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
        pace,
        move,
        _keys(found) if "key" in found else None,
        tuple(
            _checked(place, partial(plans.read, plane, order))
            for place, order in _entries(found, "plan", plans.Order)
        ),
        tuple(
            _checked(place, partial(faults.read, plane, order))
            for place, order in _entries(found, "fault", faults.Order)
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
