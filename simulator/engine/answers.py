"""Answers that stay: what a query was told of a task, written down until the task's next turn.

Who polls asks the same again and again, and is told the same in most cases. The body of such an
answer is a function of the task, of where the caller sees the server and of the phase, so it is
made once for each of them. What is new for every call (its id, the time) stands in the headers.
"""

import msgspec

from simulator.core.account import State
from simulator.core.task import Task
from simulator.engine.call import Call, Reply

# So many are known at a time, of no more bytes than this each.
MOST = 512
LONGEST = 16 * 1024

Name = tuple[str, str, str, str, str]


class Kept(msgspec.Struct, frozen=True, gc=False):
    """An answer, and from when until when it is the right one for as long as the task stands."""

    task: Task
    since: int
    until: int
    reply: Reply


class Answers:
    """The answers of one server. Losing one costs nothing but the work of making it again."""

    def __init__(self) -> None:
        self._kept: dict[Name, Kept] = {}

    def find(self, dialect: str, call: Call, state: State) -> Kept | None:
        """What the call was told before, where nothing has changed since."""
        kept = self._kept.get(_name(dialect, call))
        if kept is None or not kept.since <= call.now < kept.until:
            return None
        task = kept.task
        # Events put another value in the place of a task, and never change one.
        return kept if state.tasks.get(task.id) is task else None

    def keep(self, dialect: str, call: Call, reply: Reply, until: int) -> Reply:
        """The reply as it is written, of which the next calls until then are told too."""
        body = reply.data()
        written = msgspec.structs.replace(reply, body=body)
        if reply.task is not None and until > call.now and len(body or b"") <= LONGEST:
            if len(self._kept) >= MOST:
                self._kept.clear()
            self._kept[_name(dialect, call)] = Kept(reply.task, call.now, until, written)
        return written


def _name(dialect: str, call: Call) -> Name:
    """All that an answer depends on, beside the task and the time."""
    return dialect, call.account.key, call.base, call.path, call.query
