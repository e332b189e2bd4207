"""Calls back to the clients: the only thing in the simulator that waits."""

import asyncio
import logging
from collections.abc import Mapping
from contextlib import suppress

from simulator.callbacks.outbox import Outbox, Pending
from simulator.callbacks.telling import Teller
from simulator.callbacks.turns import LOOK_S, Seen
from simulator.core.account import SERVER, State
from simulator.core.callbacks import Attempt, Told
from simulator.core.clock import Clock
from simulator.core.task import Task
from simulator.engine import Engine
from simulator.engine.dialect import Callbacks
from simulator.faults.registry import Registry
from simulator.store import Broken

__all__ = ["Attempt", "Deliverer"]

log = logging.getLogger("seedance.callbacks")

AT_ONCE = 64
AT_ONCE_IN_ALL = 256
LONGEST_SLEEP = 3600.0


class Deliverer:
    """Tells clients of their tasks when it falls due on each account's own clock."""

    def __init__(
        self, engine: Engine, callbacks: Mapping[str, Callbacks], faults: Registry | None = None
    ) -> None:
        self._engine = engine
        known = Registry(engine, {}) if faults is None else faults
        self._teller = Teller(engine, callbacks, known)
        self._outboxes: dict[str, Outbox] = {}
        self._slots = asyncio.Semaphore(AT_ONCE_IN_ALL)
        self._stopping: set[asyncio.Task[None]] = set()
        self._seen, self._mark = Seen(), 0
        self._looking: asyncio.Task[None] | None = None
        self._one_look = asyncio.Lock()
        self._waiting = False

    def changed(self, task: Task) -> None:
        """A task was accepted or cancelled: see what is to be told of it, and when."""
        if not self._teller.concerns(task):
            return
        self._know(task, Told())

    async def restore(self) -> None:
        """Go on with what is still to be told, and look again and again for what others accept.

        Nobody waits for the first look, which may have many accounts to read.
        """
        if self._looking is None:
            self._looking = asyncio.ensure_future(self._go_on_looking())

    async def _go_on_looking(self) -> None:
        while True:
            with suppress(Broken):  # then it is looked again later
                await self._look()
            await asyncio.sleep(LOOK_S)

    async def _look(self) -> None:
        """Take note of what was accepted, and of clocks that were moved, by other processes."""
        async with self._one_look:
            mark, names = await self._engine.store.news(self._mark)
            if not names:
                return
            server = await self._engine.state(SERVER)
            for account in names:
                await self._look_at(account, server)
                await asyncio.sleep(0)  # let everybody else be served between two accounts
            self._mark = mark
            moved = list(self._outboxes) if SERVER in names else names
            for outbox in [self._outboxes[name] for name in moved if name in self._outboxes]:
                self._pump(outbox)

    async def _look_at(self, account: str, server: State) -> None:
        """Take note of an account's tasks, and let it be no news any more if all is told."""
        version = await self._note(account, server)
        outbox = self._outboxes.get(account)
        if account != SERVER and (outbox is None or not outbox.pendings):
            await self._engine.store.rest(account, version)

    async def _note(self, account: str, server: State) -> int:
        """Take note of an account's clock and tasks, as they are in its version."""
        version, state = await self._engine.store.load(account)
        self._engine.clocks.by(account, state, server)
        for task in self._seen.new(account, state):
            self._know(task, state.told.get(task.id, Told()))
        return version

    async def attempts(self, account: str | None) -> list[Attempt]:
        """The last tries to call back, of one account or of all, whichever process made them."""
        names = await self._engine.store.accounts() if account is None else [account]
        states = [await self._engine.state(name) for name in names]
        return [one for state in states for tries in state.attempts.values() for one in tries]

    def _know(self, task: Task, told: Told) -> None:
        if not self._teller.concerns(task):
            return
        outbox = self._outboxes.setdefault(task.account, Outbox(task.account))
        pending = outbox.pendings.setdefault(task.id, Pending(task, told))
        pending.task = task
        if pending not in outbox.busy:
            self._queue(outbox, pending)
            self._pump(outbox)

    async def drain(self, account: str | None, wait: float) -> tuple[list[Attempt], int]:
        """Try everything that is due by now, for at most so many real seconds.

        Gives the attempts that ended meanwhile, and how many callbacks are left over.
        """
        if account is not None and self._engine.store.lasting:
            # After a start that is soon done, while a look at all may have many accounts to read.
            await self._note(account, await self._engine.state(SERVER))
        elif self._engine.store.lasting or self._looking is not None:
            await self._look()
        outboxes = {outbox: self._now(outbox) for outbox in self._chosen(account)}
        made: list[Attempt] = []
        for outbox in outboxes:
            outbox.watchers.append(made)
            self._pump(outbox)
        try:
            async with asyncio.timeout(wait):
                for outbox, until in outboxes.items():
                    while outbox.owes(until):
                        outbox.changed.clear()
                        await outbox.changed.wait()
        except TimeoutError:
            pass
        finally:
            for outbox in outboxes:
                outbox.watchers = [one for one in outbox.watchers if one is not made]
        return made, sum(self._left(outbox, until) for outbox, until in outboxes.items())

    def forget(self, account: str | None = None) -> None:
        """Drop what waits for one account, or for all."""
        for outbox in self._chosen(account):
            del self._outboxes[outbox.account]
            self._stopping.update(outbox.busy.values())
            outbox.close()
        self._stopping = {task for task in self._stopping if not task.done()}

    async def close(self) -> None:
        if self._looking is not None:
            self._looking.cancel()
        self.forget()
        await asyncio.gather(*self._stopping, return_exceptions=True)
        await self._teller.close()

    def _chosen(self, account: str | None) -> list[Outbox]:
        if account is None:
            return list(self._outboxes.values())
        outbox = self._outboxes.get(account)
        return [] if outbox is None else [outbox]

    def _now(self, outbox: Outbox) -> int:
        return self._engine.clocks.seen(outbox.account)

    def _clock(self, outbox: Outbox) -> Clock:
        return self._engine.clocks.last(outbox.account)

    def _left(self, outbox: Outbox, until: int) -> int:
        """How many callbacks fell due by then and are still to be told."""
        if not outbox.owes(until):
            return 0
        return sum(
            at <= until and phase not in pending.told.done
            for pending in outbox.pendings.values()
            if pending.due <= until
            for phase, at in self._teller.events(pending.task)
        )

    def _queue(self, outbox: Outbox, pending: Pending) -> None:
        """Put a task where its next callback is due, or let it go when there is none."""
        pending.next = pending.told.upcoming(self._teller.events(pending.task))
        if pending.next is None:
            outbox.drop(pending)
        else:
            outbox.push(pending)

    def _pump(self, outbox: Outbox) -> None:
        """Start what is due, in order, and sleep until the next is."""
        clock = self._clock(outbox)
        if outbox.timer is not None:
            outbox.timer.cancel()
            outbox.timer = None
        loop = asyncio.get_running_loop()
        while len(outbox.busy) < AT_ONCE and (pending := outbox.first()) is not None:
            wait = clock.real_until(pending.due, self._engine.real())
            if wait is None:
                return
            if wait > 0:
                sleep = min(wait, LONGEST_SLEEP)
                outbox.timer = loop.call_later(sleep, self._pump, outbox)
                return
            outbox.pop()
            outbox.busy[pending] = loop.create_task(self._tell(outbox, pending))

    async def _tell(self, outbox: Outbox, pending: Pending) -> None:
        """Try the next callback of a task, and settle what comes after it."""
        try:
            async with self._slots:
                await self._teller.tell(outbox, pending)
            self._waiting = False
        except Broken as broken:  # nothing is settled, so it is tried again
            if not self._waiting:  # once for all that wait, each of which asks every second
                log.warning("callbacks have to wait: %s", broken)
            self._waiting = True
            await asyncio.sleep(LOOK_S)
        except Exception:
            log.exception("a callback of task %s cannot be made", pending.task.id)
            with suppress(Broken):
                await self._teller.done(pending)
        finally:
            outbox.busy.pop(pending, None)
        if self._outboxes.get(outbox.account) is outbox:
            self._queue(outbox, pending)
            self._pump(outbox)
        outbox.changed.set()
