"""What the handlers of one server share, and how it is put together."""

from dataclasses import dataclass
from pathlib import Path

from simulator import control
from simulator.callbacks import Deliverer
from simulator.clips.lazy import LateStudio
from simulator.core.config import Config
from simulator.dialects import CallingBack, Dialects
from simulator.engine import Engine
from simulator.engine.answers import Answers
from simulator.engine.dialect import Dialect
from simulator.faults.registry import Registry
from simulator.faults.terms import OnAcceptance
from simulator.http import logs
from simulator.store.opening import opened


@dataclass(frozen=True, slots=True)
class World:
    """What the handlers of one server share."""

    config: Config
    engine: Engine
    studio: LateStudio
    dialects: Dialects
    root: Dialect | None
    plane: control.Plane
    answers: Answers

    async def begin(self) -> None:
        """Go on with what a lasting store has from before: its clock, and whom to call back."""
        await self.engine.begin()
        if self.engine.store.lasting:
            await self.plane.deliverer.restore()

    def end_feeds(self) -> None:
        for feed in self.plane.feeds:
            feed.close()

    async def close(self) -> None:
        if self.engine.fetch is not None:
            await self.engine.fetch.close()
        await self.plane.deliverer.close()
        await self.plane.samples.close()
        await self.studio.close()
        await self.engine.journal.written()
        await self.engine.store.close()


def create_world(config: Config) -> World:
    """Everything that ``handle`` needs to answer requests."""
    dialects = Dialects(observed=config.fidelity == "observed")
    root = None if config.dialect is None else dialects[config.dialect]
    engine = Engine(config, opened(config.store))
    callbacks = CallingBack(dialects)
    faults = Registry(engine, dialects, config.defect)
    deliverer = Deliverer(engine, callbacks, faults)
    engine.settle_by(OnAcceptance(faults))
    engine.on_change += [deliverer.changed, logs.changed]
    if config.references == "fetch":
        from simulator.http.fetching import Fetcher

        engine.fetch = Fetcher(config.allow_host)
    plane = control.Plane(engine, deliverer, dialects, control.Samples(config.ffmpeg), faults)
    return World(config, engine, _studio(config), dialects, root, plane, Answers())


def _studio(config: Config) -> LateStudio:
    folder = None if config.cache_dir is None else Path(config.cache_dir)
    return LateStudio(ffmpeg=config.ffmpeg, cache_dir=folder, mode=config.clips)
