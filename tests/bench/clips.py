"""What clips cost: CPU time as ratios to a plain encoder in the same run.

    python -m tests.bench.clips [rounds]

Every row is the median of interleaved rounds of the CPU time of this process and its children.
Clips are ordered with the forty prompts of ``prompts.txt``, each one new: before each round
everything is forgotten that was kept of their words and of their ideographs. Letters of
the Latin alphabet stay, as with any server that has drawn a few prompts. The dearest of the forty
is shown too.
"""

import asyncio
import resource
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path

import imageio_ffmpeg

from simulator.clips import fonts, letters, text
from simulator.clips.spec import ClipSpec
from simulator.clips.studio import Studio
from tests.clips.specs import image, spec

PROMPTS = Path(__file__).with_name("prompts.txt").read_text("utf-8").splitlines()
KEPT = (fonts.setting, text.line, text.clean, letters.known)
HD = spec(width=1280, height=720, frames=121, resolution="720p")
FHD = spec(width=1920, height=1080, frames=721, resolution="1080p")
UHD = spec(width=3840, height=2160, frames=361, resolution="4k")
numbers = count()


@dataclass(frozen=True, slots=True)
class Row:
    """A figure: what was measured, against what, and the most or least that it may be."""

    name: str
    cost: str
    base: str
    limit: float

    def ratio(self, costs: dict[str, float]) -> float:
        return costs[self.base] / costs[self.cost]


ROWS = (
    Row("720p 5 s, unique, sound", "720p 5 s", "x264 720p 5 s", 150),
    Row("4K 15 s, unique, sound", "4K 15 s", "x264 4K 15 s", 1000),
    Row("720p 15 s against 5 s (at most twice)", "720p 15 s", "720p 5 s", 0.5),
    Row("1080p 30 s, unique, sound", "1080p 30 s", "x264 720p 5 s", 50),
    Row("720p 30 s against 5 s (at most twice)", "720p 30 s", "720p 5 s", 0.5),
    Row("720p 30 s as MOV against 5 s (at most thrice)", "720p 30 s MOV", "720p 5 s", 0.33),
    Row("720p with its own picture", "720p own", "x264 720p 5 s", 12),
    Row("4K with its own picture", "4K own", "x264 4K 5 s", 40),
)


def spent() -> float:
    """CPU seconds of this process and of its children so far."""
    kinds = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return sum(used.ru_utime + used.ru_stime for used in map(resource.getrusage, kinds))


async def timed(work: Callable[[], Awaitable[object]], repeats: int = 1) -> float:
    """CPU milliseconds of one of several repeats, with letters that are new."""
    return statistics.mean(await each(work, repeats))


async def each(work: Callable[[], Awaitable[object]], repeats: int) -> list[float]:
    """CPU milliseconds of every repeat."""
    for kept in KEPT:
        kept.cache_clear()
    letters.CASE.forget(but=fonts.LATIN)
    taken = []
    for _ in range(repeats):
        before = spent()
        await work()
        taken.append((spent() - before) * 1000)
    return taken


def encoder(wanted: ClipSpec) -> Callable[[], Awaitable[object]]:
    size, seconds = f"{wanted.width}x{wanted.height}", wanted.frames / 24

    async def run() -> None:
        with tempfile.TemporaryDirectory() as folder:
            source = f"testsrc2=s={size}:r=24:d={seconds}"
            command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-f", "lavfi", "-i", source]
            command += ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p"]
            made = str(Path(folder, "clip.mp4"))
            await asyncio.to_thread(subprocess.run, [*command, made], check=True)

    return run


def another(wanted: ClipSpec) -> ClipSpec:
    """The same order from another task, with the next of the forty prompts."""
    number = next(numbers)
    prompt = PROMPTS[number % len(PROMPTS)]
    return replace(wanted, task=f"cgt-20260101-{number:05}", prompt=prompt)


def clip(studio: Studio, wanted: ClipSpec) -> Callable[[], Awaitable[object]]:
    return lambda: studio.clip(another(wanted))


def own(studio: Studio, wanted: ClipSpec) -> Callable[[], Awaitable[object]]:
    pictures = iter(
        [image(number % 12, 1600, 1200, "JPEG") + bytes(number) for number in range(99)]
    )
    return lambda: studio.clip(replace(another(wanted), first=next(pictures)))


async def costs(rounds: int) -> dict[str, float]:
    studio = Studio()
    works = {
        "720p 5 s": (clip(studio, HD), len(PROMPTS)),
        "720p 15 s": (clip(studio, replace(HD, frames=361)), len(PROMPTS)),
        "720p 30 s": (clip(studio, replace(HD, frames=721)), len(PROMPTS)),
        "720p 30 s MOV": (clip(studio, replace(HD, frames=721, container="mov")), len(PROMPTS)),
        "1080p 30 s": (clip(studio, FHD), len(PROMPTS)),
        "4K 5 s": (clip(studio, replace(UHD, frames=121)), len(PROMPTS)),
        "4K 15 s": (clip(studio, UHD), len(PROMPTS)),
        "720p own": (own(studio, HD), 3),
        "4K own": (own(studio, replace(UHD, frames=121)), 2),
        "720p last frame": (lambda: studio.last_frame(another(HD)), 3),
        "4K last frame": (lambda: studio.last_frame(another(UHD)), 1),
        "x264 720p 5 s": (encoder(HD), 1),
        "x264 4K 5 s": (encoder(replace(UHD, frames=121)), 1),
        "x264 4K 15 s": (encoder(UHD), 1),
    }
    firsts = {name: await timed(work) for name, (work, _) in works.items() if "x264" not in name}
    taken: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(rounds):
        for name, (work, repeats) in works.items():
            taken[name].append(await timed(work, repeats))
    dearest = {name: max(await each(*works[name])) for name in ("720p 5 s", "4K 15 s")}
    await studio.close()
    for name, times in taken.items():
        say(f"{name:24} {' '.join(f'{cost:10.1f}' for cost in sorted(times))}")
    say("")
    medians = {name: statistics.median(times) for name, times in taken.items()}
    return (
        medians
        | {f"dearest {name}": cost for name, cost in dearest.items()}
        | {f"first {name}": cost for name, cost in firsts.items()}
    )


def say(text: str) -> None:
    sys.stdout.write(text + "\n")


def main() -> None:
    found = asyncio.run(costs(int(sys.argv[1]) if len(sys.argv) > 1 else 3))
    for name, cost in found.items():
        say(f"{name:24} {cost:10.1f} ms CPU")
    say("")
    failed = 0
    for row in ROWS:
        ratio = row.ratio(found)
        failed += ratio < row.limit
        verdict = "ok" if ratio >= row.limit else "TOO SLOW"
        say(f"{row.name:40} {ratio:10.1f} of {row.limit:7.1f}  {verdict}")
    sys.exit(bool(failed))


if __name__ == "__main__":
    main()
