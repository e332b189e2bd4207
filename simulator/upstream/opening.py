"""Who answers the calls of a dialect on this server, by its settings."""

from simulator import control
from simulator.callbacks.sender import Sender
from simulator.clips.lazy import LateStudio
from simulator.control.faults import idle
from simulator.core.addresses import Policy
from simulator.core.config import Config
from simulator.engine import Engine
from simulator.engine.dialect import Callbacks, Dialect
from simulator.faults.catalogue import CATALOGUE
from simulator.http.logs import tell
from simulator.upstream.asking import Upstream
from simulator.upstream.budget import Budget
from simulator.upstream.cassette import opened as cassette_of
from simulator.upstream.choosing import Chooser
from simulator.upstream.passing import Passing
from simulator.upstream.recalling import Recalling
from simulator.upstream.recording import Recorder
from simulator.upstream.relay import Direct, Relay
from simulator.upstream.replayed_files import ReplayedFiles
from simulator.upstream.replaying import Replaying
from simulator.upstream.streaming import Files


def opened(
    config: Config, dialect: Dialect, engine: Engine, plane: control.Plane, studio: LateStudio
) -> tuple[Passing | Replaying, Files, Callbacks | None]:
    """What passes calls on or replays them, what does so with files, and who is called back."""
    if config.made_by:
        _tell_idle(config, dialect)
    if config.replay is not None:
        return _replayed(config.replay, config.otherwise == "simulate", dialect, plane, studio)
    assert config.upstream is not None
    address = config.upstream.removesuffix(dialect.base_path)
    upstream = Upstream(address, Policy.of(config.callbacks, config.allow_host))
    relay: Relay | None = None
    passing = Passing(
        dialect,
        upstream,
        Budget(config.max_cost),
        keep_links=config.keep_links,
        paying=config.yes,
        callers=Direct(),
    )
    files = Files(engine, upstream, plane.faults, plane.tell, config.keep_links)
    if config.public_url is not None:
        relay = files.relay = passing.callers = _relay(config, dialect, plane)
    if config.record is not None:
        recorder = Recorder.opened(config.record, dialect, address, engine, config.facts_only)
        passing.seen.append(recorder.exchange)
        files.watches.append(recorder.watch)
        files.ends.append(recorder.close)
        if relay is not None:
            relay.watches.append(recorder.heard)
    return passing, files, None  # the upstream calls, not this server


def _tell_idle(config: Config, dialect: Dialect) -> None:
    """Say which defects do nothing here; the other dialects have them all the same."""
    for name in config.defect:
        if why := idle(CATALOGUE[name], None, config):
            tell(f"--defect {name} does nothing here", dialect=dialect.name, reason=why)


def _relay(config: Config, dialect: Dialect, plane: control.Plane) -> Relay:
    """What receives callbacks at the public address of this server."""
    sender = Sender(Policy.of(config.callbacks, config.allow_host))
    base = (config.public_url or "").rstrip("/")
    relay = Relay(plane.engine, dialect, plane.faults, sender, base, config.keep_links)
    plane.others_tell.append(relay.first)
    return relay


def _replayed(
    recording: str, simulate: bool, dialect: Dialect, plane: control.Plane, studio: LateStudio
) -> tuple[Replaying, Files, Callbacks | None]:
    cassette, engine = cassette_of(recording, dialect), plane.engine
    if cassette.missing:
        tell("files are not beside the recording: clips are rendered", files=cassette.missing)
    if cassette.untold:
        tell("callbacks say nothing that is known: they are not replayed", number=cassette.untold)
    store = ReplayedFiles(dialect, cassette, engine, studio, simulate)
    replaying = Replaying(dialect, Chooser(dialect, cassette, engine), simulate)
    files = Files(engine, store, plane.faults, plane.tell)
    return replaying, files, Recalling(dialect, cassette).callbacks()
