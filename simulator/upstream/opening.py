"""Who answers the calls of a dialect on this server, by its settings."""

from simulator import control
from simulator.clips.lazy import LateStudio
from simulator.core.addresses import Policy
from simulator.core.config import Config
from simulator.engine import Engine
from simulator.engine.dialect import Dialect
from simulator.http.logs import tell
from simulator.upstream.asking import Upstream
from simulator.upstream.budget import Budget
from simulator.upstream.cassette import opened as cassette_of
from simulator.upstream.choosing import Chooser
from simulator.upstream.passing import Passing
from simulator.upstream.recording import Recorder
from simulator.upstream.replayed_files import ReplayedFiles
from simulator.upstream.replaying import Replaying
from simulator.upstream.streaming import Files


def opened(
    config: Config, dialect: Dialect, engine: Engine, plane: control.Plane, studio: LateStudio
) -> tuple[Passing | Replaying, Files]:
    """What passes calls on or replays them, and what does so with files."""
    if config.replay is not None:
        return _replayed(config.replay, config.otherwise == "simulate", dialect, plane, studio)
    assert config.upstream is not None
    address = config.upstream.removesuffix(dialect.base_path)
    upstream = Upstream(address, Policy.of(config.callbacks, config.allow_host))
    passing = Passing(
        dialect,
        upstream,
        Budget(config.max_cost),
        keep_links=config.keep_links,
        paying=config.yes,
    )
    files = Files(engine, upstream, plane.faults, plane.tell, config.keep_links)
    if config.record is not None:
        recorder = Recorder.opened(config.record, dialect, address, engine, config.facts_only)
        passing.seen.append(recorder.exchange)
        files.watches.append(recorder.watch)
        files.ends.append(recorder.close)
    return passing, files


def _replayed(
    recording: str, simulate: bool, dialect: Dialect, plane: control.Plane, studio: LateStudio
) -> tuple[Replaying, Files]:
    cassette, engine = cassette_of(recording, dialect), plane.engine
    if cassette.missing:
        tell("files are not beside the recording: clips are rendered", files=cassette.missing)
    store = ReplayedFiles(dialect, cassette, engine, studio, simulate)
    replaying = Replaying(dialect, Chooser(dialect, cassette, engine), simulate)
    return replaying, Files(engine, store, plane.faults, plane.tell)
