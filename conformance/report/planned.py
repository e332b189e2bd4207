"""The plan as a table, and in a few lines what it can cost under the limits given."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from rich.box import SIMPLE_HEAD
from rich.table import Table

from conformance.collect.options import Options
from conformance.plan import prices, stage, xray
from conformance.plan.ledger import ZERO
from conformance.plan.probes import Probe
from conformance.report.model import dollars

if TYPE_CHECKING:
    from conformance.collect.preparing import Prepared


def show(prepared: "Prepared", options: Options, console: Any) -> None:
    """Print requests, tasks and worst cost of each row, and of all."""
    table = Table(box=SIMPLE_HEAD)
    table.add_column("row", overflow="fold")
    for name in ("level", "class"):
        table.add_column(name)
    for name in ("requests", "tasks", "at worst $"):
        table.add_column(name, justify="right")
    for row in stage.described(prepared.plan, prepared.costs):
        if row["requests"]:
            tasks = f"{row['tasks']}" + (f" +{row['contingent']}?" if row["contingent"] else "")
            table.add_row(
                *(str(row[name]) for name in ("id", "level", "cost", "requests")),
                tasks,
                str(row["usd"]),
            )
    console.print(table)
    for line in summary(prepared, options):
        console.print(line, highlight=False, markup=False, soft_wrap=True)


def summary(prepared: "Prepared", options: Options) -> Iterator[str]:
    """What the plan comes to, a line for each kind of call, and what the limits make of it."""
    plan = prepared.plan
    paid = plan.with_cost("own", "shared")
    contingent = plan.with_cost("contingent")
    yield (
        f"{len(plan.probes)} requests, and besides some to look at the address first, polls of "
        "each task and downloads of its clip"
    )
    number = f"{len(paid)} task{'' if len(paid) == 1 else 's'}"
    yield f"{number}, {_worst(prepared, paid)}" if paid else "no task is bought"
    if modes := {ray.mode.name for ray in xray.rays(plan.world)}:
        yield (
            f"of these the X-ray orders {len(modes)} modes, each with every field set, and as its "
            "document has it where that is refused"
        )
    if contingent and options.max_contingent == 0:
        yield (
            f"{len(contingent)} orders that have to be refused are not sent, for a broken "
            "endpoint could take them: --max-contingent N permits N such tasks"
        )
    elif contingent:
        worst = _worst(prepared, contingent)
        yield f"{len(contingent)} orders that have to be refused, {worst} if none is"
    if limits := list(_limits(options)):
        yield f"limits: {', '.join(limits)}; what is beyond them is not sent"
    if unlisted := [key for key, usd in prepared.costs.items() if usd is None]:
        yield (
            f"{len(unlisted)} orders have no listed price: under --max-cost they are not sent; "
            f"{prices.example(plan.world.dialect.name)}"
        )


def _limits(options: Options) -> Iterator[str]:
    if options.max_cost is not None:
        yield f"${options.max_cost} in all"
    if options.max_paid_tasks is not None:
        yield f"{options.max_paid_tasks} tasks bought"
    if options.max_contingent:
        yield f"{options.max_contingent} tasks of orders that have to be refused"


def _worst(prepared: "Prepared", probes: Sequence[Probe]) -> str:
    """What some probes cost together, and how many of them nobody knows the price of."""
    known = [usd for each in probes if (usd := prepared.costs[each.key]) is not None]
    unlisted = len(probes) - len(known)
    if unlisted and not known:
        return "without a listed price"
    more = f" and {unlisted} without a listed price" if unlisted else ""
    return f"at worst {dollars(sum(known, ZERO))}{more}"
