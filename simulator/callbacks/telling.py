"""One callback: whether it still is to be made, the try, and what comes after it."""

import asyncio
from collections.abc import Mapping
from typing import Any

import msgspec

from simulator.callbacks.outbox import Outbox, Pending
from simulator.callbacks.sender import HEADERS, Letter, Sender
from simulator.callbacks.turns import AGAIN_S, Turns
from simulator.core.addresses import Policy
from simulator.core.callbacks import Attempt, Told
from simulator.core.commands import NoteAttempt, SettleCallback
from simulator.core.task import Phase, Task
from simulator.engine import Engine
from simulator.engine.call import Reply
from simulator.engine.dialect import Callbacks, Event
from simulator.faults import middleware
from simulator.faults.fault import Tell
from simulator.faults.registry import Registry, backwards
from simulator.http.logs import tell

_encode = msgspec.json.Encoder(decimal_format="number").encode


class Teller:
    """Makes callbacks as a dialect does, with the faults that they meet."""

    def __init__(
        self, engine: Engine, callbacks: Mapping[str, Callbacks], faults: Registry
    ) -> None:
        self._engine = engine
        self._callbacks = callbacks
        self._faults = faults
        config = engine.config
        self._sender = Sender(Policy.of(config.callbacks, config.allow_host))
        self._turns = Turns(engine.store)

    def concerns(self, task: Task) -> bool:
        """Whether anybody wants to be told of a task."""
        return task.order.callback_url is not None and task.dialect in self._callbacks

    async def close(self) -> None:
        """Close the connections to receivers."""
        await self._sender.close()

    def events(self, task: Task) -> tuple[tuple[Phase, int], ...]:
        """What is told of a task, and when."""
        events = self._callbacks[task.dialect].events(task)
        if not events or not task.plan.faults or not backwards(task):
            return events
        return tuple((phase, events[-1][1]) for phase, _ in reversed(events))

    async def done(self, pending: Pending) -> None:
        """Say nothing more of the phase that was to be told."""
        if pending.next is not None:
            told = pending.told
            await self._keep(pending, told.settled(pending.next.phase, told.free))

    async def tell(self, outbox: Outbox, pending: Pending) -> None:
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
            await self.done(pending)
            return
        pending.task = task
        at = dict(callbacks.events(task)).get(phase, at)
        event = Event(task, phase, at)
        body = callbacks.body(event, self._engine)
        if callbacks.heeded is not None:
            await callbacks.heeded(event, body, self._engine)
        manner = Tell()
        if await self._faults.near(task.account):
            body, manner = await self._struck(task, at, body)
        if manner.silent:
            await self.done(pending)
            return
        for _ in range(manner.copies):
            attempt = await self._attempt(outbox, pending, task, body)
        heard = attempt.delivered and not manner.deaf
        await self._settle(pending, attempt, callbacks, heard)

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
        url, name = task.order.callback_url or "", (outbox.account, task.id)
        letter = Letter(task.dialect, *name, coming.due, url, raw, HEADERS)
        loop = asyncio.get_running_loop()
        since = loop.time()
        result = await self._sender.send(letter, limit, self._engine)
        took = round(1000 * (loop.time() - since))
        attempt = Attempt(*name, coming.phase, coming.number, coming.due, took, *result)
        await self._engine.change(outbox.account, NoteAttempt(attempt))
        outbox.record(attempt)
        answer = attempt.error or attempt.status
        tell("called back", task=task.id, phase=coming.phase, attempt=attempt.number, answer=answer)
        return attempt

    def _stands(self, task: Task, pending: Pending) -> bool:
        """Whether the client is still to be told, as the facts are now."""
        coming, events = pending.next, self.events(task)
        assert coming is not None
        there = (coming.phase, coming.at) in events
        return task.removed is None and task.kept(coming.due) and there

    async def _settle(
        self, pending: Pending, attempt: Attempt, callbacks: Callbacks, heard: bool
    ) -> None:
        """Go on to the next event of the task, or try this one again later."""
        clock = self._engine.clocks.last(attempt.account)
        free = attempt.at + (0 if clock.frozen else int(attempt.ms * clock.rate))
        repeats = callbacks.repeats if attempt.phase in callbacks.repeats_for else ()
        number, told = attempt.number, pending.told
        if heard or number > len(repeats):
            told = told.settled(attempt.phase, free)
        else:
            told = told.again(attempt.phase, number + 1, free, repeats[number - 1])
        await self._keep(pending, told)

    async def _keep(self, pending: Pending, told: Told) -> None:
        """Settle it in the store first: what that did not take is still to be told, to all."""
        await self._engine.change(pending.task.account, SettleCallback(pending.task.id, told))
        pending.told = told
