"""Faults of the connection: answers that are lost, cut, doubled or slow."""

from typing import Any

from msgspec.structs import replace

from simulator.engine.call import Reply
from simulator.engine.delivery import Delivery
from simulator.faults.fault import Change, Fault, Instead, Repeat, Scene
from simulator.faults.refusals import EVERY_CALL, HTTP_CALLS

SLOW = 2.0


def delivered(**how: Any) -> Change:
    """The same answer, brought in another way."""
    delivery = Delivery(**how)
    return Change(lambda scene, reply: replace(reply, delivery=delivery))


def _lost(scene: Scene, reply: Reply) -> Reply:
    return reply if reply.status >= 400 else replace(reply, delivery=Delivery(head=0, end="reset"))


def _reset(scene: Scene) -> Reply:
    return Reply(503, b"", {}, delivery=Delivery(head=0, end="reset"))


FAULTS: tuple[Fault, ...] = (
    Fault(
        "drop-after-accept",
        "A create call is accepted, and its answer is lost: the connection is reset.",
        "read timeouts and broken pipes; clients gave the order again and paid two or three times",
        ("create",),
        (Change(_lost),),
        times=1,
    ),
    Fault(
        "order-doubled",
        "A create call makes two tasks, both billed, and tells the id of the second.",
        "gateways that repeat a call to their upstream by themselves",
        ("create",),
        (Repeat(),),
        times=1,
    ),
    Fault(
        "create-answered-twice",
        "The answer of a create call is written twice to its connection.",
        "proxies that repeat an answer; on a connection that is kept, the next call gets it",
        ("create",),
        (delivered(copies=2),),
        times=1,
    ),
    Fault(
        "reset-before-headers",
        "A call is not handled: its connection is reset before the first byte of an answer.",
        "gateways that are started anew",
        EVERY_CALL,
        (Instead(_reset),),
        times=1,
    ),
    Fault(
        "reset-in-headers",
        "The connection is reset in the middle of the answer's headers.",
        "proxies that crash",
        EVERY_CALL,
        (delivered(head=0.5, body=0, end="reset"),),
        times=1,
    ),
    Fault(
        "reset-in-body",
        "The connection is reset after the answer's headers and half of its body.",
        "proxies that crash",
        EVERY_CALL,
        (delivered(body=0.5, end="reset"),),
        times=1,
    ),
    Fault(
        "truncated-body",
        "The connection is closed after half of the body that Content-Length promises.",
        "proxies whose buffer is too small",
        EVERY_CALL,
        (delivered(body=0.5, end="close"),),
        times=1,
    ),
    Fault(
        "dribbled-body",
        "The body of the answer comes in ten pieces, a tenth of a second after each other.",
        "overloaded proxies",
        HTTP_CALLS,
        (delivered(pieces=10, pause=0.1),),
        times=1,
    ),
    Fault(
        "slow-first-byte",
        f"The answer, to a call that was handled at once, begins {SLOW:g} real seconds late.",
        "create calls that wait for their upstream; clients with a short limit ordered again",
        EVERY_CALL,
        (delivered(wait=SLOW),),
        times=1,
    ),
)
