"""Prices in US dollars, from a list with sources and days, and what tasks come to by them."""

import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import cache
from pathlib import Path
from typing import Any

from simulator.core.config import Price, Prices
from simulator.core.ledger import entries
from simulator.core.task import LIVE, Phase, Task
from simulator.core.tokens import SIZES, clip_tokens

NAME = "facts/prices.toml"
ANY = "*"
REQUIRED = {"model", "unit", "usd", "source", "day"}
OPTIONAL = {"with_video", "resolution"}
RESOLUTIONS = (*SIZES, "2k")


@dataclass(frozen=True, slots=True)
class Line:
    """Tasks of one key, model and price: how many, how much of its unit, and dollars if known."""

    key: str
    dialect: str
    model: str
    unit: str
    tasks: int
    amount: Decimal
    usd: Decimal | None
    price: Price | None


def tokens(task: Task, observed: bool) -> Decimal:
    """How many tokens a task comes to, whatever its dialect bills in."""
    charge = task.charge
    if charge.unit == "tokens":
        return charge.settled
    return Decimal(clip_tokens(task.order, observed=observed))


def seconds(task: Task, observed: bool) -> Decimal:
    """Those of the clip; with reference videos theirs too, as many as the clip has at least."""
    if task.charge.unit == "seconds":
        return task.charge.settled
    made = Decimal(task.order.seconds)
    if not _has_video(task):
        return made
    return made + max(Decimal(task.order.input_ms) / 1000, made)


def _has_video(task: Task) -> bool:
    return any(reference.kind == "video" for reference in task.order.references)


def own(unit: str) -> Callable[[Task, bool], Decimal | None]:
    """What only a dialect that charges in this unit knows."""
    return lambda task, observed: task.charge.settled if task.charge.unit == unit else None


MEASURES: Mapping[str, Callable[[Task, bool], Decimal | None]] = {
    "token": tokens,
    "second": seconds,
    "task": lambda task, observed: Decimal(1),
    "quota": own("quota"),
    "credit": own("credits"),
}


@cache
def shipped() -> Prices:
    """The list that comes with the package."""
    return load((Path(__file__).parent.parent / NAME).read_text("utf-8"), None)


def load(text: str, dialects: Iterable[str] | None) -> Prices:
    """A list by dialect and model; a ValueError that says what is wrong with it."""
    known = None if dialects is None else tuple(dialects)
    found: dict[str, dict[tuple[str, str], Price]] = {}
    for dialect, rows in tomllib.loads(text).items():
        if known is not None and dialect not in known:
            raise ValueError(f"{dialect!r} is no dialect: {', '.join(known)}")
        if not isinstance(rows, list):
            raise ValueError(f"{dialect} must be an array of tables: [[{dialect}]]")
        for number, row in enumerate(rows, 1):
            price = _price(f"{dialect}, entry {number}", row)
            found.setdefault(dialect, {})[price.model, price.resolution] = price
    return found


def _price(place: str, row: Any) -> Price:
    if not isinstance(row, dict) or not REQUIRED <= row.keys() <= REQUIRED | OPTIONAL:
        needed, allowed = ", ".join(sorted(REQUIRED)), ", ".join(sorted(OPTIONAL))
        raise ValueError(f"{place}: needs {needed}, and may have {allowed}")
    if not isinstance(row["unit"], str) or row["unit"] not in MEASURES:
        raise ValueError(f"{place}: unit must be one of {', '.join(MEASURES)}")
    with_video, resolution = row.get("with_video"), row.get("resolution", "")
    if resolution and resolution not in RESOLUTIONS:
        raise ValueError(f"{place}: resolution must be one of {', '.join(RESOLUTIONS)}")
    return Price(
        model=str(row["model"]),
        unit=row["unit"],
        usd=_dollars(f"{place}: usd", row["usd"]),
        source=str(row["source"]),
        day=str(row["day"]),
        with_video=None if with_video is None else _dollars(f"{place}: with_video", with_video),
        resolution=resolution,
    )


