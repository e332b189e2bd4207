"""Calls back to the clients: the only thing in the simulator that waits."""

import asyncio
import logging
from collections.abc import Mapping
from typing import Any

import msgspec

from simulator import journal
from simulator.addresses import Policy
from simulator.callbacks.desk import Attempt, Desk, Line
from simulator.callbacks.sender import HEADERS, Sender
from simulator.clock import Clock
from simulator.engine import Engine, kept
from simulator.faults import stage
from simulator.faults.desk import Desk as Faults
from simulator.faults.fault import Tell
from simulator.logs import tell
from simulator.task import Phase, Task
from simulator.wire import Callbacks, Event, Reply

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
        self, engine: Engine, callbacks: Mapping[str, Callbacks], faults: Faults | None = None
    ) -> None:
        self._engine = engine
        self._faults = Faults(engine.seed, {}) if faults is None else faults
        self._callbacks = callbacks
        self._desks: dict[str, Desk] = {}
        config = engine.config
        self._sender = Sender(Policy.of(config.callbacks, config.allow_host))
        self._slots = asyncio.Semaphore(AT_ONCE_IN_ALL)
        self._stopping: set[asyncio.Task[None]] = set()

    def changed(self, task: Task) -> None:
        """A task was accepted or cancelled: see what is to be told of it, and when."""
        if task.order.callback_url is None or task.dialect not in self._callbacks:
            return
        desk = self._desks.setdefault(task.account, Desk(task.account))
        line = desk.lines.setdefault(task.id, Line(task))
        line.task = task
        if line not in desk.busy:
            self._queue(desk, line)
            self._pump(desk)

    async def drain(self, account: str | None, wait: float) -> tuple[list[Attempt], int]:
        """Try everything that is due by now, for at most so many real seconds.

        Gives the attempts that ended meanwhile, and how many callbacks are left over.
        """
        desks = {desk: self._now(desk) for desk in self._chosen(account)}
        made: list[Attempt] = []
        for desk in desks:
            desk.watchers.append(made)
            self._pump(desk)
        try:
            async with asyncio.timeout(wait):
                for desk, until in desks.items():
                    while desk.owes(until):
                        desk.changed.clear()
                        await desk.changed.wait()
        except TimeoutError:
            pass
        finally:
            for desk in desks:
                desk.watchers = [one for one in desk.watchers if one is not made]
        return made, sum(self._left(desk, until) for desk, until in desks.items())

    def attempts(self, task: Task) -> list[Attempt]:
        """What was tried for a task, as far as it is still known."""
        desk = self._desks.get(task.account)
        return [] if desk is None else list(desk.kept.get(task.id, ()))

    def forget(self, account: str | None = None) -> None:
        """Drop what waits for one account, or for all."""
        for desk in self._chosen(account):
            del self._desks[desk.account]
            self._stopping.update(desk.busy.values())
            desk.close()
        self._stopping = {task for task in self._stopping if not task.done()}

    async def close(self) -> None:
        self.forget()
        await asyncio.gather(*self._stopping, return_exceptions=True)
        await self._sender.close()

    def _chosen(self, account: str | None) -> list[Desk]:
        if account is None:
            return list(self._desks.values())
        desk = self._desks.get(account)
        return [] if desk is None else [desk]

    def _now(self, desk: Desk) -> int:
        return self._engine.clocks.seen(desk.account)

    def _clock(self, desk: Desk) -> Clock:
        return self._engine.clocks.last(desk.account)

    def _left(self, desk: Desk, until: int) -> int:
        """How many callbacks fell due by then and are still to be told."""
        if not desk.owes(until):
            return 0
        return sum(
            at <= until and phase not in line.told
            for line in desk.lines.values()
            if line.due <= until
            for phase, at in self._events(line.task)
        )

    def _queue(self, desk: Desk, line: Line) -> None:
        """Put a line where its next callback is due, or let it go when there is none."""
        events = self._events(line.task)
        upcoming = next((event for event in events if event[0] not in line.told), None)
        if upcoming is None:
            desk.drop(line)
            return
        if upcoming != line.next:
            line.next, line.number = upcoming, 1
            line.due = max(upcoming[1], line.free)
        desk.push(line)

    def _pump(self, desk: Desk) -> None:
        """Start what is due, in order, and sleep until the next is."""
        clock = self._clock(desk)
        if desk.timer is not None:
            desk.timer.cancel()
            desk.timer = None
        loop = asyncio.get_running_loop()
        while len(desk.busy) < AT_ONCE and (line := desk.first()) is not None:
            wait = clock.real_until(line.due, self._engine.real())
            if wait is None:
                return
            if wait > 0:
                sleep = min(wait, LONGEST_SLEEP)
                desk.timer = loop.call_later(sleep, self._pump, desk)
                return
            desk.pop()
            desk.busy[line] = loop.create_task(self._tell(desk, line))

    async def _tell(self, desk: Desk, line: Line) -> None:
        """Make one attempt of a line, and settle what comes after it."""
        try:
            async with self._slots:
                await self._try(desk, line)
        except Exception:
            log.exception("a callback of task %s cannot be made", line.task.id)
            self._done(line)
        finally:
            desk.busy.pop(line, None)
        if self._desks.get(desk.account) is desk:
            self._queue(desk, line)
            self._pump(desk)
        desk.changed.set()

    async def _try(self, desk: Desk, line: Line) -> None:
        assert line.next is not None
        phase, at = line.next
        callbacks = self._callbacks[line.task.dialect]
        task = await self._engine.task(line.task.id)
        if task is None or not self._stands(task, line):
            self._done(line)
            return
        line.task = task
        at = dict(callbacks.events(task)).get(phase, at)
        body = callbacks.body(Event(task, phase, at), self._engine)
        manner = Tell()
        if self._faults.active:
            body, manner = self._struck(task, at, body)
        if manner.silent:
            self._done(line)
            return
        for _ in range(manner.copies):
            attempt = await self._attempt(desk, line, task, body)
        heard = attempt.delivered and not manner.deaf
        self._settle(self._clock(desk), line, attempt, callbacks, heard)

    def _struck(self, task: Task, at: int, body: Any) -> tuple[Any, Tell]:
        """What is told instead, and how, by the faults that this callback meets."""
        strike = stage.of_callback(self._faults, task, at)
        body = strike.change(Reply(200, body)).body
        manner = strike.tell()
        strike.close()
        return body, manner

    async def _attempt(self, desk: Desk, line: Line, task: Task, body: Any) -> Attempt:
        assert line.next is not None
        phase, limit = line.next[0], self._callbacks[task.dialect].timeout
        raw = body if isinstance(body, bytes) else _encode(body)
        loop = asyncio.get_running_loop()
        since = loop.time()
        result = await self._post(line, task.order.callback_url or "", raw, limit)
        took = round(1000 * (loop.time() - since))
        name = (desk.account, task.id)
        attempt = Attempt(*name, phase, line.number, line.due, took, *result)
        desk.record(attempt)
        answer = attempt.error or attempt.status
        tell("called back", task=task.id, phase=phase, attempt=attempt.number, answer=answer)
        return attempt

    def _events(self, task: Task) -> tuple[tuple[Phase, int], ...]:
        """What is told of a task, and when."""
        events = self._callbacks[task.dialect].events(task)
        if not self._faults.active or not events or not self._faults.backwards(task):
            return events
        return tuple((phase, events[-1][1]) for phase, _ in reversed(events))

    async def _post(
        self, line: Line, url: str, body: bytes, limit: float
    ) -> tuple[int | None, str | None]:
        """Send one callback, and keep it in the journal as an exchange."""
        book, task = self._engine.journal, line.task
        exchange = book.begin("POST", url, RAW_HEADERS, line.due)
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

    def _stands(self, task: Task, line: Line) -> bool:
        """Whether the client is still to be told, as the facts are now."""
        events = self._events(task)
        return task.removed is None and kept(task, line.due) and line.next in events

    def _settle(
        self, clock: Clock, line: Line, attempt: Attempt, callbacks: Callbacks, heard: bool
    ) -> None:
        """Go on to the next event of the task, or try this one again later."""
        line.free = line.due + (0 if clock.frozen else int(attempt.ms * clock.rate))
        repeats = callbacks.repeats if attempt.phase in callbacks.repeats_for else ()
        if heard or line.number > len(repeats):
            self._done(line)
            return
        line.due = line.free + repeats[line.number - 1]
        line.number += 1

    def _done(self, line: Line) -> None:
        if line.next is not None:
            line.told.add(line.next[0])
