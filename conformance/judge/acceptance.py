"""Judges of orders: what the documents permit is accepted, what they forbid is refused."""

from collections.abc import Mapping

from conformance.catalogue import orders, reader
from conformance.catalogue.rows import thaw
from conformance.collect.transcript import Exchange
from conformance.judge import grounds
from conformance.judge.case import Case, Finding, broken, difference, ok, told, unknown
from conformance.judge.errors import listed
from conformance.plan import cells
from conformance.plan.probes import Probe

MEDIA = ("$image", "$video", "$audio")
Told = list[tuple[str, Exchange]]


def judge(case: Case) -> Finding:
    """Every order that the row permits was accepted, every one it forbids was refused."""
    wrong: Told = []
    late: Told = []
    open_: Told = []
    away: Told = []
    good: list[Exchange] = []
    asked = [probe for probe in case.of("create") if probe.want != "see"]
    for probe in asked:
        exchange = case.sent(probe)
        if exchange is None or _shown_elsewhere(case, probe, exchange):
            continue
        verdict, why = settled(case, probe, exchange)
        if verdict == "good" and probe.want == "refuse" and case.outcome(exchange) != "accepted":
            verdict, why = _grounded(case, probe, exchange)
        if verdict == "good":
            good.append(exchange)
        else:
            {"wrong": wrong, "late": late, "away": away}.get(verdict, open_).append((why, exchange))
    wrong += _refused_for_it(case, asked)
    absent = [each for each in away if each[1].want != "refuse"]
    if absent and not wrong and case.row.level not in ("must", "should"):
        return broken(absent[0][0], absent[0][1], seen=("refused",))
    return _finding(case, len(asked), good, wrong, late, open_ or ([] if good else away))


def _refused_for_it(case: Case, own: list[Probe]) -> Told:
    """Orders of other rows that are refused for nothing but their value in the row's field."""
    if case.row.kind not in ("enum", "range") and "boolean" not in case.expect.get("types", ()):
        return []
    found: Told = []
    place, when = f"/{case.expect['field'].replace('.', '/')}", case.expect.get("when", {})
    for leaf in {leaf for probe, _ in case.legal for leaf in probe.leaves if leaf[0] == place}:
        refused = [each for each in grounds.lone(case, leaf) if each[0] not in own]
        for probe, exchange in refused:
            verdict, why = settled(case, probe, exchange)
            sure = len(refused) > 1 or not _newly_mixed(case, probe)
            if verdict == "wrong" and sure and orders.matches(probe.body, when):
                found.append((why, exchange))
    return sorted(found, key=lambda each: each[1].number)


def _newly_mixed(case: Case, probe: Probe) -> bool:
    """Whether other values of an order stand together in no other: it may be refused for that."""
    for row in case.plan.rows:
        if row.kind == "pairs" and case.expect["field"] not in row.expect["fields"]:
            asked = [orders.read(probe.body, each) for each in row.expect["fields"]]
            if not any(
                asked == [orders.read(task.body, each) for each in row.expect["fields"]]
                for task in case.tasks()
                if isinstance(task.body, Mapping)
            ):
                return True
    return False


def _finding(
    case: Case, asked: int, good: list[Exchange], wrong: Told, late: Told, open_: Told
) -> Finding:
    if wrong:
        more = f" (and {len(wrong) - 1} more)" if len(wrong) > 1 else ""
        return broken(wrong[0][0] + more, *(each for _, each in wrong), seen=seen(case))
    if late:
        return Finding("late", late[0][0], (late[0][1].number,), seen(case))
    if open_:
        return unknown(open_[0][0], open_[0][1])
    skipped = case.skipped()
    if not good or (skipped and skipped.seen == ("not-run",)):
        return skipped or Finding("missing", "it was not sent")
    part = f" ({asked - len(good)} of {asked} not sent: {skipped.message})" if skipped else ""
    return ok(
        f"{len(good)} orders were answered as they should be{part}", *good[:2], seen=seen(case)
    )


