"""The store that a server was told to use."""

import contextlib
import importlib.util
import logging
from pathlib import Path

from simulator.core.config import BadSetting
from simulator.store import Store
from simulator.store.memory import MemoryStore

log = logging.getLogger("seedance.store")
# Clocks of machines that differ by more are worth a word.
FAR_APART_MS = 1000


def opened(name: str, held: bool = False) -> Store:
    """The store of ``--store``: ``memory``, ``sqlite:PATH``, or the URL of a Valkey server.

    BadSetting if it cannot be used. What only one of them needs is loaded with that one. ``held``
    says that a parent of this process keeps other servers from its file.
    """
    kind = name.partition(":")[0]
    if kind == "memory":
        return MemoryStore()
    if kind != "sqlite":
        from simulator.store.valkey import ValkeyStore

        store = ValkeyStore(name)
        if abs(store.ahead_ms) > FAR_APART_MS:
            text = "this machine's clock is %.0f s %s the store's; the time is told by the store's"
            seconds, way = (
                abs(store.ahead_ms) / 1000,
                "ahead of" if store.ahead_ms > 0 else "behind",
            )
            log.warning(text, seconds, way)
        return store
    from simulator.store.sqlite import SqliteStore

    return SqliteStore(_path(name), None if held else hold(name))


def _path(name: str) -> Path:
    return Path(name.partition(":")[2])


def hold(name: str) -> contextlib.ExitStack:
    """Keeps other servers from a file as long as this process lives, however that ends.

    Their settings may differ, and each would answer by its own.
    """
    holding = contextlib.ExitStack()
    if not name.startswith("sqlite:"):
        return holding
    path = _path(name)
    beside = path.with_name(f"{path.name}-lock")
    try:
        (_lock if importlib.util.find_spec("fcntl") else _lock_as_database)(beside, holding)
    except BlockingIOError:
        holding.close()
        raise BadSetting(f"--store: another server uses {path}") from None
    except OSError as error:
        holding.close()
        raise BadSetting(f"--store: {path} cannot be used: {error.strerror}") from None
    return holding


def _lock(beside: Path, holding: contextlib.ExitStack) -> None:
    """Lock a file, for this process and those that it forks. BlockingIOError if it is locked."""
    import fcntl

    file = holding.enter_context(beside.open("w", encoding="utf-8"))
    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _lock_as_database(beside: Path, holding: contextlib.ExitStack) -> None:
    """The same where there is no such lock, as on Windows, by the one that SQLite has anywhere."""
    import sqlite3

    try:
        database = sqlite3.connect(beside, timeout=0, isolation_level=None)
        holding.callback(database.close)
        database.execute("BEGIN EXCLUSIVE")
    except sqlite3.OperationalError as error:
        if "locked" in str(error):
            raise BlockingIOError from None
        raise OSError(0, str(error)) from None
