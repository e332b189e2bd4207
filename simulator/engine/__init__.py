"""The simulation behind every dialect: it accepts orders, finds tasks and keeps the accounts."""

import secrets
from collections.abc import Callable, Iterable
from contextlib import suppress
from decimal import Decimal
from typing import TypeVar

from simulator.core import links
from simulator.core.acceptance import MOST_IDS, Accept, Fate, Submission
from simulator.core.account import FULL_WALLET, SERVER, State
from simulator.core.chance import Chance
from simulator.core.commands import (
    Add,
    Alter,
    Cancel,
    Command,
    Keep,
    NextNumber,
    NoteFetched,
    Remove,
)
from simulator.core.config import BadSetting, Config, Key
from simulator.core.item import Item
from simulator.core.keys import Accounts
from simulator.core.plan import directive
from simulator.core.problems import Kind, Refusal, refuse
from simulator.core.task import RETENTION, Charge, Task
from simulator.engine.clocks import Clocks
from simulator.engine.fetch import Fetch
from simulator.engine.ordering import NoTerms, Terms, fate_of
from simulator.engine.plans import Plans
from simulator.store import Store, Taken, change, journal
from simulator.store.memory import MemoryStore

__all__ = ["FULL_WALLET", "Engine", "Submission"]

Result = TypeVar("Result")


