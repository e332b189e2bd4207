"""The exchanges of one account as evidence: what the client asked, and what it was told."""

import hashlib
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import inf
from typing import Any

import msgspec

from simulator.core.clock import MINUTE
from simulator.core.pointers import get
from simulator.core.reader import Reader, Reading
from simulator.core.task import Phase, Task
from simulator.engine.dialect import Dialect
from simulator.store.journal import Exchange
from simulator.store.summary import outline

# A client that still cares about a task asks within this time of the account.
GRACE = MINUTE

TRANSIENT = frozenset({408, 425, 429})
# What an answer says of an id that is not known, which right after the order need not last.
NOT_FOUND = frozenset({400, 404})


@dataclass(frozen=True, slots=True)
class Told:
    """What an answer says of one task."""

    over: bool
    good: bool
    link: bool


class Seen:
    """An exchange, and what its caller could read in the answer."""

    def __init__(self, exchange: Exchange, reader: Reader) -> None:
        self.exchange = exchange
        self.number = exchange.number
        self.kind = exchange.kind
        self.task = exchange.task
        self._reader = reader

    @property
    def open(self) -> bool:
        return self.exchange.ended is None

    @property
    def status(self) -> int:
        return self.exchange.status or 0

    @property
    def fine(self) -> bool:
        """Whether the caller got what it asked for."""
        return self.exchange.answered and 200 <= self.status < 300 and self.readable

    @property
    def transient(self) -> bool:
        """Whether the same call may well be answered a little later."""
        if self.open:
            return False
        if not self.exchange.answered or self.status in TRANSIENT or self.status >= 500:
            return True
        return 200 <= self.status < 300 and not self.readable

    @property
    def refused(self) -> bool:
        """Whether the same call would be refused again."""
        return 400 <= self.status < 500 and not self.transient and not self.open

    @property
    def stumbled(self) -> bool:
        """Whether it is no answer about the task, although there is one to be had."""
        return self.transient or (self.refused and self.status in NOT_FOUND)

    @cached_property
    def readable(self) -> bool:
        return self.kind in ("download", "delete", "callback") or isinstance(self.body, dict)

    @cached_property
    def body(self) -> Any:
        """The JSON of the answer, or None."""
        try:
            return msgspec.json.decode(self.exchange.reply or b"")
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return None

    @cached_property
    def told(self) -> Mapping[str, Told]:
        """What the answer says, by task."""
        if self.kind == "callback":
            return self._announced()
        if self.kind not in ("query", "list") or not self.fine:
            return {}
        items = self._reader.listed(self.body) if self.kind == "list" else None
        if items is not None:
            found = [item for item in items if isinstance(item, dict)]
            return {self._known(item): self._read(item) for item in found}
        return {self.task: self._read(self.body)}

    def _announced(self) -> Mapping[str, Told]:
        """What a callback told, if the client took it."""
        if not self.exchange.answered or not 200 <= self.status < 300:
            return {}
        try:
            body = msgspec.json.decode(self.exchange.body or b"")
        except msgspec.MsgspecError:
            return {}
        return {self.task: self._read(body)}

    def _known(self, item: Any) -> str:
        """The task that an item of a list is of."""
        return self._reader.meant(self._reader.shown_id(item))

    def _read(self, body: Any) -> Told:
        """What a body says of its task."""
        found: Reading = self._reader.read(body)
        good = found.phase is Phase.SUCCEEDED
        # Where no answer has a link, success alone says that there is a clip to be had: by the id,
        # which nobody has who was shown another.
        linked = bool(found.link) if self._reader.link else good and self._known(body) == self.task
        return Told(found.over, good, linked)

    @cached_property
    def order(self) -> str:
        """The same for the same request: its path and its body, as far as it is kept."""
        one = self.exchange
        body = one.outline
        if not one.body_size:
            return f"{one.method} {one.target}"
        if body is None:
            shown = outline(one.body or b"", one.header("Content-Type"))
            body = msgspec.json.encode(shown, order="sorted")
        digest = hashlib.sha256(body).hexdigest()
        return f"{one.method} {one.target} {digest}"

    @property
    def knows_id(self) -> bool:
        """Whether a create call's answer gave the client the id of its task, where ids stand."""
        if not self.fine or not self.task:
            return False
        shown = (get(self.body, place) for place in self._reader.created)
        return any(isinstance(one, str) and self._reader.meant(one) == self.task for one in shown)


def gap(first: Seen, second: Seen) -> int:
    """Milliseconds from one answer to the next request, by the clock on which they are more.

    A client may sleep in real time, or in a test whose sleep moves the account's clock.
    """
    a, b = first.exchange, second.exchange
    return max(b.at - (a.ended or a.at), b.real - a.real_ended)


