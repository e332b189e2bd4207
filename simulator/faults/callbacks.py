"""Faults of callbacks: too early, twice, in the wrong order, not at all."""

from msgspec.structs import replace

from simulator.core.faults import When
from simulator.engine.call import Reply
from simulator.engine.delivery import Delivery
from simulator.faults.fault import Change, Fault, Lag, Scene, Tell


def _told_first(scene: Scene, reply: Reply) -> Reply:
    if scene.task is None or scene.task.order.callback_url is None:
        return reply
    return replace(reply, delivery=Delivery(callbacks_first=scene.account))


def _not_over_yet(scene: Scene) -> int:
    task = scene.task
    ended = None if task is None else task.ended()
    if task is None or task.order.callback_url is None or ended is None or scene.now < ended:
        return 0
    return scene.now - ended + 1


FAULTS: tuple[Fault, ...] = (
    Fault(
        "callback-before-create-answer",
        "The first callback of a task comes before the answer of its create call.",
        "fast upstreams; clients that did not know the id yet threw the callback away",
        ("create",),
        (Change(_told_first),),
        needs=("callbacks before the end of a task",),
    ),
    Fault(
        "callback-before-poll-terminal",
        "The first query after the callback of a task's end still shows it as running.",
        "gateways whose query reads a copy; clients took the callback for a mistake",
        ("query",),
        (Lag(_not_over_yet),),
        When(terminal=True, first=1),
        needs=("callbacks",),
    ),
    Fault(
        "callback-duplicate",
        "Every callback is made twice.",
        "senders that deliver at least once; clients handled the clip twice",
        ("callback",),
        (Tell(copies=2),),
    ),
    Fault(
        "callback-reordered",
        "All callbacks of a task come at its end, the last one first.",
        "senders with several workers; clients went from succeeded back to running",
        ("callback",),
        (Tell(backwards=True),),
        needs=("callbacks before the end of a task",),
        lasting=True,
    ),
    Fault(
        "callback-missing",
        "No callback is made.",
        "senders that were restarted; clients without a query of their own waited for ever",
        ("callback",),
        (Tell(silent=True),),
    ),
    Fault(
        "callback-retried",
        "The sender does not notice that a callback was taken, and makes it again as documented.",
        "acknowledgements that are lost",
        ("callback",),
        (Tell(deaf=True),),
    ),
)
