"""What an answer repeats of its order, so that every order can be held against its own answer."""

from collections.abc import Hashable, Iterable, Iterator, Mapping
from typing import Any

from conformance.catalogue import orders, promises
from conformance.catalogue.rows import Row
from conformance.collect.transcript import Transcript
from conformance.plan.probes import Probe
from conformance.plan.stage import Plan
from conformance.plan.terms import SUCCEEDED

# Values that leave the choice to the model: whatever the answer says instead is right. Others of
# which the documents say that the answer names something else have a row of their own.
OPEN = ("adaptive", "auto", -1, "-1", "", None)


def asked(plan: Plan, row: Row, probe: Probe) -> Any:
    """What the answer or the clip of an order has to show for a row, by the row's field.

    That is what the order says there, and for a default, where it says nothing, the default. None
    where nothing can be expected: the row is of another kind or does not apply, the choice is left
    to the model, or the order is there for rows alone that say of themselves that they are not
    sure.
    """
    order = probe.body
    if probe.key not in plan.sure or not orders.matches(order, row.expect.get("when", {})):
        return None
    field = str(row.expect.get("field"))
    match row.kind:
        case "effect":
            value = orders.value_of(order, field)
        case "default" if not _fills(order, field, row.level):
            value = row.expect["value"]
        case _:
            return None
    request = plan.world.dialect.request
    # A length in frames decides over one in seconds, and the answer shows the frames.
    framed = request.value(order, "frames") is not None and field in request.all("duration")
    if value in OPEN or framed:
        return None
    return None if any(_changed(each, field, value) for each in plan.actual) else value


def _fills(order: Any, field: str, level: str) -> bool:
    """Whether an order says, or by its references may say, what else would be the default.

    A default that the main document states plainly, it states for orders with references too.
    """
    if orders.read(order, field):
        return True
    return level != "must" and any(text.startswith("$") for text in orders.strings(order))


def _changed(row: Row, field: str, value: Any) -> bool:
    """Whether a row is about the value that an answer has in the place of this one."""
    return row.expect["field"] == field and bool(row.expect["value"] == value)


def listed(plan: Plan, transcript: Transcript) -> Mapping[str, Any]:
    """The tasks of the account by id, each as the last list shows it that was read of it."""
    catalogue = plan.world.catalogue
    where, id = promises.of(catalogue).items, catalogue.dialect.id["query"]
    found: dict[str, Any] = {}
    for each in transcript.exchanges:
        if each.call == "list" and each.auth == "key" and each.status == 200:
            items = orders.at(each.json, where)[1]
            for item in items if isinstance(items, list) else ():
                found[str(orders.first_at(item, id))] = item
    return found


def worth_asking(plan: Plan, accepted: Iterable[Probe]) -> list[Probe]:
    """The orders to ask about besides those that rows ask about anyway.

    Not every one of hundreds: each value, and each model with each kind of reference, is in the
    answer to one of them. What a gateway swaps it swaps for a model, a value or a mode. Where a
    list has been read, every order of the account stands in it and nothing more has to be asked.
    """
    if any(each.call == "list" and each.when == SUCCEEDED for each in plan.probes.values()):
        return []
    rows = [row for row in plan.rows if row.kind == "effect" and _in_answers(row)]
    known: set[Hashable] = set()
    left = []
    for probe in accepted:
        if "query" in probe.follow:
            known.update(_says(plan, rows, probe))
        else:
            left.append(probe)
    chosen = []
    while left:
        best = max(left, key=lambda probe: len(set(_says(plan, rows, probe)) - known))
        new = set(_says(plan, rows, best)) - known
        if not new:
            break
        known.update(new)
        left.remove(best)
        chosen.append(best)
    return chosen


def _in_answers(row: Row) -> bool:
    """Whether it takes a query to see it: what the answer to the order says too is known."""
    shown = row.expect["shown"]
    created = any(where.startswith("create:") for where in shown)
    return not created and any(where.startswith("query:") for where in shown)


def _says(plan: Plan, rows: Iterable[Row], probe: Probe) -> Iterator[Hashable]:
    model = plan.world.dialect.request.value(probe.body, "model")
    kinds = {text[1:4] for text in orders.strings(probe.body) if text.startswith("$")}
    for row in rows:
        value = asked(plan, row, probe)
        if value is not None:
            yield row.expect["field"], str(value)
            yield model, frozenset(kinds)
