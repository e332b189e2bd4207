"""The first stage: what would be sent for which rows, and at what worst price."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fnmatch import fnmatchcase
from functools import cached_property
from itertools import takewhile

from conformance.catalogue import orders
from conformance.catalogue.rows import Row
from conformance.catalogue.wire import Asset
from conformance.plan import kinds, prices, xray
from conformance.plan.ledger import ZERO
from conformance.plan.probes import Probe, World, keeping


@dataclass(frozen=True)
class Plan:
    """The probes of a run by key, in the order of sending, and the rows that use them."""

    world: World
    rows: tuple[Row, ...]
    probes: Mapping[str, Probe]
    groups: Mapping[str, tuple[str, ...]]
    drawn: Mapping[str, tuple[Probe, ...]]
    users: Mapping[str, tuple[str, ...]]

    @cached_property
    def sure(self) -> frozenset[str]:
        """The probes that a must or a should asks for."""
        levels = {row.id: row.level for row in self.rows}
        return frozenset(
            key
            for key, ids in self.users.items()
            if any(levels.get(id) in ("must", "should") for id in ids)
        )

    @cached_property
    def actual(self) -> tuple[Row, ...]:
        """The rows about values in whose place an answer has another."""
        return tuple(row for row in self.rows if row.kind == "actual")

    def with_cost(self, *costs: str) -> list[Probe]:
        """The probes of these classes."""
        return [probe for probe in self.probes.values() if probe.cost in costs]


FREE_LIMIT = 72


def chosen(rows: Iterable[Row], select: Sequence[str]) -> tuple[Row, ...]:
    """The rows that are to be judged: all, or those whose id or its beginning is selected."""
    testable = [row for row in rows if row.excluded is None]
    if not select:
        return tuple(testable)
    return tuple(row for row in testable if any(picked(row.id, each) for each in select))


def picked(id: str, wish: str) -> bool:
    """Whether a `--select` names a row."""
    return id == wish or id.startswith(wish + ".") or fnmatchcase(id, wish)


def plan(world: World, select: Sequence[str] = ()) -> Plan:
    """All that a run would send."""
    rows = chosen(world.catalogue.rows, select)
    probes: dict[str, Probe] = {}
    groups: dict[str, tuple[Probe, ...]] = {}
    users: dict[str, list[str]] = {}
    for row in sorted(rows, key=_weight):
        drawn = () if kinds.lacking(row, world) else kinds.priced(row, world)
        if world.profile == "free":
            drawn = _within(drawn, probes)
        for probe in drawn:
            known = probes.get(probe.key)
            probes[probe.key] = known.joined(probe) if known else probe
            users.setdefault(probe.key, []).append(row.id)
        groups[row.id] = tuple(drawn)
        for probe in _stored(drawn, world):
            probes.setdefault(probe.key, probe)
            users.setdefault(probe.key, []).append(row.id)
    for ray in xray.rays(world):
        probes.setdefault(ray.probe.key, ray.probe)
    named = {key: tuple(ids) for key, ids in users.items()}
    keys = {id: tuple(probe.key for probe in each) for id, each in groups.items()}
    return Plan(world, rows, probes, keys, groups, named)


def _stored(drawn: Iterable[Probe], world: World) -> Iterator[Probe]:
    """The calls that make what orders and other calls to the library speak of.

    They are made whether or not other rows make them: a list shows nothing where nothing is.
    """
    known = world.dialect.assets
    wanted: set[str] = set()
    for probe in drawn:
        if probe.call == "asset":
            own = world.dialect.asset(probe.path, probe.body)
            wanted |= {keeping(call).key for call in _before(own, known) if call.keep}
        elif "$asset-" in orders.canonical(probe.body):
            wanted |= {keeping(call).key for call in known}
    yield from (probe for probe in map(keeping, known) if probe.key in wanted)


def _before(own: Asset | None, calls: Sequence[Asset]) -> Iterable[Asset]:
    return takewhile(lambda call: call is not own, calls)


def _weight(row: Row) -> tuple[int, int]:
    cost = 0 if row.cost in ("free", "offline") else 1
    return cost, ("must", "should", "observed", "unclear").index(row.level)


def _within(drawn: Sequence[Probe], probes: Mapping[str, Probe]) -> tuple[Probe, ...]:
    room = FREE_LIMIT - len(probes)
    kept = []
    for probe in drawn:
        if probe.key not in probes:
            room -= 1
        if probe.key in probes or room >= 0:
            kept.append(probe)
    return tuple(kept)


def worst(
    plan: Plan, listed: prices.Listed, models: Mapping[str, str] | None = None
) -> Mapping[str, Decimal | None]:
    """The worst price of each probe; None where the list has none.

    What a simulator makes is free: there nothing has to be listed.
    """
    free = ZERO if plan.world.control else None
    found: dict[str, Decimal | None] = {}
    for key, probe in plan.probes.items():
        if probe.cost in ("free", "offline"):
            found[key] = ZERO
        else:
            usd = prices.worst(probe.body, listed, plan.world.catalogue, models)
            found[key] = free if usd is None else usd
    return found


def priced(costs: Iterable[Decimal | None]) -> str:
    """What some probes cost together, as a reader shall see it: a sum with a hole is no sum."""
    found = list(costs)
    if any(each is None for each in found):
        return "no listed price"
    return str(sum((each for each in found if each is not None), ZERO))


def described(plan: Plan, costs: Mapping[str, Decimal | None]) -> list[dict[str, object]]:
    """`plan.json`: per row what would be sent."""
    return [
        {
            "id": row.id,
            "level": row.level,
            "cost": row.cost,
            "requests": len(plan.groups[row.id]),
            "tasks": sum(plan.probes[key].cost in ("own", "shared") for key in plan.groups[row.id]),
            "contingent": sum(plan.probes[key].cost == "contingent" for key in plan.groups[row.id]),
            "usd": priced(costs.get(key) for key in plan.groups[row.id]),
            "probes": list(plan.groups[row.id]),
        }
        for row in plan.rows
    ]
