"""Judges of money: tokens against the clip that was delivered, prices, refunds, callbacks' cost."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from conformance.catalogue import orders
from conformance.catalogue.reader import BADLY
from conformance.judge import formulas
from conformance.judge.answers import brief, none, place
from conformance.judge.case import Case, Finding, broken, difference, ok, unknown
from conformance.plan.money import vector_order
from conformance.plan.probes import Probe
from conformance.plan.references import Missing, parsed, usual


def tokens(case: Case) -> Finding:
    """The tokens of the answer are those of one of the formulas for the delivered clip."""
    pointer = place(case.expect["at"])[1]
    checked: list[str] = []
    fits: set[int] | None = None
    own = {probe.key for probe in case.of("create")}
    for probe in case.relevant():
        clip, each = case.clip(probe), case.ended(probe)
        wanted = case.row.cost == "shared" or probe.key in own
        if clip is None or "problem" in clip or each is None or not wanted:
            continue
        there, told = orders.at(each.json, pointer)
        if not there or isinstance(told, bool) or not isinstance(told, int | float):
            return broken(f"{pointer} is {brief(told) if there else 'missing'}", each)
        names = measures(probe, clip)
        right = [formulas.value(formula, names) for formula in case.expect["formulas"]]
        near = {n for n, tokens in enumerate(right) if _near(told, tokens, case.expect)}
        if not near:
            what = difference(probe.body, case.dialect.cheapest)
            text = f"{told} tokens for {clip['seconds']} s of {clip['width']}x{clip['height']}"
            return broken(f"{what}: {text}, not {_or(right)}", each)
        exact = {n for n, tokens in enumerate(right) if abs(told - tokens) <= 1}
        fits = (exact or near) if fits is None else fits & (exact or near)
        checked.append(each.short)
    if not checked:
        return none(case)
    seen = tuple(f"formula {number}" for number in sorted(fits or ()))
    text = seen[0] if len(seen) == 1 else "one of the formulas"
    return ok(f"{len(checked)} tasks: {text} fits", seen=seen)


def _near(told: float, tokens: float, expect: Mapping[str, Any]) -> bool:
    return abs(told - tokens) <= max(1.0, tokens * float(expect.get("within", 0)))


def measures(probe: Probe, clip: Mapping[str, Any]) -> dict[str, float]:
    """What the formulas are about: the clip as delivered and the reference videos."""
    whole = round(clip["seconds"])
    close = abs(clip["seconds"] - whole) < 0.3
    return {
        "duration": float(whole if close else clip["seconds"]),
        "width": float(clip["width"]),
        "height": float(clip["height"]),
        "video": reference_seconds(probe.body, "video"),
        "audio": reference_seconds(probe.body, "audio"),
    }


def reference_seconds(order: Any, medium: str) -> float:
    """How long the reference media of an order are together."""
    total = 0.0
    for text in orders.strings(order):
        if text.startswith(f"${medium}"):
            try:
                _, number, wish = parsed(text)
            except Missing:
                continue
            properties = {
                **usual(medium, number),
                **dict(p.split("=") for p in wish.split("&") if p),
            }
            total += float(properties["seconds"])
    return total


def compare(case: Case) -> Finding:
    """The number of one order is less than, or equal to, that of another."""
    call, pointer = place(case.expect["at"])
    values = []
    for probe in case.of("create"):
        each = case.sent(probe) if call == "create" else case.ended(probe)
        value = orders.at(each.json, pointer)[1] if each else None
        if isinstance(value, bool) or not isinstance(value, int | float):
            return case.skipped() or unknown(f"{pointer} was not seen", each)
        values.append((value, each))
    if len(values) < 2:
        return none(case)
    (one, first), (other, second) = values[0], values[1]
    seen = ("equal" if one == other else "differs",)
    good = one == other if case.expect["is"] == "equal" else one < other
    text = f"{one} against {other}"
    state = ok if good else broken
    return state(text, first, second, seen=seen)


def billing(case: Case) -> Finding:
    """What is charged follows the formula."""
    charged = []
    for vector in case.expect.get("vectors", ()):
        order = orders.canonical(vector_order(case.row, case.world, vector))
        probe = next((p for p in case.of("create") if orders.canonical(p.body) == order), None)
        units = units_of(case, probe) if probe else None
        if probe is None or units is None:
            return case.skipped() or unknown("the books do not show what it cost")
        if any(case.phase(each) in BADLY for each in case.polls(probe)):
            return unknown("its task did not succeed", case.sent(probe), case.ended(probe))
        charged.append((units, vector["units"], probe))
    if not charged:
        return none(case)
    credits = case.expect["unit"] == "credit-seconds"
    share = charged[0][0] / charged[0][1] if credits else 1.0
    whole = credits and all(units == int(units) for units, _, _ in charged)
    for units, wanted, probe in charged:
        rounded = max(1.0, wanted / charged[0][1]) if whole else 0.01
        if abs(units - wanted * share) > max(rounded, 0.001 * units):
            what = difference(probe.body, case.dialect.cheapest)
            text = f"{what}: {units:g} are charged, not {wanted * share:g}"
            return broken(text, case.sent(probe), case.ended(probe))
    return ok(f"{len(charged)} orders cost what they should")


def units_of(case: Case, probe: Probe) -> float | None:
    """What a task cost: by the control plane's books, else by its own answer."""
    if case.expect["unit"] == "credit-seconds":
        each = case.sent(probe)
        value = orders.first_at(each.json, case.dialect.answer["usage"]) if each else None
        return float(value) if isinstance(value, int | float) else None
    books = case.transcript.fact("books", probe.key)
    return abs(net(books["entries"])) if books else None


def net(entries: Sequence[Mapping[str, Any]]) -> float:
    """What remains charged: reserved, settled and given back, together."""
    return float(sum((Decimal(str(each.get("amount", 0))) for each in entries), Decimal(0)))


def refund(case: Case) -> Finding:
    """After a failure or a refusal the account is where it was."""
    if case.expect["on"] == "refused":
        books = case.transcript.fact("books", "clean")
        refused = [each for probe in case.of("create") if (each := case.sent(probe))]
        if books is None or not refused:
            return case.skipped() or none(case)
        if any(case.outcome(each) == "accepted" for each in refused):
            return broken("the order was taken", *refused)
        if left := net(books["entries"]):
            return broken(f"{_left(left)} for refused orders", *refused, seen=("refused",))
        return ok("nothing is charged", *refused, seen=("accepted",))
    for probe in case.of("create"):
        books, ended = case.transcript.fact("books", probe.key), case.ended(probe)
        if books is None or ended is None:
            return case.skipped() or unknown("the books do not show it", case.sent(probe))
        if left := net(books["entries"]):
            return broken(_left(left), ended, seen=("refused",))
    return ok("nothing remains charged", seen=("accepted",))


def _left(net: float) -> str:
    return f"{-net:g} remain charged" if net < 0 else f"{net:g} too much came back"


def _or(values: Sequence[float]) -> str:
    return " or ".join(f"{each:g}" for each in values)
