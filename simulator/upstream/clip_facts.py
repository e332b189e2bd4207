"""The facts of a recorded clip, beside those of the clip that the simulator would make."""

import asyncio
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from simulator.clips.spec import FPS, ClipSpec
from simulator.core.task import Phase, Task
from simulator.engine import Engine
from simulator.http.rendering import spec_of
from simulator.media.movie import pictures
from simulator.media.probe import probe
from simulator.media.reading import Unreadable

# By their names: its size in pixels, how many frames it has, and so on.
Facts = dict[str, str]
# Longer clips are looked at no further.
MOST_BYTES = 256 * 1024 * 1024
_CODECS = {"avc1": "h264", "avc3": "h264", "hvc1": "hevc", "hev1": "hevc", "av01": "av1"}


async def kept(lines: Iterable[Mapping[str, Any]], files: Path) -> dict[str, Facts]:
    """The facts of each clip that a recording keeps, by its name."""
    names = {str(line.get("name", "")) for line in lines if line["kind"] == "file"} - {""}
    found = {name: await asyncio.to_thread(measured, files / name) for name in sorted(names)}
    return {name: facts for name, facts in found.items() if facts is not None}


async def differences(recorded: Facts, task: Task, engine: Engine) -> list[tuple[str, str, str]]:
    """Which facts of a recorded clip are others than those of the task's clip here."""
    if task.end is not Phase.SUCCEEDED:
        return []
    simulated = expected(await spec_of(task, engine))
    return [(n, v, simulated[n]) for n, v in recorded.items() if v != simulated[n]]


def measured(path: Path) -> Facts | None:
    """The facts of a clip in a file; None where it is none that can be read."""
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
        if len(data) > MOST_BYTES:
            return None
        facts = probe(data)
        frames = pictures(memoryview(data)) if facts.kind == "video" else 0
    except (OSError, Unreadable):
        return None
    if facts.kind != "video":
        return None
    return {
        "container": facts.format,
        "size": f"{facts.width}x{facts.height}",
        "fps": f"{facts.fps:g}",
        "frames": str(frames),
        "codec": _codec(data),
        "sound": "sound" if facts.channels else "silent",
    }


def expected(spec: ClipSpec) -> Facts:
    """The same of the clip that is made by a specification."""
    return {
        "container": spec.container,
        "size": f"{spec.width}x{spec.height}",
        "fps": str(FPS),
        "frames": str(spec.frames),
        "codec": "h264",
        "sound": "sound" if spec.sound else "silent",
    }


def _codec(data: bytes) -> str:
    """By the four letters of the first sample entry that is of a picture."""
    at = data.find(b"stsd")
    while at >= 0:
        name = data[at + 16 : at + 20].decode("latin-1")
        if name in _CODECS:
            return _CODECS[name]
        at = data.find(b"stsd", at + 4)
    return "unknown"
