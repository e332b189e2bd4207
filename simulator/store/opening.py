"""The store that a server was told to use."""

import contextlib
import logging
from pathlib import Path

from simulator.core.config import BadSetting
from simulator.store import Store
from simulator.store.memory import MemoryStore

log = logging.getLogger("seedance.store")
# Clocks of machines that differ by more are worth a word.
FAR_APART_MS = 1000


def opened(name: str) -> Store:
    """The store of ``--store``: ``memory``, ``sqlite:PATH``, or the URL of a Valkey server.

    BadSetting if it cannot be used. What only one of them needs is loaded with that one.
    """
    kind, _, place = name.partition(":")
    if kind == "memory":
        return MemoryStore()
    if kind != "sqlite":
        from simulator.store.valkey import ValkeyStore

        store = ValkeyStore(name)
        if abs(store.ahead_ms) > FAR_APART_MS:
            text = "this machine's clock is %.0f s %s the store's: replicas tell different times"
            seconds, way = (
                abs(store.ahead_ms) / 1000,
                "ahead of" if store.ahead_ms > 0 else "behind",
            )
            log.warning(text, seconds, way)
        return store
    from simulator.store.sqlite import SqliteStore

    path = Path(place)
    return SqliteStore(path, held=_held(path))


def _held(path: Path) -> contextlib.ExitStack:
    """Keeps other servers from a file as long as this process lives, however that ends.

    Two of them would each call the same clients back.
    """
    holding = contextlib.ExitStack()
    try:
        import fcntl
    except ImportError:  # pragma: no cover - Windows has none
        return holding
    beside = path.with_name(f"{path.name}-lock")
    try:
        file = holding.enter_context(beside.open("w", encoding="utf-8"))
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holding.close()
        raise BadSetting(f"--store: another server uses {path}") from None
    except OSError as error:
        holding.close()
        raise BadSetting(f"--store: {path} cannot be used: {error.strerror}") from None
    return holding
