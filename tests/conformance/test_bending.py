"""Gateways that break a sentence at one value only are noticed by its row."""

from pathlib import Path

import pytest

from tests.conformance.bending import Bend, before, swapped
from tests.conformance.meeting import judged, recorded, serving

WHOLE = r"(?![.\d])"


def wider(row: str, beyond: str, within: str) -> Bend:
    """A limit that is wider than the document has it: what is beyond is taken for what is not."""
    return Bend(f"{beyond} is taken", row, swapped(beyond + WHOLE, within))


def tighter(row: str, within: str, beyond: str) -> Bend:
    """A limit that is narrower: what is on it is taken for what is beyond."""
    return Bend(f"{within} is refused", row, swapped(within + WHOLE, beyond))


LIMITS = (
    wider("evolink.videos.fps", "fps=23.49", "fps=24"),
    wider("evolink.videos.fps", "fps=60.51", "fps=60"),
    tighter("evolink.videos.fps", "fps=24", "fps=23"),
    tighter("evolink.videos.fps", "fps=60", "fps=61"),
    wider("evolink.images.ratio", "width=584", "width=600"),
    wider("evolink.images.ratio", "width=1507", "width=1500"),
    tighter("evolink.images.ratio", "width=600&height=1500", "width=500&height=1500"),
    wider("evolink.videos.ratio", "width=1508", "width=1500"),
    wider("evolink.videos.area", "width=638&height=642", "width=640&height=640"),
    wider("evolink.videos.area", "width=870&height=1066", "width=834&height=1112"),
    tighter("evolink.videos.area", "width=834&height=1112", "width=900&height=1112"),
    wider("evolink.videos.seconds", "seconds=15.22", "seconds=15"),
    wider("evolink.videos.seconds", "seconds=1.78", "seconds=2"),
    tighter("evolink.videos.seconds", "seconds=15", "seconds=16"),
    tighter("evolink.videos.seconds", "seconds=2", "seconds=1"),
    wider("evolink.videos.total", "seconds=8.22", "seconds=8"),
    wider("evolink.videos.total", "seconds=5.22", "seconds=5"),
    tighter("evolink.audios.total", "seconds=8", "seconds=12"),
    wider("evolink.audios.seconds", "seconds=1.78", "seconds=2"),
    wider("evolink.images.side", "width=299", "width=300"),
    wider("evolink.images.side", "height=299", "height=300"),
    wider("evolink.images.side", "width=6001", "width=6000"),
    tighter("evolink.images.side", "width=300", "width=290"),
    wider("evolink.images.bytes", "size=31457281", "size=1000000"),
    tighter("evolink.videos.bytes", "size=50000000", "size=60000000"),
    wider("evolink.images.format", "format=bmp", "format=png"),
    wider("evolink.images.format", "format=tiff", "format=png"),
    wider("evolink.videos.format", "format=mkv", "format=mp4"),
    wider("evolink.audios.format", "format=flac", "format=mp3"),
    tighter("evolink.videos.format", "format=mov", "format=mkv"),
    wider("uniall.videos.seconds", "seconds=15.22", "seconds=15"),
    tighter("uniall.videos.total", "seconds=8", "seconds=9"),
    wider("ark.media.video.area", "width=3012&height=2754", "width=3000&height=2700"),
    wider("ark.media.image.ratio", "width=584", "width=601"),
)  # fmt: skip
FEW = ("fps=60.51 is taken", "format=flac is taken", "seconds=15 is refused")


def label(bend: Bend) -> str:
    return f"{bend.row} {bend.name}"


async def told(bend: Bend, folder: Path) -> str:
    """What the suite says of the row before a bent gateway."""
    async with serving() as base, before(base, bend) as gateway:
        found = judged(await recorded(gateway, bend.dialect, (bend.row,), folder), (bend.row,))
    return found[bend.row].result


@pytest.mark.parametrize("bend", [each for each in LIMITS if each.name in FEW], ids=label)
async def test_a_limit_that_is_off_at_one_value_is_noticed(bend: Bend, tmp_path: Path) -> None:
    assert await told(bend, tmp_path) == "fail"


@pytest.mark.slow
@pytest.mark.parametrize("bend", LIMITS, ids=label)
async def test_every_limit_is_held_on_the_value(bend: Bend, tmp_path: Path) -> None:
    assert await told(bend, tmp_path) in ("fail", "warn")


@pytest.mark.slow
@pytest.mark.parametrize("row", sorted({each.row for each in LIMITS}))
async def test_a_gateway_that_passes_on_what_it_gets_is_not_noticed(
    row: str, tmp_path: Path
) -> None:
    assert await told(Bend("nothing", row), tmp_path) == "pass"
