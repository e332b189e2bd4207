"""What this server knows of tasks that are made elsewhere: enough for verdict, bill and faults.

An order that the upstream takes becomes a task here as well, under the upstream's own id. It has no
plan: what it is at a time is what the upstream last said, which comes in as events.
"""

from decimal import Decimal
from typing import Any, cast

from msgspec.structs import replace

from simulator.core import pointers
from simulator.core.acceptance import Accept, Fate, Submission
from simulator.core.chance import Chance
from simulator.core.clock import DAY
from simulator.core.commands import Learn
from simulator.core.config import Key, Prices
from simulator.core.problems import Refusal
from simulator.core.reader import Reader
from simulator.core.task import LIVE, Plan, Task, accept
from simulator.engine import Engine
from simulator.engine.call import Call
from simulator.engine.dialect import Route
from simulator.engine.prices import dollars, listed, shipped
from simulator.store import journal

# Until somebody says that it runs.
UNTOLD = Plan(queue=36_500 * DAY, run=0, end=None)


class Ordered(Exception):
    """Carries an order out of the handler that would have had it made here."""

    def __init__(self, given: Submission) -> None:
        super().__init__(given.dialect)
        self.given = given


class Known(Exception):
    """Somebody else has taken the same order down meanwhile."""


class Asking:
    """An engine that makes nothing of an order; in everything else it is the server's."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)

    async def submit(self, given: Submission, chance: Chance, now: int) -> Task:
        """Give the order to whoever asked what it is."""
        raise Ordered(given)


async def order_of(route: Route, call: Call, engine: Engine) -> Submission | str:
    """What an order comes to by the dialect's documents; a sentence where they would refuse it."""
    from simulator.core.table import check  # which the dialect has loaded

    try:
        body = call.body if route.read is None else await route.read(call)
        check(route.rules, body)
        await route.handler(call.holding(body), cast("Engine", Asking(engine)))
    except Ordered as found:
        return found.given
    except Refusal as refusal:
        return str(refusal)
    return "nothing is ordered by it"


def price(given: Submission, now: int, prices: Prices | None, observed: bool) -> Decimal | None:
    """What an order costs in dollars by the list; None where the list has no price for it."""
    key = given.account.key
    task = accept("", given.dialect, key, given.order, UNTOLD, given.charge, now)
    found = listed(task, shipped() if prices is None else prices)
    return None if found is None else dollars(task, found, observed)


async def accepted(given: Submission, task_id: str, engine: Engine, now: int) -> Task | None:
    """The task that the upstream has made of an order; None if it is another's, or known."""
    key = Key(given.account.key)  # its limits were the upstream's business
    if await engine.task(task_id) is not None:
        return None
    order = replace(given.order, expires_after=None)

    def name(attempt: int) -> str:
        if attempt:  # the first one was not free
            raise Known
        return task_id

    mine = replace(given, account=key, order=order, name=name, fate=None)
    fate = Fate(mine, UNTOLD)
    try:
        made = await engine.change(key.key, Accept(mine, lambda state: fate, now))
    except Known:
        return None
    if made.task is not None:
        journal.current().task = made.task.id
        for listener in engine.on_change:
            listener(made.task)
    return made.task


async def learned(account: str, reader: Reader, body: Any, engine: Engine, now: int) -> None:
    """Take down what an answer says of tasks: one, or the items of a list."""
    items, tasks = reader.listed(body), (await engine.state(account)).tasks
    for one in [body] if items is None else items:
        name = reader.meant(reader.shown_id(one))
        task = tasks.get(name)
        if task is None or (before := task.phase(now)) not in LIVE:
            continue
        phase = reader.read(one).phase
        if phase is not None and phase is not before:
            await engine.change(account, Learn(name, phase, now, _tokens(reader, one, task)))


def _tokens(reader: Reader, body: Any, task: Task) -> Decimal | None:
    """What a task has come to by the answer's own count, where it is billed by that."""
    if task.charge.unit != "tokens":
        return None
    places = [f"{place}/total_tokens" for place in reader.usage]
    found = (pointers.get(body, place) for place in places)
    return next((Decimal(n) for n in found if type(n) is int and n > 0), None)