def _grounded(case: Case, probe: Probe, exchange: Exchange) -> tuple[str, str]:
    """Whether a refusal is evidence: one that is not is left aside."""
    reason = grounds.lacking(case, probe, exchange)
    return ("away", reason) if reason else ("good", "")


def _shown_elsewhere(case: Case, probe: Probe, exchange: Exchange) -> bool:
    """Whether an order of mixed values was not taken, but another one with that value was."""
    mixed = case.row.kind in ("enum", "range") and thaw(probe.body) in cells.mixed(case.world)
    if not mixed or case.outcome(exchange) == "accepted":
        return False
    field = case.expect["field"]
    value = orders.value_of(probe.body, field)
    return any(
        orders.value_of(each.body, field) == value
        for each in case.tasks()
        if isinstance(each.body, Mapping)
    )


def _accepted(case: Case) -> list[Probe]:
    return [each for each in case.of("create") if each.want == "accept" and case.accepted(each)]


def mixed(case: Case) -> Finding:
    """Values that were taken in other orders were taken together."""
    good = _accepted(case)
    for probe in case.of("create"):
        exchange = case.sent(probe)
        if exchange is None or probe in good:
            continue
        verdict, why = settled(case, probe, exchange)
        if verdict != "wrong" or grounds.barred(case, probe):
            continue
        if not _lone(case, probe, good) and not _beside(case, probe, good):
            return broken(why, exchange, seen=("refused",))
    if not good:
        return case.skipped() or Finding("missing", "it was not sent")
    return ok(f"{len(good)} orders were taken", seen=("accepted",))


def _lone(case: Case, probe: Probe, good: list[Probe]) -> bool:
    """Whether an order has a value or a field that no order has that was taken.

    That it is not taken is another row's matter.
    """
    legal = [each for each, answer in case.legal if case.outcome(answer) == "accepted"]
    known = {place for each in (*good, *legal) for place, _ in each.leaves}
    if any(place not in known for place, _ in probe.leaves):
        return True
    return any(
        all(orders.read(each.body, field) != orders.read(probe.body, field) for each in good)
        for field in case.expect["fields"]
    )


def _beside(case: Case, probe: Probe, good: list[Probe]) -> bool:
    """Whether the row's values were taken together in another order: what is wrong is another."""
    fields = case.expect["fields"]
    asked = [orders.read(probe.body, field) for field in fields]
    return any(asked == [orders.read(each.body, field) for field in fields] for each in good)


def settled(case: Case, probe: Probe, exchange: Exchange) -> tuple[str, str]:
    """Whether an answer is what the row asks for, and in what words it is not."""
    outcome = case.outcome(exchange)
    what = difference(probe.body, case.dialect.cheapest) if probe.body else form(probe)
    if probe.want == "refuse":
        if outcome == "accepted":
            return _taken(case, probe, what)
        if outcome == "refused" or _so_refused(case, exchange):
            return "good", ""
        if exchange.status == 500:
            return "late", f"{what}: {told(exchange)}, which blames the server and not the order"
        if exchange.status is not None and exchange.status > 500:
            return "open", f"{what}: {told(exchange)}, which refuses nothing and accepts nothing"
        return "open", f"{what}: {told(exchange)}, which says nothing of the order"
    if outcome == "accepted":
        return "good", ""
    text = exchange.said
    if _absent(case, probe, exchange, text):
        return "away", f"{what}: {told(exchange)}, which a model that is not enabled may be"
    unavailable = exchange.status in (403, 404) and _perhaps(case, probe)
    unavailable = unavailable or _unreached(probe, text)
    aside = reader.UNSETTLING.search(text) or reader.MODERATED.search(text)
    if outcome == "refused" and not aside and not unavailable:
        return "wrong", f"{what}: permitted, but refused with {told(exchange)}"
    return "open", f"{what}: {told(exchange)}, which does not settle whether it is permitted"


