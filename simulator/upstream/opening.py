"""Who answers the calls of a dialect on this server, by its settings."""

from simulator import control
from simulator.core.addresses import Policy
from simulator.core.config import Config
from simulator.engine import Engine
from simulator.engine.dialect import Dialect
from simulator.upstream.asking import Upstream
from simulator.upstream.budget import Budget
from simulator.upstream.passing import Passing
from simulator.upstream.recording import Recorder
from simulator.upstream.streaming import Files


def opened(
    config: Config, dialect: Dialect, engine: Engine, plane: control.Plane
) -> tuple[Passing, Files]:
    """What passes calls on, and what passes files on."""
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