def _dollars(place: str, given: Any) -> Decimal:
    try:
        found = Decimal(str(given))
    except InvalidOperation:
        found = Decimal("NaN")
    if isinstance(given, bool) or not found.is_finite() or not 0 <= found <= 1_000_000:
        raise ValueError(f"{place} must be a number of dollars from 0 to 1000000, not {given!r}")
    return found


def spent(task: Task, now: int) -> Decimal:
    """What a task has cost so far, in its own unit."""
    return -sum((entry.amount for entry in entries(task, now)), Decimal(0))


def lines(
    found: Iterable[Task], costs: Mapping[str, Decimal], prices: Prices, observed: bool
) -> list[Line]:
    """What tasks that cost something come to, by key, dialect and model."""
    groups: dict[tuple[str, str, str, str, Price | None], list[Task]] = {}
    for task in found:
        if costs[task.id] > 0:
            price = listed(task, prices)
            name = (task.account, task.dialect, task.order.model, task.charge.unit, price)
            groups.setdefault(name, []).append(task)
    return [_line(*name, tasks, costs, observed) for name, tasks in groups.items()]


def listed(task: Task, prices: Prices) -> Price | None:
    """The price of a task: that of its model before that of all, at its resolution before any."""
    mine = prices.get(task.dialect, {})
    for model in (task.order.model, ANY):
        for resolution in (task.order.resolution, ""):
            if (model, resolution) in mine:
                return mine[model, resolution]
    return None


def _line(
    key: str,
    dialect: str,
    model: str,
    unit: str,
    price: Price | None,
    tasks: list[Task],
    costs: Mapping[str, Decimal],
    observed: bool,
) -> Line:
    paid = [None if price is None else dollars(task, price, observed) for task in tasks]
    known = [usd for usd in paid if usd is not None]
    amount = sum((costs[task.id] for task in tasks), Decimal(0))
    usd = sum(known, Decimal(0)) if len(known) == len(paid) else None
    return Line(key, dialect, model, unit, len(tasks), amount, usd, price)


def dollars(task: Task, price: Price, observed: bool) -> Decimal | None:
    """What a task costs upstream if it succeeds; None where the unit is not the dialect's."""
    amount = MEASURES[price.unit](task, observed)
    each = price.usd
    if price.with_video is not None and _has_video(task):
        each = price.with_video
    return None if amount is None else amount * each


def bill(
    found: list[Task],
    now: Mapping[str, int],
    fetched: set[str],
    prices: Prices | None = None,
    observed: bool = False,
    costs: Mapping[str, Decimal] | None = None,
) -> dict[str, Any]:
    """How many tasks cost something, how many of them for nothing, and what it comes to.

    A task that is still under way counts, since it has been reserved for. Orphaned is one that has
    succeeded and whose clip nobody fetched. ``costs`` are by task, where they are known already.
    """
    if costs is None:
        costs = {task.id: spent(task, now[task.account]) for task in found}
    made = lines(found, costs, shipped() if prices is None else prices, observed)
    done = [task for task in found if task.phase(now[task.account]) is Phase.SUCCEEDED]
    unpriced = [f"{line.dialect} {line.model}" for line in made if line.usd is None]
    known = sum((line.usd for line in made if line.usd is not None), Decimal(0))
    return {
        "tasks": sum(line.tasks for line in made),
        "under_way": sum(task.phase(now[task.account]) in LIVE for task in found),
        "orphaned": sum(task.id not in fetched for task in done),
        "cost_usd": None if unpriced else _rounded(known),
        "unpriced": sorted(set(unpriced)),
        "lines": [_shown(line) for line in made],
    }


def _shown(line: Line) -> dict[str, Any]:
    price = line.price
    return {
        "key": line.key,
        "dialect": line.dialect,
        "model": line.model,
        "resolution": (price.resolution or None) if price else None,
        "tasks": line.tasks,
        "unit": line.unit,
        "amount": line.amount,
        "usd": None if line.usd is None else _rounded(line.usd),
        "source": None if price is None else f"{price.source} ({price.day})",
    }


def _rounded(usd: Decimal) -> Decimal:
    return round(usd, 6)
