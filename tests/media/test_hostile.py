"""No file, however built, makes the prober fetch, open, allocate much, or take long."""

import gc
import os
import sys
import time
import tracemalloc
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from simulator.media.probe import Unreadable, probe

from .hostile import CANARY, measured, refused

MOST_SECONDS = 0.05
MOST_BYTES = 64 * 1024 * 1024
REFUSED = tuple(refused("http://127.0.0.1:9", "/nowhere"))
WATCHED = ("open", "os.", "socket.", "subprocess.", "ctypes.", "urllib.", "shutil.", "mmap.")

_events: list[str] | None = None


def _watch(event: str, _: object) -> None:
    if _events is not None and event.startswith(WATCHED):
        _events.append(event)


sys.addaudithook(_watch)


@pytest.fixture(autouse=True, scope="module")
def what_was_there_before() -> Iterator[None]:
    """What earlier tests left stays out of the many collections of these."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


@contextmanager
def watching() -> Iterator[list[str]]:
    """What the interpreter is asked of the outside world meanwhile."""
    global _events
    gc.collect()  # what other tests left behind may close files when it goes
    gc.disable()
    seen: list[str] = []
    _events = seen
    try:
        yield seen
    finally:
        _events = None
        gc.enable()


def outcome(data: bytes) -> str:
    try:
        return repr(probe(data))
    except Unreadable as refusal:
        return refusal.reason


@pytest.fixture(scope="module")
def pitfalls(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, bytes]:
    """The files that lead elsewhere or nowhere, all made at once."""
    folder = tmp_path_factory.mktemp("pitfalls")
    (folder / CANARY).write_text("canary", "utf-8")
    return refused("http://127.0.0.1:9", str(folder))


@pytest.mark.parametrize("name", REFUSED)
def test_refuses_without_touching_anything(name: str, pitfalls: Mapping[str, bytes]) -> None:
    data = pitfalls[name]
    with watching() as seen, pytest.raises(Unreadable, match=r"\.$"):
        probe(data)
    assert seen == []


@pytest.mark.parametrize("name", tuple(measured()))
def test_measures_what_lies_only_where_it_does_not_count(name: str) -> None:
    data, ms = measured()[name]
    with watching() as seen:
        facts = probe(data)
    assert facts.ms == ms
    assert seen == []


def test_the_watch_sees_a_file_being_opened() -> None:
    with watching() as seen:
        Path(__file__).read_bytes()
    assert "open" in seen


def best_seconds(data: bytes) -> float:
    """The best of three, so that a busy machine does not count."""
    taken = []
    for _ in range(3):
        begin = time.thread_time()
        outcome(data)
        taken.append(time.thread_time() - begin)
    return min(taken)


def test_every_hostile_file_is_quick_and_small() -> None:
    files = refused("http://127.0.0.1:9", os.sep)
    slow = {name: best_seconds(data) for name, data in files.items()}
    assert max(slow.values()) < MOST_SECONDS, slow
    gc.collect()
    tracemalloc.start()
    for data in files.values():
        outcome(data)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < MOST_BYTES