class Engine:
    """One simulated world. It knows no dialect's words and no HTTP."""

    def __init__(
        self, config: Config, store: Store | None = None, real: Callable[[], int] | None = None
    ) -> None:
        self.config = config
        self.observed = config.fidelity == "observed"
        self.store: Store = MemoryStore() if store is None else store
        self.accounts = Accounts(config.keys)
        self.real = self.store.real if real is None else real
        self.clocks = Clocks(self.store, config, self.real)
        self.plans = Plans(self.store)
        self.seed = _seed(self.store, config)
        self.calls = Chance.of("call", self.seed)
        self.secret = Chance.of("links", self.seed).hex("secret", 40)
        self.journal = _journal(self.store, config)
        self.on_change: list[Callable[[Task], None]] = []
        self.fetch: Fetch | None = None
        self._terms: Terms = NoTerms()
        self._serial = 0
        self._drawn: dict[str, int] = {}
        self._last: dict[str, str] = {}
        self._own_names = MOST_IDS * (1 + secrets.randbelow(2**48))

    def settle_by(self, terms: Terms) -> None:
        """Let somebody have a say in what orders come to."""
        self._terms = terms

    async def begin(self) -> None:
        """Go on with what a lasting store has from before; a new one gets this server's clock."""
        if not self.store.lasting:
            return
        await self.clocks.begin()
        start = await self.change(SERVER, NextNumber("start", SERVER))
        # No two calls of one store have the same id, whichever process and start they are of.
        self.calls = Chance.of("call", self.seed, start)

    def serial(self) -> int:
        """The number of this call, counted from 1."""
        self._serial += 1
        return self._serial

    async def state(self, account: str) -> State:
        """What is known of an account."""
        return (await self.store.load(account))[1]

    async def change(self, account: str, command: Command[Result]) -> Result:
        """Let a command decide about an account until what it decides is kept."""
        return await change(self.store, account, command)

    async def draw(self, account: Key) -> Chance:
        """The source of draws for the account's next order."""
        state = (await self.store.load(account.key))[1]
        last = self._last.get(account.key)
        if last is not None and last not in state.tasks:  # another process has reset it
            self._forget(account.key)
        number = max(self._drawn.get(account.key, 0), state.drawn) + 1
        self._drawn[account.key] = number
        return Chance.of("order", self.seed, account.key, number)

    async def admit(self, account: Key, charge: Charge, now: int) -> None:
        """Refuse an order that the account cannot pay for, or for which it has no place."""
        (await self.state(account.key)).admit(account, charge, now)

    async def submit(self, given: Submission, chance: Chance, now: int) -> Task:
        """Accept an order and say what became of it, or refuse it without a trace."""
        key = given.account
        state, server = (await self.store.load(key.key))[1], (await self.store.load(SERVER))[1]
        now = self.clocks.reached_by(state, server, now)
        state.admit(key, given.charge, now)
        prompt, asked, unknown = directive(given.order.prompt)
        for word in unknown:
            journal.remark(f"the directive {word!r} in the prompt is not understood")
        outside = await self.plans.take(given) if server.plans else None
        met = await self._terms.before(given, server)

        def fate(state: State) -> Fate:
            pace = self.config.pace
            found = fate_of(state, given, prompt, asked, chance, pace, outside)
            return found if found.refusal else self._terms.decide(state, found, met)

        try:
            decided = await self._accept(given, fate, now)
        except Refusal:
            await self._terms.give_back(met)
            if outside is not None:
                await self.plans.give_back(outside)
            raise
        if decided.standing is not None:
            exchange = journal.current()
            exchange.plan, exchange.wish = decided.standing.id, decided.standing.wish
        elif server.plans or server.planned:
            await self.plans.explain(given)
        for note in decided.notes:
            journal.remark(note)
        if decided.refusal is not None:
            await self._terms.give_back(met)
            raise decided.refusal
        if decided.met is not None:
            await self._terms.after(decided.met)
        assert decided.task is not None
        journal.current().task = decided.task.id
        self._tell(decided.task)
        return decided.task

    async def task(self, task_id: str) -> Task | None:
        """Anybody's task, however old."""
        account = await self.store.find(task_id)
        return None if account is None else (await self.state(account)).tasks.get(task_id)

    async def tasks(self, account: str | None = None, dialect: str | None = None) -> list[Task]:
        """The tasks of one account, or of all, in the order of their acceptance."""
        if account is not None:
            found: Iterable[Task] = (await self.state(account)).tasks.values()
        else:
            of_all = [(await self.state(name)).tasks.values() for name in await self._everybody()]
            found = sorted((t for tasks in of_all for t in tasks), key=lambda task: task.created)
        return [task for task in found if dialect in (None, task.dialect)]

    async def find(
        self,
        dialect: str,
        account: Key,
        task_id: str,
        now: int,
        cancelled_for: int = RETENTION,
    ) -> Task:
        """The account's own task, while it is kept; any other is unknown."""
        task = (await self.state(account.key)).tasks.get(task_id)
        if task is None or task.dialect != dialect or not task.kept(now, cancelled_for):
            raise refuse(Kind.UNKNOWN_TASK, "id", "no such task", got=task_id)
        journal.current().task = task.id
        return task

    async def cancel(self, task: Task, now: int) -> Task:
        """Cancel a task that waits; a refusal names the phase that stands against it."""
        now = await self.clocks.reached(task.account, now)
        cancelled = await self.change(task.account, Cancel(task.id, now))
        self._tell(cancelled)
        return cancelled

    async def remove(self, task: Task, now: int) -> None:
        """Forget a task that has ended: from now on it is unknown. What it cost stays."""
        now = await self.clocks.reached(task.account, now)
        await self.change(task.account, Remove(task.id, now))

    async def note_fetched(self, task: Task) -> None:
        """Note that the clip of a task was downloaded."""
        await self.change(task.account, NoteFetched(task.id))

    async def fetched(self, account: str | None = None) -> set[str]:
        """The ids of the tasks whose clip was downloaded, of one account or of all."""
        names = await self._everybody() if account is None else [account]
        return set().union(*[(await self.state(name)).fetched for name in names])

    async def keep(self, item: Item) -> None:
        """Keep a fact beside the tasks, in the place of an older one of the same id."""
        await self.change(item.account, Keep(item))

    async def add(self, named: Callable[[int], Item]) -> Item:
        """Keep a new fact beside the tasks, under the first of its names that nobody has."""
        for attempt in range(MOST_IDS):
            item = named(attempt)
            with suppress(Taken):
                if await self.change(item.account, Add(item)) is item:
                    return item
        raise RuntimeError("no free id")

    async def alter(
        self, account: str, item_id: str, change: Callable[[Item | None], Item]
    ) -> Item:
        """Change one of an account's facts as it is at that moment; the change may refuse."""
        return await self.change(account, Alter(item_id, change))

    async def items(self, account: str, dialect: str, kind: str) -> list[Item]:
        """One account's facts of a kind, in the order in which they were put."""
        items = (await self.state(account)).items.values()
        return [one for one in items if (one.dialect, one.kind) == (dialect, kind)]

    async def item(self, item_id: str) -> Item | None:
        """A fact beside the tasks, whoever has it."""
        account = await self.store.find(item_id)
        return None if account is None else (await self.state(account)).items.get(item_id)

    async def reset(self, account: str | None = None) -> None:
        """Forget one account, or begin again with nothing but the configuration."""
        await self.store.forget(account)
        await self.journal.empty(account)
        self.clocks.forget(account)
        if account is not None:
            self._forget(account)
            return
        self._drawn.clear()
        self._last.clear()
        self._serial = 0
        await self.begin()

    async def balance(self, account: Key, unit: str, now: int) -> Decimal:
        """What is left in the account's wallet, in one unit."""
        return (await self.state(account.key)).balance(account.wallet, unit, now)

    def link(
        self, base: str, bucket: str, key: str, at: int, life: int, region: str = links.REGIONS[0]
    ) -> str:
        """A signed address of an object, minted at ``at`` for ``life`` seconds."""
        return links.sign(self.secret, base, f"/tos/{bucket}/{key}", at, life, region)

    async def _accept(self, given: Submission, fate: Callable[[State], Fate], now: int) -> Fate:
        """Accept an order under an id that nobody has or had.

        Ids follow from what an account had. Where the last of that is lost, the same ones would
        follow again, and a client that was told of a lost task would be shown another one. So from
        an interruption on their candidates are this process's own, also those of an order that was
        on its way already, and this order's own: there may be a second interruption.
        """
        self._own_names = own = self._own_names + MOST_IDS

        def skipped() -> int:
            return own if self.store.interrupted else 0

        taken: list[str] = []
        while True:
            drawn = self._drawn.get(given.account.key, 0)
            try:
                command = Accept(given, fate, now, drawn, taken, skipped)
                decided = await change(self.store, given.account.key, command)
            except Taken as other:
                taken.append(other.name)
                continue
            if decided.task is not None:
                self._last[given.account.key] = decided.task.id
            return decided

    def _forget(self, account: str) -> None:
        """Draw for an account as for a new one."""
        self._drawn.pop(account, None)
        self._last.pop(account, None)

    async def _everybody(self) -> list[str]:
        return [name for name in await self.store.accounts() if name != SERVER]

    def _tell(self, task: Task) -> None:
        for listener in self.on_change:
            listener(task)


def _journal(store: Store, config: Config) -> journal.Journal:
    """The journal of a server: in memory, or in the store that outlives it."""
    if store.records is None:
        return journal.Journal(config.journal_bytes)
    from simulator.store.chronicle import Chronicle  # nobody else needs it

    return Chronicle(store.records, config.journal_bytes)


def _seed(store: Store, config: Config) -> int:
    """The seed of the world: as asked for, else drawn; of a store that had one already, its own.

    Ids, links and clips come from it, so a BadSetting refuses a store that began with another.
    """
    drawn = secrets.randbits(64) if config.seed is None else config.seed
    seed = int(store.fact("seed", str(drawn)))
    if config.seed not in (None, seed):
        raise BadSetting(f"--seed: the store began with seed {seed}, not {config.seed}")
    return seed
