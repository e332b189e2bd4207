"""The plans that wait for orders: each is kept by the account it is for, or by the server."""

import asyncio

from simulator.core.acceptance import Submission
from simulator.core.account import SERVER, State
from simulator.core.commands import AddPlan, DropPlans, NextNumber, ReturnPlan, TakePlan
from simulator.core.near_misses import MOST_TOLD, why_not
from simulator.core.plan import ORDER_FIELDS, Match, Standing, Wish
from simulator.store import Store, change, journal

# Of so many accounts at most it is looked at what they wait for, to say why a call did not get it.
MOST_LOOKED = 20


async def holders(store: Store, near: str | None = None) -> list[tuple[str, State]]:
    """The accounts that have had a plan or a fault of their own, and the server's.

    With ``near`` it is for a remark on a call of that account. Where many have had one, such as
    in a load test, only the account itself and the server's are looked at: an order must not cost
    more with each key that has plans, and what waits for one of many others is no near miss.
    """
    names = {SERVER, *(await store.load(SERVER))[1].planned}
    if near is not None and len(names) > MOST_LOOKED:
        names = {SERVER, near}
    chosen = sorted(names)
    if store.lasting:  # at once, so that one over a network is asked once
        loaded = await asyncio.gather(*map(store.load, chosen))
    else:
        loaded = [await store.load(name) for name in chosen]
    return [(name, state) for name, (_, state) in zip(chosen, loaded, strict=True)]


class Plans:
    """Adds, lists, takes and withdraws plans. Those for one key are decided with its orders."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def add(self, match: Match, wish: Wish, times: int | None) -> str:
        """Let a plan wait for the orders that fit it, and give its id."""
        holder = SERVER if match.key is None else match.key
        number = await change(self._store, SERVER, NextNumber("plan", holder))
        plan = Standing(number, match, wish, times)
        await change(self._store, holder, AddPlan(plan))
        return plan.id

    async def waiting(self, near: str | None = None) -> list[Standing]:
        """Every plan that waits (or those ``near`` an account), in the order of their coming."""
        found = [
            plan for _, state in await holders(self._store, near) for plan in state.plans.values()
        ]
        return sorted(found, key=lambda plan: plan.number)

    async def are(self, most: int) -> bool:
        """Whether so many wait, who are counted once so many have come at all."""
        come = (await self._store.load(SERVER))[1].numbers.get("plan", 0)
        return come >= most and len(await self.waiting()) >= most

    async def drop(self, plan_id: str | None = None) -> int:
        """Withdraw one plan, or all, and say how many that were."""
        command = DropPlans(plan_id)
        names = [name for name, _ in await holders(self._store)]
        return sum([await change(self._store, name, command) for name in names])

    async def take(self, given: Submission) -> Standing | None:
        """The oldest plan that fits, if it is one for all keys: used up here, once.

        The account's own are decided on together with the order.
        """
        dialect, key, order = given.dialect, given.account.key, given.order
        while True:
            outside = (await self._store.load(SERVER))[1].plan_for(dialect, key, order)
            if outside is None:
                return None
            own = (await self._store.load(key))[1].plan_for(dialect, key, order)
            if own is not None and own.number < outside.number:
                return None
            if await change(self._store, SERVER, TakePlan(outside.id)):
                return outside

    async def give_back(self, plan: Standing) -> None:
        """Let a plan that was taken wait again, as its order was refused for something else."""
        await change(self._store, SERVER, ReturnPlan(plan))

    async def explain(self, given: Submission) -> None:
        """Remark in the journal why none of the plans that wait applied to an order."""
        plans = (await self.waiting(given.account.key))[:MOST_TOLD]
        if not plans:
            return
        found = {
            "dialect": given.dialect,
            "key": given.account.key,
            "model": given.order.model,
            "prompt": given.order.prompt,
            **{name: str(of(given.order)) for name, of in ORDER_FIELDS.items()},
        }
        for plan in plans:
            match = plan.match
            wanted = {name: getattr(match, name) for name in ("dialect", "key", "model", "prompt")}
            wanted |= {name: str(value) for name, value in match.order.items()}
            text = why_not(plan.id, wanted, found)
            if not text and match.speakers is not None:
                text = f"{plan.id} did not apply: {given.dialect} has no {plan.wish.code}"
            journal.remark(text)
