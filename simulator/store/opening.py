"""The store that a server was told to use."""

import contextlib
from pathlib import Path

from simulator.core.config import BadSetting
from simulator.store import Store
from simulator.store.memory import MemoryStore


def opened(name: str) -> Store:
    """The store of ``--store``: ``memory``, or ``sqlite:PATH``; BadSetting if it cannot be used."""
    kind, _, place = name.partition(":")
    if kind == "memory":
        return MemoryStore()
    from simulator.store.sqlite import SqliteStore  # nobody else needs the database

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
