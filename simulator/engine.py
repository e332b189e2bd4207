"""The simulation behind every dialect: it accepts orders, finds tasks and keeps the accounts."""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Protocol

from simulator import journal, links
from simulator.accounts import FULL_WALLET, Accounts, Clocks
from simulator.chance import Chance
from simulator.clock import DAY, MINUTE, Clock
from simulator.config import Config, Key
from simulator.misses import MOST_TOLD, near, why_not
from simulator.plans import ORDER_FIELDS, REFUSED, Wish, by_pace, directive
from simulator.problems import Kind, refuse
from simulator.store import MemoryStore, Store
from simulator.task import LIVE, Charge, Order, Phase, Plan, Task, accept

RETENTION = 7 * DAY
FOREVER = 2**62


class Fetch(Protocol):
    """Gets the bytes behind a link, or raises Unfetched."""

    async def __call__(self, url: str) -> bytes: ...

    async def close(self) -> None: ...


class Unfetched(Exception):
    """The bytes behind a link could not be had; the text says why."""


@dataclass(frozen=True, slots=True)
class Submission:
    """An order on its way in: who gives it, when, what it costs, how its id is made.

    ``name`` makes the n-th candidate of an id. ``failures`` are the codes and messages of tasks
    that fail, the usual one first, and ``refusals`` those of orders that a review refuses.
    """

    dialect: str
    account: Key
    order: Order
    charge: Charge
    name: Callable[[int], str]
    failures: Mapping[str, str]
    refusals: Mapping[str, str]
    base: str

    @property
    def failure(self) -> tuple[str, str]:
        """The usual code and message of a task that fails."""
        return next(iter(self.failures.items()))


class Engine:
    """One simulated world. It knows no dialect's words and no HTTP."""

    def __init__(self, config: Config, store: Store | None = None) -> None:
        self.config = config
        self.observed = config.fidelity == "observed"
        self.store: Store = MemoryStore() if store is None else store
        self.accounts = Accounts(config.keys)
        self.clocks = Clocks(Clock(config.start, rate=config.rate, frozen=config.freeze))
        self.seed = secrets.randbits(64) if config.seed is None else config.seed
        self.calls = Chance.of("call", self.seed)
        self.secret = Chance.of("links", self.seed).hex("secret", 40)
        self.journal = journal.Journal(config.journal_bytes)
        self.on_accept: list[Callable[[Submission, Plan], tuple[Submission, Plan]]] = []
        self.on_change: list[Callable[[Task], None]] = []
        self.fetch: Fetch | None = None
        self._serial = 0
        self._orders: dict[str, int] = {}

    def serial(self) -> int:
        """The number of this call, counted from 1."""
        self._serial += 1
        return self._serial

    def draw(self, account: Key) -> Chance:
        """The source of draws for the account's next order."""
        number = self._orders.get(account.key, 0) + 1
        self._orders[account.key] = number
        return Chance.of("order", self.seed, account.key, number)

    async def submit(self, given: Submission, chance: Chance, now: int) -> Task:
        """Accept an order and say what became of it, or refuse it without a trace."""
        await self._admit(given, now)
        prompt, asked, unknown = directive(given.order.prompt)
        for word in unknown:
            journal.remark(f"the directive {word!r} in the prompt is not understood")
        order = replace(given.order, prompt=prompt)
        standing = await self.store.take_plan(given.dialect, given.account.key, given.order)
        if standing is None:
            await self._explain(given)
        else:
            journal.current().plan = standing.id
        wish = Wish() if standing is None else standing.wish
        wish, asked = _in_words_of(given, wish), _in_words_of(given, asked)
        _review(given, wish if wish.end is not None else asked)
        if asked.seed is not None:
            order = replace(order, seed=asked.seed)
        plan = wish.over(asked.over(by_pace(self.config.pace, order, chance)))
        plan = _with_code(plan, given.failure)
        given = replace(given, order=order)
        for settle in self.on_accept:
            given, plan = settle(given, plan)
        free_at = await self._free_slot(given.account, now)
        for attempt in range(1000):
            task = accept(
                given.name(attempt),
                given.dialect,
                given.account.key,
                given.order,
                plan,
                given.charge,
                now,
                free_at,
                given.base,
            )
            if await self.store.add(task):
                break
        else:
            raise RuntimeError("no free task id")
        journal.current().task = task.id
        self._tell(task)
        return task

    async def find(
        self,
        dialect: str,
        account: Key,
        task_id: str,
        now: int,
        cancelled_for: int = RETENTION,
    ) -> Task:
        """The account's own task, while it is kept; any other is unknown."""
        task = await self.store.get(task_id)
        if (
            task is None
            or task.account != account.key
            or task.dialect != dialect
            or not kept(task, now, cancelled_for)
        ):
            raise refuse(Kind.UNKNOWN_TASK, "id", "no such task", got=task_id)
        journal.current().task = task.id
        return task

    async def cancel(self, task: Task, now: int) -> Task:
        """Cancel a task that waits; a refusal names the phase that stands against it."""
        phase = task.phase(now)
        if phase is not Phase.QUEUED:
            raise refuse(Kind.STATE, "id", f"the task is {phase}", got=phase)
        cancelled = replace(task, cancelled=now)
        if not await self.store.swap(task, cancelled):
            raise refuse(Kind.STATE, "id", "the task has just changed", got=phase)
        self._tell(cancelled)
        return cancelled

    async def remove(self, task: Task, now: int) -> None:
        """Forget a task that has ended: from now on it is unknown. What it cost stays."""
        await self.store.swap(task, replace(task, removed=now))

    async def reset(self, account: str | None = None) -> None:
        """Forget one account, or begin again with nothing but the configuration."""
        await self.store.forget(account)
        self.journal.empty(account)
        self.clocks.reset(account)
        if account is not None:
            self._orders.pop(account, None)
            return
        config = self.config
        self.clocks.server = Clock(config.start, rate=config.rate, frozen=config.freeze)
        self._orders.clear()
        self._serial = 0

    async def balance(self, account: Key, unit: str, now: int) -> Decimal:
        """What is left in the account's wallet, in one unit."""
        full = FULL_WALLET if account.wallet is None else account.wallet
        spent = await self.store.spent(account.key, now)
        return full + spent.get(unit, Decimal(0))

    def link(
        self, base: str, bucket: str, key: str, at: int, life: int, region: str = links.REGIONS[0]
    ) -> str:
        """A signed address of an object, minted at ``at`` for ``life`` seconds."""
        return links.sign(self.secret, base, f"/tos/{bucket}/{key}", at, life, region)

    async def _admit(self, given: Submission, now: int) -> None:
        account, charge = given.account, given.charge
        if account.rpm is not None:
            mine = await self.store.tasks(account.key)
            recent = [task for task in mine if task.created > now - MINUTE]
            if len(recent) >= account.rpm:
                raise refuse(Kind.LIMITED, detail="too many requests", limit=account.rpm)
        if account.queue is not None:
            mine = await self.store.tasks(account.key)
            if _waiting(mine, account.slots, now) >= account.queue:
                raise refuse(Kind.QUEUE_FULL, detail="too many waiting", limit=account.queue)
        if account.wallet is not None:
            left = await self.balance(account, charge.unit, now)
            if left < charge.reserved or left <= 0:
                raise refuse(Kind.BROKE, detail="not enough", limit=left, got=charge.reserved)

    async def _explain(self, given: Submission) -> None:
        """Remark why none of the plans that wait applied to the order."""
        plans = (await self.store.plans())[:MOST_TOLD]
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

    async def _free_slot(self, account: Key, now: int) -> int:
        """The first moment at which fewer tasks run than the account may have."""
        if account.slots is None:
            return 0
        live = [t for t in await self.store.tasks(account.key) if t.phase(now) in LIVE]
        if len(live) < account.slots:
            return 0
        ends = sorted(task.ends if task.ends is not None else FOREVER for task in live)
        return ends[len(live) - account.slots]

    def _tell(self, task: Task) -> None:
        for listener in self.on_change:
            listener(task)