def follows(first: Seen, second: Seen) -> bool:
    """Whether the second was sent by somebody who can have had the first one's answer."""
    if first.open or second.number < first.number:
        return False
    return second.exchange.real >= first.exchange.real_ended


class Evidence:
    """Everything of one account at ``now``, on its clock."""

    def __init__(
        self,
        exchanges: Sequence[Exchange],
        tasks: Sequence[Task],
        now: int,
        dialects: Mapping[str, Dialect],
        realistic: bool = False,
        dropped: int = 0,
        alike: Sequence[str] = (),
    ) -> None:
        readers = {name: one.reader for name, one in dialects.items()}
        unknown = Reader()
        self.seen = [Seen(one, readers.get(one.dialect, unknown)) for one in exchanges]
        self.paces = {name: one.pace for name, one in dialects.items() if one.pace is not None}
        self.tasks = {task.id: task for task in tasks}
        self.now = now
        self.realistic = realistic
        self.dropped = dropped
        self.alike = alike
        self.creates = [one for one in self.seen if one.kind == "create"]
        self.callbacks = [one for one in self.seen if one.kind == "callback"]

    @cached_property
    def about(self) -> Mapping[str, Sequence[Seen]]:
        """The client's calls about each task after its creation, in order."""
        found: dict[str, list[Seen]] = defaultdict(list)
        for one in self.seen:
            if one.kind == "list":
                for task in one.told:
                    found[task].append(one)
            elif one.kind not in ("create", "callback"):
                found[one.task].append(one)
        return found

    @cached_property
    def creator(self) -> Mapping[str, Seen]:
        """The call that made each task, or the first one that told its id."""
        made: dict[str, Seen] = {}
        for one in self.creates:
            known = made.get(one.task)
            if one.task in self.tasks and (known is None or one.knows_id > known.knows_id):
                made[one.task] = one
        return made

    def calls(self, task: str) -> Sequence[Seen]:
        return self.about.get(task, ())

    def waited(self, first: int, last: int, now: int) -> bool:
        """Whether between two exchanges a task was asked for whose end was not known at ``now``.

        All three are numbers of exchanges.
        """
        numbers, levels = self._latest
        start, stop = bisect_right(numbers, first), bisect_left(numbers, last)
        if start >= stop:
            return False
        level = (stop - start).bit_length() - 1
        latest = levels[level]
        return max(latest[start], latest[stop - (1 << level)]) > now

    @cached_property
    def _latest(self) -> tuple[Sequence[int], Sequence[Sequence[float]]]:
        """The numbers of the queries, and the latest end among 1, 2, 4, 8, … of them from each on.

        A batch may have thousands of tasks, and any stretch of queries is two of these.
        """
        queries = [one for one in self.seen if one.kind == "query"]
        levels = [[self.ends.get(one.task, inf) for one in queries]]
        while len(levels[-1]) > 1 << len(levels) - 1:
            step = 1 << len(levels) - 1
            levels.append(list(map(max, levels[-1], levels[-1][step:])))
        return [one.number for one in queries], levels

    @cached_property
    def ends(self) -> Mapping[str, int]:
        """The number of the exchange by which the client knew of each task that it is over."""
        told = {task: self.informed(task) for task in self.about}
        return {task: one.number for task, one in told.items() if one is not None}

    @cached_property
    def astray(self) -> Sequence[Seen]:
        """The calls that went where nothing is."""
        return [one for one in self.seen if one.exchange.astray]

    def sought(self, task: str) -> bool:
        """Whether somebody asked for the task where nothing is."""
        return any(task in one.exchange.target for one in self.astray)

    @cached_property
    def heard(self) -> Mapping[str, Sequence[Seen]]:
        """The callbacks of each task that the client took."""
        found: dict[str, list[Seen]] = defaultdict(list)
        for one in self.callbacks:
            if one.told:
                found[one.task].append(one)
        return found

    def informed(self, task: str) -> Seen | None:
        """The first exchange by which the client knew that the task is over."""
        known = [*self.calls(task), *self.heard.get(task, ())]
        told = [one for one in known if task in one.told and one.told[task].over]
        return min(told, key=lambda one: one.number, default=None)

    def billed(self, task: Task) -> bool:
        """Whether the task has cost something, and long enough ago for a client to have asked."""
        ended = task.ended()
        return ended is not None and task.phase(ended) is Phase.SUCCEEDED and self.settled(task)

    def settled(self, task: Task) -> bool:
        """Whether the task is over for long enough."""
        ended = task.ended()
        return ended is not None and ended + GRACE <= self.now


__all__ = ["GRACE", "Evidence", "Seen", "Told", "follows", "gap"]
