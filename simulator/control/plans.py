"""Asking for the fate of tasks to come."""

import re
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import msgspec
from msgspec.structs import replace

from simulator.control.calls import Asked, Wrong, page, span
from simulator.control.clocks import KeyName
from simulator.control.plane import Plane
from simulator.core.account import SERVER
from simulator.core.near_misses import near
from simulator.core.plan import (
    ACCOUNT,
    ORDER_FIELDS,
    ORDER_TYPES,
    REFUSED,
    Match,
    OrderValue,
    Standing,
    Wish,
)
from simulator.core.task import Phase, Plan
from simulator.engine.dialect import Dialect
from simulator.store.redaction import masked

MOST_PLANS = 10_000
MOST_POINTS = 1_000

Text = Annotated[str, msgspec.Meta(max_length=2_000)]
Points = Annotated[list[tuple[str | int, int]], msgspec.Meta(max_length=MOST_POINTS)]
Times = Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]


class PlanMatch(msgspec.Struct, forbid_unknown_fields=True):
    """`match` of a plan: to which orders it comes."""

    dialect: str | None = None
    key: KeyName | None = None
    model: Text | None = None
    prompt: Text | None = None
    order: dict[str, str | int | bool] = {}


class PlanIn(msgspec.Struct, forbid_unknown_fields=True):
    """`plan`: what becomes of the task."""

    queue: str | int | None = None
    run: str | int | None = None
    end: Literal["succeeded", "failed", "expired", "cancelled", "stuck", "refused"] | None = None
    code: Text | None = None
    message: Text | None = None
    progress: Points | None = None
    then: "ThenIn | None" = None


class ThenIn(msgspec.Struct, forbid_unknown_fields=True):
    """`then`: the turn that a task takes after its end."""

    end: Literal["succeeded", "failed", "expired", "cancelled"]
    queue: str | int | None = None
    run: str | int | None = None
    code: Text | None = None
    message: Text | None = None


class PlanAsked(msgspec.Struct, forbid_unknown_fields=True):
    """The body of `POST /_sim/plans`."""

    plan: PlanIn
    match: PlanMatch | None = None
    times: Times | None = 1


@dataclass(frozen=True, slots=True)
class Asking:
    """A plan that may be added: for which orders, what becomes of them, how often."""

    match: Match
    wish: Wish
    times: int | None


async def add(plane: Plane, asked: Asked) -> Any:
    """Let a plan wait for the orders that fit it, and settle what becomes of their tasks."""
    plan = read(plane, asked.decode(PlanAsked))
    if await plane.engine.plans.are(MOST_PLANS):
        raise Wrong("too_many", f"there are {MOST_PLANS} plans already", "plan")
    return {"id": await plane.engine.plans.add(plan.match, plan.wish, plan.times)}


def read(plane: Plane, order: PlanAsked) -> Asking:
    """What a body asks for; Wrong where that cannot be."""
    match = _match(plane, order.match or PlanMatch())
    passed = plane.passes_on(match.dialect)
    if passed is not None:
        made_by = plane.engine.config.made_by
        text = f"a plan does nothing here: what becomes of {passed}'s orders is {made_by}'s"
        raise Wrong("bad_value", f"{text}; match.dialect may name another dialect", "match.dialect")
    wish = _wish(plane, order.plan, match.dialect)
    return Asking(replace(match, speakers=_speakers(plane, wish)), wish, order.times)


def _match(plane: Plane, given: PlanMatch) -> Match:
    if given.dialect is not None and given.dialect not in plane.dialects:
        names = ", ".join(plane.dialects)
        raise Wrong("bad_value", f"match.dialect must be one of {names}", "match.dialect")
    for name, value in given.order.items():
        _check_field(name, value)
    return Match(given.dialect, given.key, given.model, given.prompt, given.order)


def _check_field(name: str, value: OrderValue) -> None:
    where = f"match.order.{name[:60]}"
    wanted = ORDER_TYPES.get(name)
    if wanted is None:
        hint = near(name, ORDER_FIELDS) or f"there are {', '.join(ORDER_FIELDS)}"
        raise Wrong("unknown_field", f"{where} is no field of an order: {hint}", where)
    if type(value) is not wanted:
        words = {int: "a whole number", str: "a string", bool: "true or false"}[wanted]
        raise Wrong("bad_value", f"{where} must be {words}", where)


def _wish(plane: Plane, given: PlanIn, dialect: str | None) -> Wish:
    end = given.end
    if given.code is not None or given.message is not None:
        end = end or "failed"
    if end == REFUSED:
        for name in ("queue", "run", "progress", "then"):
            if getattr(given, name) is not None:
                text = f"plan.{name} is of a task, and an order that is refused makes none"
                raise Wrong("bad_value", text, f"plan.{name}")
    if end not in ("failed", REFUSED):
        for name in ("code", "message"):
            if getattr(given, name) is not None:
                text = f"plan.{name} is of a task that failed, not one that {end}"
                raise Wrong("bad_value", text, f"plan.{name}")
    if given.code is not None:
        _check_code(plane, given.code, dialect, end)
    then = None if given.then is None else _then(plane, given, end, dialect)
    return Wish(
        queue=None if given.queue is None else span("plan.queue", given.queue),
        run=None if given.run is None else span("plan.run", given.run),
        end=end,
        code=given.code or (then.code if then else None),
        message=given.message or (then.message if then else None),
        then=then,
        progress=None if given.progress is None else _curve(given.progress),
    )