def _in_words_of(given: Submission, wish: Wish) -> Wish:
    """The wish as the dialect understands it; a code that it does not have is remarked."""
    wish, unknown = wish.understood(given.failures, given.refusals)
    if unknown:
        known = (*given.failures, *given.refusals)
        hint = near(unknown, known) or f"there are {', '.join(dict.fromkeys(known))}"
        journal.remark(f"the code {unknown[:100]!r} is not one of {given.dialect}: {hint}")
    return wish


def _review(given: Submission, wish: Wish) -> None:
    """Refuse the order where a refusal was asked for."""
    if wish.end == REFUSED:
        assert wish.code is not None
        detail = wish.message or given.refusals[wish.code]
        raise refuse(Kind.REVIEW, detail=detail, got=wish.code)


def _with_code(plan: Plan, failure: tuple[str, str]) -> Plan:
    """A plan that fails with a code: the usual one where nobody asked for another."""
    fails = plan.end is Phase.FAILED or (plan.then and plan.then.end is Phase.FAILED)
    if not fails or plan.code:
        return plan
    return replace(plan, code=failure[0], message=plan.message or failure[1])


def _waiting(tasks: list[Task], slots: int | None, now: int) -> int:
    """How many wait for a slot, below zero while some are free; without slots, who is queued."""
    if slots is None:
        return sum(task.phase(now) is Phase.QUEUED for task in tasks)
    return sum(task.phase(now) in LIVE for task in tasks) - slots


def kept(task: Task, now: int, cancelled_for: int = RETENTION) -> bool:
    """Whether the task's record still exists: for seven days, once cancelled as long as named."""
    if task.removed is not None and task.removed <= now:
        return False
    # A young task is kept however it ended, and most tasks that are asked for are young.
    return now < task.created + cancelled_for or now < kept_until(task, cancelled_for)


def kept_until(task: Task, cancelled_for: int = RETENTION) -> int:
    """When the record of a task that nobody removes is gone."""
    gone, ended = task.created + RETENTION, task.ended()
    if ended is None or ended >= gone or task.phase(ended) is not Phase.CANCELLED:
        return gone
    return ended + cancelled_for
