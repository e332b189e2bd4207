"""The renderer that leaves every picture to ffmpeg and x264."""

import asyncio
import tempfile
from pathlib import Path
from typing import Any

from simulator.clips.process import Ffmpeg
from simulator.clips.spec import FPS, ClipSpec

RATE = 48000


async def render(spec: ClipSpec, tool: Ffmpeg) -> bytes:
    with tempfile.TemporaryDirectory(prefix="seedance-sim-") as folder:
        made = Path(folder, "clip.mp4")
        await tool.run(graph(spec, made))
        return await asyncio.to_thread(made.read_bytes)


def graph(spec: ClipSpec, made: Path) -> Any:
    import ffmpeg

    hue = spec.seed % 360
    size = f"{spec.width}x{spec.height}"
    streams = [ffmpeg.input(f"testsrc2=s={size}:r={FPS}", f="lavfi").filter("hue", h=hue)]
    if spec.sound:
        tone = f"sine=frequency={330 + hue}:beep_factor=4:sample_rate={RATE}"
        streams.append(ffmpeg.input(tone, f="lavfi", t=spec.frames / FPS))
    return ffmpeg.output(*streams, str(made), **options(spec))


def options(spec: ClipSpec) -> dict[str, Any]:
    sound = {"c:a": "aac", "ac": 1} if spec.sound else {}
    return sound | {
        "movflags": "+faststart",
        "frames:v": spec.frames,
        "c:v": "libx264",
        "preset": "ultrafast",
        "pix_fmt": "yuv420p",
        "metadata": f"title={spec.task}",
    }
