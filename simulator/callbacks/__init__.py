"""Calls back to the clients: the only thing in the simulator that waits."""

import asyncio
import logging
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import msgspec

from simulator.callbacks.outbox import Outbox, Pending
from simulator.callbacks.sender import HEADERS, Sender
from simulator.callbacks.turns import AGAIN_S, LOOK_S, Seen, Turns
from simulator.core.account import SERVER
from simulator.core.addresses import Policy
from simulator.core.callbacks import Attempt, Told
from simulator.core.clock import Clock
from simulator.core.commands import NoteAttempt, SettleCallback
from simulator.core.task import Phase, Task
from simulator.engine import Engine
from simulator.engine.call import Reply
from simulator.engine.dialect import Callbacks, Event
from simulator.faults import middleware
from simulator.faults.fault import Tell
from simulator.faults.registry import Registry, backwards
from simulator.http.logs import tell
from simulator.store import Broken, journal

__all__ = ["Attempt", "Deliverer"]

log = logging.getLogger("seedance.callbacks")
_encode = msgspec.json.Encoder(decimal_format="number").encode

AT_ONCE = 64
AT_ONCE_IN_ALL = 256
LONGEST_SLEEP = 3600.0
RAW_HEADERS = tuple((name.encode(), value.encode()) for name, value in HEADERS.items())


