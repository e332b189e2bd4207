"""What clips cost: CPU time as ratios to a plain encoder in the same run.

    python -m tests.bench.clips [rounds]

Every row is the median of pairs: a batch of clips and what they are measured against, one right
after the other and each of them first every other time, so that both meet the machine in the
same mood. Beside it stand the quartiles of the pairs, and the CPU time of one clip and of its
base, of this process and its children. So many rounds are as many times the pairs.

A batch has the forty prompts of ``prompts.txt``, each one new: before it everything is forgotten
that was kept of their words and of their ideographs. Letters of the Latin alphabet stay, as with
any server that has drawn a few prompts. The dearest of the forty is shown too.
"""

import asyncio
import resource
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import imageio_ffmpeg
from msgspec.structs import replace

from simulator.clips import fonts, letters, text
from simulator.clips.spec import ClipSpec
from simulator.clips.studio import Studio
from tests.clips.specs import image, spec

PROMPTS = Path(__file__).with_name("prompts.txt").read_text("utf-8").splitlines()
KEPT = (fonts.setting, text.line, text.clean)
HD = spec(width=1280, height=720, frames=121, resolution="720p")
FHD = spec(width=1920, height=1080, frames=721, resolution="1080p")
UHD = spec(width=3840, height=2160, frames=361, resolution="4k")
numbers = count()


@dataclass(frozen=True, slots=True)
class Row:
    """A figure: what is measured, against what, the least that it may be, and by how many pairs."""

    name: str
    cost: str
    base: str
    limit: float
    pairs: int


@dataclass(frozen=True, slots=True)
class Work:
    """What is measured, and how often it is done at a time."""

    run: Callable[[], Awaitable[object]]
    repeats: int = 1


# The more there is between a figure and its limit, and the dearer what it is measured against,
# the fewer pairs; odd numbers, for the sake of the median.
ROWS = (
    Row("720p 5 s, unique, sound", "720p 5 s", "x264 720p 5 s", 150, 21),
    Row("4K 15 s, unique, sound", "4K 15 s", "x264 4K 15 s", 1000, 3),
    Row("720p 15 s against 5 s (at most twice)", "720p 15 s", "720p 5 s", 0.5, 9),
    Row("1080p 30 s, unique, sound", "1080p 30 s", "x264 720p 5 s", 50, 5),
    Row("720p 30 s against 5 s (at most twice)", "720p 30 s", "720p 5 s", 0.5, 9),
    Row("720p 30 s as MOV against 5 s (at most thrice)", "720p 30 s MOV", "720p 5 s", 0.33, 9),
    Row("720p with its own picture", "720p own", "x264 720p 5 s", 12, 5),
    Row("4K with its own picture", "4K own", "x264 4K 5 s", 40, 3),
)


def spent() -> float:
    """CPU seconds of this process and of its children so far."""
    kinds = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return sum(used.ru_utime + used.ru_stime for used in map(resource.getrusage, kinds))


async def timed(work: Work) -> float:
    """CPU milliseconds of one of the repeats, with letters that are new."""
    return statistics.mean(await each(work))


async def each(work: Work) -> list[float]:
    """CPU milliseconds of every repeat."""
    for kept in KEPT:
        kept.cache_clear()
    letters.CASE.forget(but=fonts.LATIN)
    taken = []
    for _ in range(work.repeats):
        before = spent()
        await work.run()
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


def works(studio: Studio) -> dict[str, Work]:
    """All that is measured."""
    whole = len(PROMPTS)
    return {
        "720p 5 s": Work(clip(studio, HD), whole),
        "720p 15 s": Work(clip(studio, replace(HD, frames=361)), whole),
        "720p 30 s": Work(clip(studio, replace(HD, frames=721)), whole),
        "720p 30 s MOV": Work(clip(studio, replace(HD, frames=721, container="mov")), whole),
        "1080p 30 s": Work(clip(studio, FHD), whole),
        "4K 15 s": Work(clip(studio, UHD), whole),
        "720p own": Work(own(studio, HD), 3),
        "4K own": Work(own(studio, replace(UHD, frames=121)), 2),
        "720p last frame": Work(lambda: studio.last_frame(another(HD)), 3),
        "4K last frame": Work(lambda: studio.last_frame(another(UHD))),
        "x264 720p 5 s": Work(encoder(HD)),
        "x264 4K 5 s": Work(encoder(replace(UHD, frames=121))),
        "x264 4K 15 s": Work(encoder(UHD)),
    }


async def paired(cost: Work, base: Work, pairs: int) -> list[tuple[float, float]]:
    """CPU milliseconds of both, in pairs that begin with one and with the other in turns."""
    taken = []
    for number in range(pairs):
        if number % 2:
            against = await timed(base)
            taken.append((await timed(cost), against))
        else:
            taken.append((await timed(cost), await timed(base)))
    return taken


async def measured(rounds: int) -> dict[str, list[tuple[float, float]]]:
    """The pairs of every row; what has no row is shown."""
    studio = Studio()
    known = works(studio)
    bases = {row.base for row in ROWS if row.base.startswith("x264")}
    say("first:")
    for name in (name for name in known if name not in bases):
        say(f"{name:48} {await timed(known[name]):8.1f} ms CPU")
    say("dearest of the forty, and frames:")
    for name in ("720p 5 s", "4K 15 s", "720p last frame", "4K last frame"):
        say(f"{name:48} {max(await each(known[name])):8.1f} ms CPU")
    found = {
        row.name: await paired(known[row.cost], known[row.base], row.pairs * rounds) for row in ROWS
    }
    await studio.close()
    return found


def say(text: str) -> None:
    sys.stdout.write(text + "\n")


def main() -> None:
    found = asyncio.run(measured(int(sys.argv[1]) if len(sys.argv) > 1 else 1))
    say("\nmedian of pairs, its least, and the quartiles of the pairs; CPU of one and of its base:")
    failed = 0
    for row in ROWS:
        pairs = found[row.name]
        low, middle, high = statistics.quantiles([base / cost for cost, base in pairs], n=4)
        cost, base = map(statistics.median, zip(*pairs, strict=True))
        failed += middle < row.limit
        verdict = "ok" if middle >= row.limit else "TOO SLOW"
        figures = f"{middle:8.1f} of {row.limit:7.1f}  {low:7.1f} to {high:7.1f}"
        say(f"{row.name:46} {figures}  {cost:7.2f} {base:8.1f} ms  {verdict}")
    sys.exit(bool(failed))


if __name__ == "__main__":
    main()
