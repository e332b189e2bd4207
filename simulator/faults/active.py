"""The faults that one call meets, and what becomes of the call."""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import TypeVar

import msgspec
from msgspec.structs import replace

from simulator.clips.spec import ClipSpec
from simulator.core.faults import StandingFault
from simulator.core.task import Task
from simulator.engine.call import Reply
from simulator.faults.fault import (
    Change,
    Deny,
    Fault,
    Instead,
    Lag,
    Readdress,
    Redirect,
    Remake,
    Repeat,
    Scene,
    Spoil,
    Tell,
)

A = TypeVar("A")


class Taken(msgspec.Struct, eq=False):
    """One fault that the call meets; ``did`` once it has changed something.

    ``holder`` is the account that keeps the standing fault and counts it.
    """

    standing: StandingFault
    fault: Fault
    holder: str
    scene: Scene
    did: bool = False


Settle = Callable[[Sequence[Taken]], Awaitable[None]]


class Strike(msgspec.Struct, eq=False):
    """What the faults do to a call, one question after the other; ``close`` ends it.

    ``settle`` keeps which of them did something.
    """

    scene: Scene
    taken: Sequence[Taken]
    settle: Settle

    def __bool__(self) -> bool:
        return bool(self.taken)

    def instead(self) -> Reply | None:
        for one, act in self._acts(Instead):
            reply = act.reply(one.scene)
            if reply is not None:
                one.did = True
                return reply
        return None

    def target(self) -> tuple[str, str]:
        """The path that is meant, and its query."""
        target = self.scene.call.path, self.scene.call.query
        for one, act in self._acts(Readdress):
            meant = act.path(target[0]), act.query(target[1])
            one.did |= meant != target
            target = meant
        return target

    def lag(self) -> int:
        most = 0
        for one, act in self._acts(Lag):
            lag = act.back(one.scene)
            one.did |= lag > 0
            most = max(most, lag)
        return most

    def repeated(self) -> bool:
        found = [one for one, _ in self._acts(Repeat)]
        for one in found:
            one.did = True
        return bool(found)

    def change(self, reply: Reply) -> Reply:
        for one, act in self._acts(Change):
            changed = act.reply(one.scene, reply)
            one.did |= changed is not reply
            reply = changed
        return reply

    def deny(self) -> str | None:
        for one, act in self._acts(Deny):
            word = act.word(one.scene)
            if word is not None:
                one.did = True
                return word
        return None

    def redirect(self) -> str | None:
        for one, act in self._acts(Redirect):
            if not self.scene.call.path.startswith(act.place):
                one.did = True
                return act.place
        return None

    def remake(self, spec: ClipSpec) -> ClipSpec:
        for one, act in self._acts(Remake):
            made = act.spec(spec)
            one.did |= made != spec
            spec = made
        return spec

    def spoil(self, data: bytes) -> bytes:
        for one, act in self._acts(Spoil):
            made = act.data(data)
            one.did |= made != data
            data = made
        return data

    def tell(self) -> Tell:
        """How a callback is made."""
        found = Tell()
        for one, act in self._acts(Tell):
            if not act.backwards:
                one.did = True
            found = Tell(
                max(found.copies, act.copies), found.silent or act.silent, found.deaf or act.deaf
            )
        return found

    def about(self, task: Task | None) -> None:
        """From here on it is known of which task the call is."""
        self.scene = replace(self.scene, task=task)
        for one in self.taken:
            one.scene = replace(one.scene, task=task)

    async def close(self) -> None:
        """Let it be known of every fault whether it did something."""
        taken, self.taken = self.taken, ()
        if taken:
            await self.settle(taken)

    def _acts(self, kind: type[A]) -> Iterator[tuple[Taken, A]]:
        for one in self.taken:
            for act in one.fault.acts:
                if isinstance(act, kind):
                    yield one, act