def _then(plane: Plane, given: PlanIn, end: str | None, dialect: str | None) -> Plan:
    """What becomes of a task after its first end."""
    then = given.then
    assert then is not None
    first = end or "succeeded"
    if first in ("stuck", then.end):
        text = f"plan.then cannot be {then.end} after a first end that is {first}"
        raise Wrong("bad_value", text, "plan.then.end")
    for name in ("code", "message"):
        if getattr(then, name) is not None and then.end != "failed":
            text = f"plan.then.{name} is of a task that failed, not one that {then.end}"
            raise Wrong("bad_value", text, f"plan.then.{name}")
    if then.code is not None:
        _check_code(plane, then.code, dialect, "then", "plan.then.code")
    return Plan(
        queue=0 if then.queue is None else span("plan.then.queue", then.queue),
        run=0 if then.run is None else span("plan.then.run", then.run),
        end=Phase(then.end),
        code=then.code or "",
        message=then.message or "",
    )


def _codes(dialect: Dialect, end: str | None) -> tuple[str, ...]:
    """The codes that an end may have: an order that fails may also be refused at once."""
    failures = () if end == REFUSED else tuple(dialect.failures)
    return failures if end == "then" else (*failures, *dialect.refusals, *ACCOUNT)


def _check_code(
    plane: Plane, code: str, dialect: str | None, end: str | None, field: str = "plan.code"
) -> None:
    chosen = plane.dialects if dialect is None else {dialect: plane.dialects[dialect]}
    codes = dict.fromkeys(code for one in chosen.values() for code in _codes(one, end))
    if code not in codes:
        whose = "any dialect" if dialect is None else dialect
        hint = near(code, codes) or ", ".join(codes)
        text = f"{field} {code[:100]!r} is not a failure of {whose}: {hint}"
        raise Wrong("bad_value", text, field)


def _speakers(plane: Plane, wish: Wish) -> tuple[str, ...] | None:
    """The dialects that have the code that is asked for; None where none is."""
    if wish.code is None:
        return None
    end = "then" if wish.then is not None and wish.then.code == wish.code else wish.end
    return tuple(name for name, one in plane.dialects.items() if wish.code in _codes(one, end))


def _curve(points: list[tuple[str | int, int]]) -> tuple[tuple[int, int], ...]:
    curve: list[tuple[int, int]] = []
    for number, (after, percent) in enumerate(points):
        place = f"plan.progress[{number}]"
        at = span(f"{place}[0]", after)
        if not 0 <= percent <= 100:
            raise Wrong("bad_value", f"{place}[1] must be from 0 to 100", f"{place}[1]")
        if curve and (at < curve[-1][0] or percent < curve[-1][1]):
            raise Wrong("bad_value", f"{place} must not fall back behind the one before", place)
        curve.append((at, percent))
    return tuple(curve)


def is_for(key: str | None, wanted: str | None) -> bool:
    """Whether what is for one key, or for all, comes to the calls of an account; None is of all."""
    return key is None or wanted in (None, key)


async def index(plane: Plane, asked: Asked) -> Any:
    """The plans that wait, in the order of their coming; of one key those that may come to it."""
    key, limit, after = asked.parameters("key", "limit", "after")
    plans = [one for one in await plane.engine.plans.waiting() if is_for(key, one.match.key)]
    given = (await plane.engine.state(SERVER)).numbers.get("plan", 0)

    def gone(name: str) -> int | None:
        number = re.fullmatch("plan-([0-9]{1,9})", name)
        if number is None or not 1 <= int(number[1]) <= given:
            return None
        return sum(plan.number < int(number[1]) for plan in plans)

    shown = page(plans, limit, after, lambda plan: plan.id, gone)
    return {"items": [_shown(plan) for plan in shown], "total": len(plans)}


def _shown(plan: Standing) -> dict[str, Any]:
    return {
        "id": plan.id,
        "match": {
            "dialect": plan.match.dialect,
            "key": plan.match.key and masked(plan.match.key),
            "model": plan.match.model,
            "prompt": plan.match.prompt,
            "order": plan.match.order,
        },
        "times": plan.times,
        "plan": plan.wish.asked(),
    }


async def drop_all(plane: Plane, asked: Asked) -> Any:
    """Take back every plan that waits."""
    asked.parameters()
    return {"deleted": await plane.engine.plans.drop()}


async def drop(plane: Plane, asked: Asked) -> Any:
    """Take back one plan."""
    asked.parameters()
    if not await plane.engine.plans.drop(asked.args["id"]):
        raise Wrong("not_found", f"there is no plan {asked.args['id']}", "id", 404)
    return {"deleted": 1}
