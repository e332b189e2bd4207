"""What the control plane moves."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from simulator.callbacks import Deliverer
from simulator.clips.spec import Usage
from simulator.control.feed import Feed, Telling
from simulator.control.media import Samples
from simulator.engine import Engine
from simulator.engine.dialect import Dialect
from simulator.faults.registry import Registry

CALLBACK_WAIT = 5.0


@dataclass(frozen=True, slots=True)
class Plane:
    """The engine, what waits in it, and the dialects whose names and codes may be asked for."""

    engine: Engine
    deliverer: Deliverer
    dialects: Mapping[str, Dialect]
    samples: Samples
    faults: Registry
    feeds: set[Feed] = field(default_factory=set)
    usage: Callable[[], Usage] = Usage
    telling: Telling = field(default_factory=Telling)
    # What is done anew once everything was forgotten.
    after_reset: list[Callable[[], Awaitable[None]]] = field(default_factory=list)
    # Who else may have to tell an account of its tasks, within so many seconds.
    others_tell: list[Callable[[str, float], Awaitable[None]]] = field(default_factory=list)

    def passes_on(self, dialect: str | None) -> str | None:
        """The dialect whose orders are not made here, if that is the one meant or none is named."""
        passed = self.engine.config.dialect if self.engine.config.made_by else None
        return passed if dialect in (None, passed) else None

    async def tell(self, account: str) -> object:
        """Let an account have the callbacks that are due."""
        for others in self.others_tell:
            await others(account, CALLBACK_WAIT)
        return await self.deliverer.drain(account, CALLBACK_WAIT)
