"""What the handlers of one server share, and how it is put together."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

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

if TYPE_CHECKING:
    from simulator.upstream.passing import Passing
    from simulator.upstream.replaying import Replaying
    from simulator.upstream.streaming import Files


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
    passing: "Passing | Replaying | None" = None
    files: "Files | None" = None

    def passing_of(self, dialect: Dialect) -> "Passing | Replaying | None":
        """Who answers the calls of a dialect in its place."""
        return self.passing if self.passing and self.passing.dialect is dialect else None

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
        if self.files is not None:
            await self.files.close()
        await self.plane.deliverer.close()
        await self.plane.samples.close()
        await self.studio.close()
        await self.engine.journal.written()
        await self.engine.store.close()


def create_world(config: Config) -> World:
    """Everything that ``handle`` needs to answer requests."""
    dialects = Dialects(observed=config.fidelity == "observed")
    root = None if config.dialect is None else dialects[config.dialect]
    engine = Engine(config, opened(config.store, held=config.workers > 1))
    callbacks = CallingBack(dialects)
    faults = Registry(engine, dialects, config.defect)
    deliverer = Deliverer(engine, callbacks, faults)
    engine.settle_by(OnAcceptance(faults))
    engine.on_change += [deliverer.changed, logs.changed]
    if config.references == "fetch":
        from simulator.http.fetching import Fetcher

        engine.fetch = Fetcher(config.allow_host)
    studio, samples = _studio(config), control.Samples(config.ffmpeg)
    plane = control.Plane(engine, deliverer, dialects, samples, faults, usage=studio.usage)
    world = World(config, engine, studio, dialects, root, plane, Answers())
    if config.upstream is None and config.replay is None:
        return world
    from simulator.upstream.opening import opened as passing_on  # of few servers

    assert root is not None
    passing, files, calling = passing_on(config, root, engine, plane, world.studio)
    callbacks.others[root.name] = calling
    return replace(world, passing=passing, files=files)


def _studio(config: Config) -> LateStudio:
    folder = None if config.cache_dir is None else Path(config.cache_dir)
    return LateStudio(ffmpeg=config.ffmpeg, cache_dir=folder, mode=config.clips)
