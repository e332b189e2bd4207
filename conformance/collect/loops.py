"""The event loop of a run."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

Made = TypeVar("Made")


def run(work: Coroutine[Any, Any, Made]) -> Made:
    """Run to the end, on uvloop where it is installed."""
    try:
        import uvloop  # noqa: PLC0415 (not on every platform)
    except ImportError:  # not on every platform
        return asyncio.run(work)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(work)
