"""Small pictures of a clip: of which moments, how large, in which format."""

import io
from typing import Literal

import pytest
from PIL import Image, ImageChops, ImageStat

from simulator.clips.spec import ClipSpec
from simulator.clips.studio import Studio
from simulator.core.media import Rendition
from tests.clips.decoders import picture, seen
from tests.clips.specs import image, spec

ORDERS = [
    spec(frames=97),
    spec(frames=97, width=496, height=864, first=image(1), last=image(2)),
]


@pytest.mark.parametrize(
    ("mode", "wanted"),
    [
        pytest.param("fast", ORDERS[0], id="fast-text"),
        pytest.param("fast", ORDERS[1], id="fast-frames"),
        pytest.param("full", ORDERS[0], id="full-text", marks=pytest.mark.slow),
        pytest.param("full", ORDERS[1], id="full-frames"),
    ],
)
async def test_previews_show_the_clip_at_their_time(
    mode: Literal["fast", "full"], wanted: ClipSpec
) -> None:
    studio = Studio(mode=mode)
    frames = seen((await studio.rendition(wanted, Rendition.CLIP)).data).frames
    thumbnail = opened((await studio.rendition(wanted, Rendition.THUMBNAIL)).data)
    sheet = opened((await studio.rendition(wanted, Rendition.SPRITESHEET)).data)
    await studio.close()
    assert (thumbnail.format, max(thumbnail.size)) == ("WEBP", 640)
    assert alike(thumbnail, picture(frames[48]))
    width, height = sheet.width // 5, sheet.height
    assert (sheet.format, max(width, height)) == ("JPEG", 320)
    for second in range(5):
        tile = sheet.crop((second * width, 0, (second + 1) * width, height))
        moments = [picture(frames[24 * other]) for other in range(5)]
        assert alike(tile, moments[second])
        nearest = min(range(5), key=lambda at: distance(tile, moments[at]))
        assert nearest == second


def opened(data: bytes) -> Image.Image:
    found = Image.open(io.BytesIO(data))
    found.load()
    return found


def alike(small: Image.Image, whole: Image.Image) -> bool:
    """Whether a small picture is one of the other, but for what its coding loses."""
    return distance(small, whole) < 12


def distance(small: Image.Image, whole: Image.Image) -> float:
    shrunk = whole.resize(small.size, Image.Resampling.BICUBIC)
    return max(ImageStat.Stat(ImageChops.difference(small.convert("RGB"), shrunk)).rms)
