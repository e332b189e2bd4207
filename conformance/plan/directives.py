"""Outcomes asked for in the prompt itself, where a simulator stands behind the gateway under test.

A directive is a text such as `[[sim: fail queue=1s run=1s]]`. A gateway passes it on with the rest
of the prompt; the simulator behind it does as it says. Codes are left to the simulator, since which
dialect it speaks to the gateway is not known before.
"""

from collections.abc import Mapping
from typing import Any

from conformance.catalogue import orders
from conformance.catalogue.wire import Request
from conformance.plan.terms import Fate

ENDS: Mapping[str, str] = {
    "succeeded": "succeed",
    "failed": "fail",
    "expired": "expire",
    "cancelled": "cancel",
    "stuck": "stuck",
}
# Long enough for a task to be met on its way, short enough to be waited for.
QUEUE, RUN = "1s", "2s"
QUICK = "[[sim: queue=1s run=1s]]"


def of(fate: Fate) -> str:
    """The directive that asks for a fate."""
    queue, run = (
        str(fate.wish.get(name, usual)) for name, usual in (("queue", QUEUE), ("run", RUN))
    )
    words = [ENDS[fate.end]] if fate.end else []
    return f"[[sim: {' '.join([*words, f'queue={queue}', f'run={run}'])}]]"


def asking(order: Mapping[str, Any], request: Request, directive: str) -> orders.Order:
    """The order with a directive at the end of its prompt; as it is where it has no prompt."""
    words = request.value(order, "prompt")
    if not isinstance(words, str):
        return orders.Order(order)
    return orders.put(order, request.first("prompt"), f"{words} {directive}")
