"""What is decided of an order before it is a task: the plan that it goes by, or its refusal."""

from decimal import Decimal
from typing import Any, Protocol

from msgspec.structs import replace

from simulator.core.acceptance import Fate, Submission
from simulator.core.account import State
from simulator.core.chance import Chance
from simulator.core.config import Pace
from simulator.core.events import PlanTaken
from simulator.core.near_misses import near
from simulator.core.plan import ACCOUNT, NO_WISH, REFUSED, Standing, Wish, by_pace
from simulator.core.problems import Kind, Refusal, refuse
from simulator.core.task import Phase, Plan


class Terms(Protocol):
    """Who else has a say in what an order comes to, such as faults."""

    async def before(self, given: Submission, server: State) -> Any:
        """What an order meets outside its account, taken for it; ``server`` is of no key."""
        ...

    def decide(self, state: State, fate: Fate, before: Any) -> Fate:
        """What the order comes to then: a pure function, asked again when somebody was faster."""
        ...

    async def after(self, met: Any) -> None:
        """Settle what was ``met`` by an order that was accepted."""
        ...

    async def give_back(self, before: Any) -> None:
        """Leave what was taken for an order that was refused to others."""
        ...


class NoTerms:
    """Nobody else."""

    async def before(self, given: Submission, server: State) -> None:
        """Nothing is met."""

    def decide(self, state: State, fate: Fate, before: None) -> Fate:
        """The order stays as it is."""
        return fate

    async def after(self, met: None) -> None:
        """There is nothing to settle."""

    async def give_back(self, before: None) -> None:
        """There is nothing to give back."""


def fate_of(
    state: State,
    given: Submission,
    prompt: str,
    asked: Wish,
    chance: Chance,
    pace: Pace,
    outside: Standing | None,
) -> Fate:
    """The fate of an order, by a plan that fits it, what its prompt asks for, and the pace.

    ``outside`` is a plan for all keys that was taken for the order. Else the account's own oldest
    one is used up with it, also where it refuses the order.
    """
    own = None if outside else state.plan_for(given.dialect, given.account.key, given.order)
    standing = outside or own
    events = () if own is None or own.times is None else (PlanTaken(own.id),)
    wish, wrong = _in_words_of(given, NO_WISH if standing is None else standing.wish)
    asked, also_wrong = _in_words_of(given, asked)
    notes = (*wrong, *also_wrong)
    refusal = _review(given, wish if wish.end is not None else asked)
    if refusal is not None:
        return Fate(given, by_pace(pace, given.order, chance), events, notes, refusal, standing)
    order = given.order if prompt == given.order.prompt else replace(given.order, prompt=prompt)
    if asked.seed is not None:
        order = replace(order, seed=asked.seed)
    plan = wish.over(asked.over(by_pace(pace, order, chance)))
    if order.fails is not None and wish.end is None and asked.end is None:
        code, message = order.fails
        plan = replace(plan, end=Phase.FAILED, code=code, message=message)
    plan = _with_code(plan, given)
    given = given if order is given.order else replace(given, order=order)
    return Fate(given, plan, events, notes, None, standing)


def _in_words_of(given: Submission, wish: Wish) -> tuple[Wish, tuple[str, ...]]:
    """The wish as the dialect understands it, and a note on a code that it does not have."""
    if wish.end is None:
        return wish, ()
    wish, unknown = wish.understood(given.failures, given.refusals)
    if not unknown:
        return wish, ()
    known = (*given.failures, *given.refusals, *ACCOUNT)
    hint = near(unknown, known) or f"there are {', '.join(dict.fromkeys(known))}"
    return wish, (f"the code {unknown[:100]!r} is not one of {given.dialect}: {hint}",)


def _review(given: Submission, wish: Wish) -> Refusal | None:
    """The refusal of an order of which one was asked for."""
    if wish.end != REFUSED:
        return None
    assert wish.code is not None
    if wish.code not in given.refusals:
        return _of_account(given, ACCOUNT[wish.code], wish.message)
    detail = wish.message or given.refusals[wish.code]
    return refuse(Kind.REVIEW, detail=detail, got=wish.code)


def _of_account(given: Submission, kind: Kind, message: str | None) -> Refusal:
    """The refusal that an account without quota, or with too many calls, would meet."""
    if kind is Kind.BROKE:
        left, needed = Decimal(0), given.charge.reserved
        return refuse(kind, detail=message or "not enough", limit=left, got=needed)
    return refuse(kind, detail=message or "too many requests", limit=1)


def _with_code(plan: Plan, given: Submission) -> Plan:
    """A plan that fails with a code: the usual one where nobody asked for another."""
    fails = plan.end is Phase.FAILED or (plan.then and plan.then.end is Phase.FAILED)
    if not fails or plan.code:
        return plan
    code, message = given.failure
    return replace(plan, code=code, message=plan.message or message)
