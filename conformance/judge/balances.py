"""Judges of the key's balance: what was charged for an order, and for all of a run together.

A balance is one number, and the key may have other users. So a single order is judged only where
the balance stood still before it, and a run only where no order is in the dark; what cannot be
known of an order widens the bounds, and never breaks the row.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

from conformance.catalogue import orders, reader
from conformance.collect.transcript import Exchange
from conformance.judge import formulas
from conformance.judge.answers import place
from conformance.judge.case import Case, Finding, broken, ok, told, unknown
from conformance.plan.balances import AFTER, ALONE, BEFORE, CALL, END, HELD, LATER, QUIET, START
from conformance.plan.probes import Probe

OWN_KEY = (
    "key", "bare", "lower", "unprefixed", "channelled", "x-api-key", "mj-api-secret",
)  # fmt: skip
OTHERS = ", unless another user of the key was charged meanwhile"


@dataclass(frozen=True, slots=True)
class Meter:
    """How the answers of the balance call are read: the place, and which way it counts."""

    pointer: str
    sign: int

    def spent(self, first: Exchange, last: Exchange) -> float:
        """What was charged between two answers."""
        one, other = number(first, self.pointer), number(last, self.pointer)
        assert one is not None
        assert other is not None
        return (other - one) * self.sign


def judge(case: Case) -> Finding:
    """An order on its own, or all orders of the run, by what the balance says."""
    for reading in _readings(case):
        if not _tells(case, reading):
            return unknown(f"the balance is not told: {told(reading)}", reading)
    tags = {probe.tag: case.sent(probe) for probe in case.of(CALL)}
    wanted = (START, END) if case.expect["on"] == "run" else (QUIET, BEFORE, HELD, AFTER, LATER)
    found = [each for tag in wanted if (each := tags.get(tag))]
    if len(found) < len(wanted):
        return case.skipped() or unknown("the balance was not read before and after")
    meter = _meter(case)
    if meter is None:
        return unknown("the balance never moves: this key is not charged", *found[-1:])
    if any(meter.spent(one, other) for one, other in _still(case)):
        return unknown("the balance also moves when nothing of this run is under way", found[0])
    return _run(case, meter, found) if case.expect["on"] == "run" else _alone(case, meter, found)


def number(exchange: Exchange, pointer: str) -> float | None:
    """A number of an answer."""
    value = orders.at(exchange.json, pointer)[1] if pointer else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value)


def _tells(case: Case, each: Exchange) -> bool:
    good = each.status in case.dialect.credits.statuses
    places = (case.dialect.credits.left, case.dialect.credits.used)
    return good and any(number(each, pointer) is not None for pointer in places)


def _told(amount: float) -> str:
    return f"{round(amount, 3):.12g}"


def _readings(case: Case) -> list[Exchange]:
    return [each for each in case.transcript.exchanges if each.call == CALL]


def _meter(case: Case) -> Meter | None:
    """The place that is read: of what is left, or of what was used, the first that ever moves."""
    for pointer, sign in ((case.dialect.credits.left, -1), (case.dialect.credits.used, 1)):
        found = [number(each, pointer) for each in _readings(case)]
        if None not in found and len(set(found)) > 1:
            return Meter(pointer, sign)
    return None


def _still(case: Case) -> Iterator[tuple[Exchange, Exchange]]:
    """Readings with a while between them in which nothing was ordered."""
    readings = _readings(case)
    for one, other in pairwise(readings):
        if (one.tag, other.tag) == (QUIET, BEFORE) and one.of == other.of:
            yield one, other


def _alone(case: Case, meter: Meter, readings: Sequence[Exchange]) -> Finding:
    """An order that was placed when nothing else was under way, and what it came to."""
    _, before, held, _, later = readings
    order = case.of("create")[0]
    made, end = case.sent(order), case.ended(order)
    if made is None or not case.accepted(order):
        return case.skipped() or unknown("the order was not taken", made)
    if end is None or case.phase(end) != case.expect["on"]:
        return unknown(f"its task has not {case.expect['on']}", end or made)
    cost, evidence = meter.spent(before, later), (later, end, made)
    if case.expect["on"] == "failed":
        reserved = meter.spent(before, held)
        if abs(cost) <= _slack(readings, cost):
            return ok(f"{_told(reserved)} were taken, and nothing remains charged", *evidence)
        back = f"{_told(cost)} remain charged" if cost > 0 else f"{_told(-cost)} too much came back"
        return broken(f"of an order whose task failed, {back}: {_where(case)}", *evidence)
    likely = _costs(case, order, made)
    if not likely:
        return unknown("no answer says what it costs", *evidence)
    if any(_fits(case, cost, each, readings) for each in likely.values()):
        return ok(f"{_told(cost)} were charged for one order, as it says", *evidence)
    says = " or ".join(dict.fromkeys(_told(each) for each in likely.values()))
    return broken(
        f"one order took {_told(cost)}, not the {says} it says: {_where(case)}", *evidence
    )


def _where(case: Case) -> str:
    others = "" if case.world.control else OTHERS
    return f"{case.dialect.credits.method} {case.dialect.credits.path} before and after{others}"


def _fits(case: Case, cost: float, wanted: float, readings: Sequence[Exchange]) -> bool:
    slack = _slack(readings, wanted)
    less = bool(case.expect.get("less")) and cost < wanted
    return less or abs(cost - wanted) <= slack


def _slack(readings: Sequence[Exchange], amount: float, number_: int = 1) -> float:
    """How far a sum may be off by rounding: whole units where all that is shown is whole."""
    shown = [value for each in readings for value in _numbers(each.json)]
    whole = amount == int(amount) and all(value == int(value) for value in shown)
    return (1.0 if whole else 0.01) * number_ + 0.001 * abs(amount)


def _numbers(value: object) -> Iterator[float]:
    if isinstance(value, dict):
        for item in value.values():
            yield from _numbers(item)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield float(value)


def _costs(case: Case, order: Probe, made: Exchange) -> dict[int, float]:
    """What an order may have cost in the end, by the numbers of the formulas that say so."""
    answers = [made, *case.polls(order)]
    early = [each for each in answers if case.phase(each) not in reader.FINAL]
    end = case.ended(order)
    last = [end] if end else []
    usage = [f"query:{each}" for each in case.dialect.answer["usage"]]
    told_ = {
        "reserved": _first(early, case.expect.get("reserved", ())),
        "charged": _first(last, case.expect.get("charged", ())),
        "tokens": _first(last, usage),
    }
    names = {name: value for name, value in told_.items() if value is not None}
    found = {}
    for index, formula in enumerate(case.expect["costs"]):
        if all(name in names for name in told_ if name in formula):
            found[index] = formulas.value(formula, names)
    return found


def _first(answers: Sequence[Exchange], places: Sequence[str]) -> float | None:
    for text in places:
        call, pointer = place(text)
        for each in answers:
            if each.call == call and (value := number(each, pointer)) is not None:
                return value
    return None


def _run(case: Case, meter: Meter, readings: Sequence[Exchange]) -> Finding:
    """All orders of the run together: at least and at most what each may have cost."""
    start, end = readings
    usual = _practice(case, meter)
    made = list(_orders(case))
    bounds = [_bounds(case, probe, exchange, usual) for probe, exchange in made]
    known = [most for _, most in bounds if most is not None]
    if not any(known):
        return unknown("no answer says what an order of the run costs", *readings)
    dark = len(bounds) - len(known) + _lost(case)
    most = sum(known) + dark * max(known)
    least = sum(least for least, _ in bounds)
    spent, near = meter.spent(start, end), partial(_slack, readings, number_=len(made))
    count = f"{len(made)} orders" if len(made) > 1 else "1 order"
    evidence = (end, made[0][1], start)
    if spent > most + near(most):
        text = f"{count} took {_told(spent)} together, and at most {_told(most)} by what they say"
        return broken(f"{text}: {_where(case)}", *evidence)
    if spent < least - near(least):
        text = f"{count} took {_told(spent)} together, and at least {_told(least)} by what they say"
        return broken(f"{text}: {_where(case)}", *evidence)
    says = _told(most) if least == most else f"{_told(least)} to {_told(most)}"
    return ok(f"{count} took {_told(spent)} together, and say {says}", *evidence)


@dataclass(frozen=True, slots=True)
class _Practice:
    """The formulas that the order on its own came to, and whether it was seen ``unsettled``.

    Orders that were seen otherwise say otherwise what they cost.
    """

    formulas: Sequence[int]
    unsettled: bool


def _practice(case: Case, meter: Meter) -> _Practice | None:
    """What the order on its own shows, where there is one; None where not."""
    for key, probe in case.plan.probes.items():
        made = case.transcript.sent(key)
        if probe.call != "create" or probe.tag != ALONE or probe.fate or made is None:
            continue
        found = {each.tag: each for each in _readings(case) if each.of == key}
        if BEFORE not in found or LATER not in found:
            continue
        cost, around = meter.spent(found[BEFORE], found[LATER]), list(found.values())
        likely = _costs(case, probe, made)
        came = [n for n, each in likely.items() if abs(cost - each) <= _slack(around, each)]
        return _Practice(came, _unsettled(case, probe, made)) if came else None
    return None


def _orders(case: Case) -> Iterator[tuple[Probe, Exchange]]:
    """All tasks that this key made in the run, each once, whatever they were made for."""
    ids: set[str] = set()
    for each in case.transcript.exchanges:
        probe = case.plan.probes.get(each.probe)
        if probe is None or each.call != "create" or each.auth not in OWN_KEY:
            continue
        id = reader.task_id(case.dialect, each.json)
        if id is not None and id not in ids and case.outcome(each) == "accepted":
            ids.add(id)
            yield probe, each


def _lost(case: Case) -> int:
    """How many calls may have made tasks that are not among the orders."""
    own = [e for e in case.transcript.exchanges if e.auth in (*OWN_KEY, "clean")]
    return sum(_dark(case, each) or _older(case, each) for each in own if each.method == "POST")


def _older(case: Case, each: Exchange) -> bool:
    """Whether a call made a task by an order that the catalogue has no more, as in old runs."""
    unknown = each.auth in OWN_KEY and each.probe not in case.plan.probes
    return unknown and each.call == "create" and case.outcome(each) == "accepted"


def _dark(case: Case, each: Exchange) -> bool:
    """Whether a call may have made a task that no answer tells of.

    An error in the gateway's own words is its word that it made none: what it charges for that is
    charged in vain.
    """
    if each.call == "create" and each.auth != "clean":
        silent = each.status in (None, 502, 504) or not each.refuses
        return each.cost != "free" and silent and case.outcome(each) == "unknown"
    return each.call in ("create", "other") and case.outcome(each) == "accepted"


def _bounds(
    case: Case, probe: Probe, made: Exchange, usual: _Practice | None
) -> tuple[float, float | None]:
    """The least and the most that an order may have cost; None where nobody knows the most."""
    likely = _costs(case, probe, made)
    if usual and usual.unsettled == _unsettled(case, probe, made):
        likely = {n: each for n, each in likely.items() if n in usual.formulas} or likely
    less, end = bool(case.expect.get("less")), case.ended(probe)
    phase = case.phase(end) if end else None
    if phase == "failed":
        return 0.0, 0.0
    if not likely or (phase != "succeeded" and not less):
        return 0.0, None
    field = case.dialect.request.first("duration")
    fixed = isinstance(orders.value_of(probe.body, field), int) if field else False
    sure = phase == "succeeded" and not _removed(case, probe) and (not less or (usual and fixed))
    return min(likely.values()) if sure else 0.0, max(likely.values())


def _unsettled(case: Case, probe: Probe, made: Exchange) -> bool:
    """Whether the task was seen at its end, and still with what had been reserved for it.

    A gateway that settles a task after it has written its end shows that for a moment, and one that
    keeps to itself what it settles shows it for ever.
    """
    early = [each for each in (made, *case.polls(probe)) if case.phase(each) not in reader.FINAL]
    reserved, end = _first(early, case.expect.get("reserved", ())), case.ended(probe)
    return reserved is not None and reserved == _first(
        [end] if end else [], case.expect.get("charged", ())
    )


def _removed(case: Case, probe: Probe) -> bool:
    return any(each.call == "delete" and each.of == probe.key for each in case.transcript.exchanges)