def _unreached(probe: Probe, text: str) -> bool:
    """Whether an order may have been refused because its media could not be fetched."""
    media = any(each.startswith(MEDIA) for each in orders.strings(probe.body))
    return media and reader.UNREACHED.search(text) is not None


def _taken(case: Case, probe: Probe, what: str) -> tuple[str, str]:
    end = case.ended(probe)
    if end is not None and case.phase(end) == "failed":
        if case.expect.get("late"):
            return "good", ""
        return "late", f"{what}: to be refused, but accepted, and the task failed later"
    if end is None and any(case.phase(each) for each in case.polls(probe)):
        return "open", f"{what}: to be refused, but accepted, and the task's end was not seen"
    return "wrong", f"{what}: to be refused, but accepted as a task"


def _so_refused(case: Case, exchange: Exchange) -> bool:
    """Whether a status that elsewhere says nothing of the order is the refusal that is due here."""
    match case.expect.get("refused_as"), exchange.status:
        case "unknown-model", 503:
            return True
        case "unknown-model" | "moderation", 403:
            return not reader.QUOTA.search(exchange.said)
        case _:
            return False


def _absent(case: Case, probe: Probe, exchange: Exchange, text: str) -> bool:
    """Whether nothing but a model is refused that not every account has."""
    refused = case.outcome(exchange) == "refused" or exchange.status in (403, 503)
    if not refused or reader.QUOTA.search(text) or not _perhaps(case, probe):
        return False
    model = case.dialect.request.first("model")
    usual = orders.put(case.dialect.cheapest, model, orders.ABSENT)
    return orders.put(probe.body, model, orders.ABSENT) == usual


def _perhaps(case: Case, probe: Probe) -> bool:
    request = case.dialect.request
    named = request.value(probe.body, "model") if probe.body else None
    perhaps = {each.id for each in case.world.catalogue.models if each.enabled == "perhaps"}
    return named in perhaps and not any(
        request.value(each.body, "model") == named for each in case.tasks()
    )


def seen(case: Case) -> tuple[str, ...]:
    """`accepted` or `refused`, where all orders agree: those to be refused, if there are any."""
    probes = case.of("create")
    asked = [probe for probe in probes if probe.want == "refuse"] or probes
    found = {case.outcome(each) for probe in asked if (each := case.sent(probe))}
    return tuple(found) if len(found) == 1 else ()


def form(probe: Probe) -> str:
    """A body that is no order, in a few words."""
    return f"a body of the kind {probe.form.detail or str(probe.form)!r}"


def looked(case: Case) -> Finding:
    """Orders of which either answer is a reading."""
    found = [each for probe in case.of("create") if (each := case.sent(probe))]
    if not found:
        return case.skipped() or Finding("missing", "it was not sent")
    outcomes = {case.outcome(each) for each in found}
    if not outcomes <= {"accepted", "refused"}:
        return unknown(f"{told(found[0])} does not settle it", *found)
    name = "accepted" if outcomes == {"accepted"} else "refused" if len(outcomes) == 1 else "mixed"
    return ok(f"{name}: {told(found[0])}" if name != "accepted" else name, *found, seen=(name,))


def refusal_text(case: Case) -> Finding:
    """The refusal has the documented status, code and words."""
    first = judge(case)
    if first.state != "ok":
        return first
    expect = case.expect
    for probe in case.of("create"):
        exchange = case.sent(probe)
        if exchange is None:
            continue
        code, text = exchange.code, exchange.said
        if "http" in expect and exchange.status not in expect["http"]:
            return broken(f"{told(exchange)}, not HTTP {_or(expect['http'])}", exchange)
        if "code" in expect and not listed(code, expect["code"]):
            return broken(f"the code is {code!r}, not {_or(expect['code'])}", exchange)
        if expect["text"].lower() not in text.lower():
            return broken(f"the message {text[:200]!r} lacks {expect['text']!r}", exchange)
    return first


def _or(values: tuple[object, ...]) -> str:
    return " or ".join(str(each) for each in values)