class Deliverer:
    """Tells clients of their tasks when it falls due on each account's own clock."""

    def __init__(
        self, engine: Engine, callbacks: Mapping[str, Callbacks], faults: Registry | None = None
    ) -> None:
        self._engine = engine
        self._faults = Registry(engine, {}) if faults is None else faults
        self._callbacks = callbacks
        self._outboxes: dict[str, Outbox] = {}
        config = engine.config
        self._sender = Sender(Policy.of(config.callbacks, config.allow_host))
        self._slots = asyncio.Semaphore(AT_ONCE_IN_ALL)
        self._stopping: set[asyncio.Task[None]] = set()
        self._turns, self._seen, self._mark = Turns(engine.store), Seen(), 0
        self._looking: asyncio.Task[None] | None = None

    def changed(self, task: Task) -> None:
        """A task was accepted or cancelled: see what is to be told of it, and when."""
        self._know(task, Told())

    async def restore(self) -> None:
        """Go on with what is still to be told, and look again and again for what others accept."""
        await self._look()
        if self._looking is None:
            self._looking = asyncio.ensure_future(self._go_on_looking())

    async def _go_on_looking(self) -> None:
        while True:
            await asyncio.sleep(LOOK_S)
            with suppress(Broken):  # then it is looked again later
                await self._look()

    async def _look(self) -> None:
        """Take note of what was accepted, and of clocks that were moved, by other processes."""
        store = self._engine.store
        mark, names = await store.news(self._mark)
        if not names:
            return
        server = await self._engine.state(SERVER)
        for account in names:
            state = await self._engine.state(account)
            self._engine.clocks.by(account, state, server)
            for task in self._seen.new(account, state):
                self._know(task, state.told.get(task.id, Told()))
        self._mark = mark
        moved = list(self._outboxes) if SERVER in names else names
        for outbox in [self._outboxes[name] for name in moved if name in self._outboxes]:
            self._pump(outbox)

    async def attempts(self, account: str | None) -> list[Attempt]:
        """The last tries to call back, of one account or of all, whichever process made them."""
        names = await self._engine.store.accounts() if account is None else [account]
        states = [await self._engine.state(name) for name in names]
        return [one for state in states for tries in state.attempts.values() for one in tries]

    def _know(self, task: Task, told: Told) -> None:
        if task.order.callback_url is None or task.dialect not in self._callbacks:
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
        if self._engine.store.lasting:
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
        await self._sender.close()

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
            for phase, at in self._events(pending.task)
        )

    def _queue(self, outbox: Outbox, pending: Pending) -> None:
        """Put a task where its next callback is due, or let it go when there is none."""
        pending.next = pending.told.upcoming(self._events(pending.task))
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
                await self._take_turn(outbox, pending)
        except Broken as broken:  # nothing is settled, so it is tried again
            log.warning("a callback of task %s has to wait: %s", pending.task.id, broken)
            await asyncio.sleep(LOOK_S)
        except Exception:
            log.exception("a callback of task %s cannot be made", pending.task.id)
            await self._done(pending)
        finally:
            outbox.busy.pop(pending, None)
        if self._outboxes.get(outbox.account) is outbox:
            self._queue(outbox, pending)
            self._pump(outbox)
        outbox.changed.set()

    async def _take_turn(self, outbox: Outbox, pending: Pending) -> None:
        """Try it, unless another process does: then wait for what comes of that."""
        if not self._engine.store.lasting:
            return await self._try(outbox, pending)
        while True:
            async with self._turns.of(pending.task) as mine:
                state = await self._engine.state(outbox.account)
                task = state.tasks.get(pending.task.id)
                told = state.told.get(pending.task.id, Told())
                if task is None:  # forgotten, so nothing more is to be told
                    pending.told = Told(tuple(Phase))
                    return None
                if (task, told) != (pending.task, pending.told):
                    pending.task, pending.told = task, told
                    return None
                if mine:
                    return await self._try(outbox, pending)
            await asyncio.sleep(AGAIN_S)

    async def _try(self, outbox: Outbox, pending: Pending) -> None:
        assert pending.next is not None
        phase, at = pending.next.phase, pending.next.at
        callbacks = self._callbacks[pending.task.dialect]
        task = await self._engine.task(pending.task.id)
        if task is None or not self._stands(task, pending):
            await self._done(pending)
            return
        pending.task = task
        at = dict(callbacks.events(task)).get(phase, at)
        body = callbacks.body(Event(task, phase, at), self._engine)
        manner = Tell()
        if await self._faults.near(task.account):
            body, manner = await self._struck(task, at, body)
        if manner.silent:
            await self._done(pending)
            return
        for _ in range(manner.copies):
            attempt = await self._attempt(outbox, pending, task, body)
        heard = attempt.delivered and not manner.deaf
        await self._settle(self._clock(outbox), pending, attempt, callbacks, heard)

    async def _struck(self, task: Task, at: int, body: Any) -> tuple[Any, Tell]:
        """What is told instead, and how, by the faults that this callback meets."""
        strike = await middleware.of_callback(self._faults, task, at)
        body = strike.change(Reply(200, body)).body
        manner = strike.tell()
        await strike.close()
        return body, manner

    async def _attempt(self, outbox: Outbox, pending: Pending, task: Task, body: Any) -> Attempt:
        assert pending.next is not None
        coming, limit = pending.next, self._callbacks[task.dialect].timeout
        raw = body if isinstance(body, bytes) else _encode(body)
        loop = asyncio.get_running_loop()
        since = loop.time()
        result = await self._post(pending, task.order.callback_url or "", raw, limit)
        took = round(1000 * (loop.time() - since))
        name = (outbox.account, task.id)
        attempt = Attempt(*name, coming.phase, coming.number, coming.due, took, *result)
        await self._engine.change(outbox.account, NoteAttempt(attempt))
        outbox.record(attempt)
        answer = attempt.error or attempt.status
        tell("called back", task=task.id, phase=coming.phase, attempt=attempt.number, answer=answer)
        return attempt

    def _events(self, task: Task) -> tuple[tuple[Phase, int], ...]:
        """What is told of a task, and when."""
        events = self._callbacks[task.dialect].events(task)
        if not events or not task.plan.faults or not backwards(task):
            return events
        return tuple((phase, events[-1][1]) for phase, _ in reversed(events))

    async def _post(
        self, pending: Pending, url: str, body: bytes, limit: float
    ) -> tuple[int | None, str | None]:
        """Send one callback, and keep it in the journal as an exchange."""
        book, task = self._engine.journal, pending.task
        exchange = book.begin("POST", url, RAW_HEADERS, pending.due)
        exchange.kind, exchange.dialect = "callback", task.dialect
        exchange.account, exchange.task = task.account, task.id
        exchange.body, exchange.body_size = body, len(body)
        journal.enter(exchange)
        try:
            status, error = await self._sender.post(url, body, limit)
            exchange.status, exchange.lost = status, error or ""
            return status, error
        finally:
            book.end(exchange, self._engine.clocks.seen)
            await book.written()

    def _stands(self, task: Task, pending: Pending) -> bool:
        """Whether the client is still to be told, as the facts are now."""
        coming, events = pending.next, self._events(task)
        assert coming is not None
        there = (coming.phase, coming.at) in events
        return task.removed is None and task.kept(coming.due) and there

    async def _settle(
        self, clock: Clock, pending: Pending, attempt: Attempt, callbacks: Callbacks, heard: bool
    ) -> None:
        """Go on to the next event of the task, or try this one again later."""
        free = attempt.at + (0 if clock.frozen else int(attempt.ms * clock.rate))
        repeats = callbacks.repeats if attempt.phase in callbacks.repeats_for else ()
        number, told = attempt.number, pending.told
        if heard or number > len(repeats):
            told = told.settled(attempt.phase, free)
        else:
            told = told.again(attempt.phase, number + 1, free, repeats[number - 1])
        await self._keep(pending, told)

    async def _done(self, pending: Pending) -> None:
        """Say nothing more of the phase that was to be told."""
        if pending.next is not None:
            told = pending.told
            await self._keep(pending, told.settled(pending.next.phase, told.free))

    async def _keep(self, pending: Pending, told: Told) -> None:
        pending.told = told
        await self._engine.change(pending.task.account, SettleCallback(pending.task.id, told))
