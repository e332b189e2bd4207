"""Faults that are settled on acceptance: what is billed, and late turns of fate."""

from decimal import Decimal

from msgspec.structs import replace

from simulator.core.clock import MINUTE
from simulator.core.task import Phase, Plan
from simulator.engine import Submission
from simulator.faults.fault import Fault, Terms

LATE = MINUTE
MODERATED_AFTER = 3 * MINUTE
Settled = tuple[Submission, Plan]


def _late(given: Submission, plan: Plan) -> Settled:
    return replace(given, charge=replace(given.charge, settles_after=LATE)), plan


def _twice(given: Submission, plan: Plan) -> Settled:
    return replace(given, charge=replace(given.charge, refunds=2)), plan


def _never(given: Submission, plan: Plan) -> Settled:
    return replace(given, charge=replace(given.charge, refunds=0)), plan


def _doubled(given: Submission, plan: Plan) -> Settled:
    charge = given.charge
    double = replace(charge, settled=charge.settled * Decimal(2))
    return replace(given, charge=double), plan


def _again(given: Submission, plan: Plan) -> Settled:
    return replace(given, charge=replace(given.charge, settlements=2)), plan


def _unsettled(given: Submission, plan: Plan) -> Settled:
    charge = given.charge
    held = charge.settled * Decimal(2)
    charge = replace(charge, reserved=held, settled=held, settles_after=None)
    return replace(given, charge=charge), plan


def _after_all(given: Submission, plan: Plan) -> Settled:
    then = Plan(0, LATE, Phase.SUCCEEDED)
    code, message = given.failure
    failed = replace(
        plan,
        end=Phase.FAILED,
        code=plan.code or code,
        message=plan.message or message,
        then=then,
    )
    return given, failed


def _moderated(given: Submission, plan: Plan) -> Settled:
    code, message = given.failure
    run = max(plan.run, MODERATED_AFTER)
    return given, replace(plan, run=run, end=Phase.FAILED, code=code, message=message, then=None)


def _on_acceptance(name: str, does: str, seen: str, terms: Terms) -> Fault:
    return Fault(name, does, seen, ("create",), (terms,))


FAULTS: tuple[Fault, ...] = (
    _on_acceptance(
        "late-settlement",
        "What a task costs in the end is booked a minute after its success.",
        "balances that became negative after the clip was there",
        Terms(_late),
    ),
    _on_acceptance(
        "double-refund",
        "The money of a task that failed comes back twice.",
        "two pollers of a gateway that met at the same task",
        Terms(_twice),
    ),
    _on_acceptance(
        "refund-missing",
        "The money of a task that failed does not come back.",
        "gateways that refund only what their upstream refunds",
        Terms(_never),
    ),
    _on_acceptance(
        "billed-twice",
        "What a task costs is charged twice at its success, and told once.",
        "two pollers of a gateway that met at the same task",
        Terms(_again),
    ),
    _on_acceptance(
        "billed-not-requested-length",
        "A task is billed for twice the length that was asked for.",
        "a price per call that was multiplied by seconds; a default length that was billed",
        Terms(_doubled),
    ),
    _on_acceptance(
        "reserved-not-settled",
        "Twice the price of a task is reserved, and no settlement ever gives the rest back.",
        "gateways that settle by a usage which their upstream did not report",
        Terms(_unsettled),
    ),
    _on_acceptance(
        "refund-then-success",
        "A task fails and is refunded; a minute later it has succeeded and is billed after all.",
        "gateways that give up on an upstream that goes on",
        Terms(_after_all),
    ),
    _on_acceptance(
        "moderation-late",
        "A task runs for three minutes and then fails in the review of its content.",
        "reviews of the finished clip; clients that report only the first minute call it a hang",
        Terms(_moderated),
    ),
)
