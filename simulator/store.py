"""What a server remembers: one small asynchronous protocol, and its home in memory."""

import heapq
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Protocol

from simulator.ledger import entries, moments, sums
from simulator.plans import Match, Standing, Wish
from simulator.task import Order, Task


@dataclass(frozen=True, slots=True)
class Item:
    """A fact that a dialect keeps beside its tasks: an asset, an asset group, an uploaded file."""

    id: str
    dialect: str
    account: str
    kind: str
    created: int
    facts: Mapping[str, object]


class Store(Protocol):
    """State. Every change of a stored fact is a compare-and-set; what is answered is stored."""

    async def add(self, task: Task) -> bool:
        """Keep a new task; False if its id is taken."""
        ...

    async def get(self, task_id: str) -> Task | None: ...

    async def swap(self, old: Task, new: Task) -> bool:
        """Put the new facts in the place of the old ones, unless somebody was faster."""
        ...

    async def tasks(self, account: str | None = None, dialect: str | None = None) -> list[Task]:
        """Tasks in the order of their acceptance."""
        ...

    async def spent(self, account: str, now: int) -> Mapping[str, Decimal]:
        """What the account's entries come to at a time, for each unit, as the wallet sees it."""
        ...

    async def fetched(self, task_id: str | None = None) -> set[str]:
        """The ids of the tasks whose clip was downloaded; with an id, note that one first."""
        ...

    async def put_item(self, item: Item) -> None: ...

    async def item(self, item_id: str) -> Item | None: ...

    async def items(self, account: str, dialect: str, kind: str) -> list[Item]:
        """One account's facts of a kind, in the order in which they were put."""
        ...

    async def put_blob(self, digest: str, data: bytes) -> None:
        """Keep some bytes for a while: the store is bounded and forgets the oldest."""
        ...

    async def blob(self, digest: str) -> bytes | None: ...

    async def add_plan(self, match: Match, wish: Wish, times: int | None) -> str: ...

    async def plans(self) -> list[Standing]: ...

    async def take_plan(self, dialect: str, account: str, order: Order) -> Standing | None:
        """The oldest plan that fits, used up once."""
        ...

    async def drop_plans(self, plan_id: str | None = None, account: str | None = None) -> int: ...

    async def forget(self, account: str | None = None) -> None:
        """Everything of one account, or everything."""
        ...


@dataclass(slots=True)
class _Books:
    """One account's sums: what is closed for good, and the tasks that still can move money."""

    closed: dict[str, Decimal] = field(default_factory=dict)
    open: list[tuple[int, str]] = field(default_factory=list)


BLOB_BYTES = 256 * 1024 * 1024


class MemoryStore:
    """The store of one process. Nothing in it waits, so every method is one atomic step."""

    def __init__(self) -> None:
        self._tasks: dict[str, Task] = {}
        self._of: dict[str, list[str]] = {}
        self._books: dict[str, _Books] = {}
        self._fetched: set[str] = set()
        self._items: dict[str, Item] = {}
        self._blobs: OrderedDict[str, bytes] = OrderedDict()
        self._blob_bytes = 0
        self._plans: dict[str, Standing] = {}
        self._plan_number = 0

    async def add(self, task: Task) -> bool:
        if task.id in self._tasks:
            return False
        self._tasks[task.id] = task
        self._of.setdefault(task.account, []).append(task.id)
        books = self._books.setdefault(task.account, _Books())
        _move(books.closed, task.charge.unit, -task.charge.reserved)
        for at in set(moments(task)):
            heapq.heappush(books.open, (at, task.id))
        return True

    async def get(self, task_id: str) -> Task | None:
        return self._tasks.get(task_id)

    async def swap(self, old: Task, new: Task) -> bool:
        if self._tasks.get(old.id) is not old:
            return False
        self._tasks[old.id] = new
        for at in set(moments(new)) - set(moments(old)):
            heapq.heappush(self._books[new.account].open, (at, new.id))
        return True

    async def tasks(self, account: str | None = None, dialect: str | None = None) -> list[Task]:
        ids: Sequence[str] = list(self._tasks) if account is None else self._of.get(account, ())
        found = (self._tasks[task_id] for task_id in ids)
        return [task for task in found if dialect in (None, task.dialect)]

    async def spent(self, account: str, now: int) -> Mapping[str, Decimal]:
        books = self._books.get(account)
        if books is None:
            return {}
        while books.open and books.open[0][0] <= now:
            at, task_id = heapq.heappop(books.open)
            # What was cancelled meanwhile has no entry at its former end.
            made = entries(self._tasks[task_id], at)
            due = [entry for entry in made if entry.at == at and entry.kind != "reserved"]
            for unit, amount in sums(due).items():
                _move(books.closed, unit, amount)
        return dict(books.closed)

    async def fetched(self, task_id: str | None = None) -> set[str]:
        if task_id is not None:
            self._fetched.add(task_id)
        return self._fetched

    async def put_item(self, item: Item) -> None:
        self._items[item.id] = item

    async def item(self, item_id: str) -> Item | None:
        return self._items.get(item_id)

    async def items(self, account: str, dialect: str, kind: str) -> list[Item]:
        wanted = (account, dialect, kind)
        found = self._items.values()
        return [one for one in found if (one.account, one.dialect, one.kind) == wanted]

    async def put_blob(self, digest: str, data: bytes) -> None:
        if digest in self._blobs:
            self._blobs.move_to_end(digest)
            return
        self._blobs[digest] = data
        self._blob_bytes += len(data)
        while self._blob_bytes > BLOB_BYTES and len(self._blobs) > 1:
            self._blob_bytes -= len(self._blobs.popitem(last=False)[1])

    async def blob(self, digest: str) -> bytes | None:
        return self._blobs.get(digest)

    async def add_plan(self, match: Match, wish: Wish, times: int | None) -> str:
        self._plan_number += 1
        plan_id = f"plan-{self._plan_number}"
        self._plans[plan_id] = Standing(plan_id, match, wish, times)
        return plan_id

    async def plans(self) -> list[Standing]:
        return list(self._plans.values())

    async def take_plan(self, dialect: str, account: str, order: Order) -> Standing | None:
        for plan in self._plans.values():
            if plan.match.fits(dialect, account, order):
                if plan.times == 1:
                    del self._plans[plan.id]
                elif plan.times is not None:
                    self._plans[plan.id] = replace(plan, times=plan.times - 1)
                return plan
        return None

    async def drop_plans(self, plan_id: str | None = None, account: str | None = None) -> int:
        gone = [
            plan.id
            for plan in self._plans.values()
            if plan_id in (None, plan.id) and account in (None, plan.match.key)
        ]
        for name in gone:
            del self._plans[name]
        return len(gone)

    async def forget(self, account: str | None = None) -> None:
        if account is None:
            self.__init__()  # type: ignore[misc]
            return
        gone = set(self._of.pop(account, ()))
        for task_id in gone:
            del self._tasks[task_id]
        self._fetched -= gone
        self._books.pop(account, None)
        self._items = {k: v for k, v in self._items.items() if v.account != account}
        await self.drop_plans(account=account)


def _move(sums_: dict[str, Decimal], unit: str, amount: Decimal) -> None:
    sums_[unit] = sums_.get(unit, Decimal(0)) + amount
