"""The callbacks of a recording, made again on the clock of the account that replays their task."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from msgspec.structs import replace

from simulator.core.reader import Reader
from simulator.core.task import Phase, Task
from simulator.engine import Engine
from simulator.engine.dialect import Callbacks, Dialect, Event
from simulator.upstream import passed, shadow
from simulator.upstream.cassette import Cassette
from simulator.upstream.claims import shown_as
from simulator.upstream.lines import compact
from simulator.upstream.passed import Passed
from simulator.upstream.retelling import moved, named

# What a replayed task keeps of the one that it stands for.
OF = "replays"
PATIENCE_S = 10.0
_NONE = Callbacks(lambda task: (), lambda event, engine: {}, PATIENCE_S, (), frozenset())


@dataclass(frozen=True, slots=True)
class Recalling:
    """Makes the callbacks of a recording; those of tasks that are simulated are the dialect's."""

    dialect: Dialect
    cassette: Cassette

    def callbacks(self) -> Callbacks:
        """The same as a dialect has them, with its patience and its further tries."""
        own = self._own
        return replace(own, events=self.events, body=self.body, heeded=self.heeded)

    def events(self, task: Task) -> tuple[tuple[Phase, int], ...]:
        """What is told of a task and when: so long after its order as it was then."""
        if OF not in task.order.extra:
            return self._own.events(task)
        ended = task.cancelled
        found = (
            (one.phase, task.created + one.after)
            for one in self.cassette.callbacks.get(str(task.order.extra[OF]), ())
        )
        # A task that is cancelled here may have gone on then.
        return tuple(
            (phase, at)
            for phase, at in found
            if ended is None or at < ended or phase is Phase.CANCELLED
        )

    def body(self, event: Event, engine: Engine) -> Mapping[str, Any]:
        """What was told, with the moments, the id and the links of the new life."""
        task = event.task
        if OF not in task.order.extra:
            return self._own.body(event, engine)
        recorded = str(task.order.extra[OF])
        told = next(one for one in self.cassette.callbacks[recorded] if one.phase is event.phase)
        text = moved(compact(told.body), told.at, task.created + told.after - told.at)
        text = named(text, _ids(self.dialect.reader, recorded, task.id))
        links = passed.told(self.dialect.reader, json.loads(text))
        new = {one.url: self._passed(engine, task, one.url) for one in links}
        found: Mapping[str, Any] = json.loads(passed.exchanged(text.encode(), new))
        return found

    async def heeded(self, event: Event, body: Any, engine: Engine) -> None:
        """Let the account know what a replayed task is said to be, as an answer to a query does."""
        task = event.task
        if OF in task.order.extra:
            now = await engine.clocks.now(task.account)
            await shadow.learned(task.account, self.dialect.reader, body, engine, now)

    @property
    def _own(self) -> Callbacks:
        return self.dialect.callbacks or _NONE

    def _passed(self, engine: Engine, task: Task, url: str) -> str:
        shown = shown_as(self.dialect.reader, str(task.order.extra[OF]), task.id)
        return passed.written(engine.secret, task.base, Passed(shown or task.id, url))


def _ids(reader: Reader, recorded: str, task: str) -> dict[str, str]:
    """The new id in the place of the recorded one, as clients see it and as it is meant."""
    ids = {reader.meant(recorded): task, recorded: shown_as(reader, recorded, task) or task}
    return {old: new for old, new in ids.items() if old != new}
