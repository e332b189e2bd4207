"""Clips are coded as the model delivers them where every picture is: 10-bit H.265, or 4:4:4."""

import io
from typing import Any

import av
import pytest
from PIL import Image, ImageChops

from simulator.clips import hevc
from simulator.clips.spec import ClipSpec
from simulator.clips.studio import Studio
from simulator.core.media import Rendition
from tests.clips.decoders import picture, sums
from tests.clips.specs import image, slow, spec

NAMED: dict[str, Any] = {"tier": "2.5", "resolution": "1080p"}
NEWER = {**NAMED, "width": 1920, "height": 1080}
SMALL = {**NAMED, "width": 640, "height": 360}
ORDERS = [
    spec(**SMALL, frames=25),
    slow(spec(**NEWER, frames=25)),
    slow(spec(resolution="4k", width=3840, height=2160, frames=49, sound=False)),
    slow(spec(**NEWER, frames=50, first=image(2), last=image(5), watermark=True)),
]


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"resolution": "4k"}, True),
        ({"resolution": "1080p", "tier": "2.5"}, True),
        ({"resolution": "1080p"}, False),
        ({"resolution": "720p", "tier": "2.5"}, False),
        ({"resolution": "1080p", "tier": "2.5", "container": "mov"}, False),
        ({}, False),
    ],
)
def test_which_clips_it_is(changed: Any, expected: bool) -> None:
    assert hevc.applies(spec(**changed)) is expected


@pytest.mark.parametrize("wanted", ORDERS)
async def test_what_an_independent_decoder_makes_of_it(wanted: ClipSpec) -> None:
    studio = Studio(mode="full")
    clip, still = await studio.clip(wanted), await studio.last_frame(wanted)
    small = await studio.rendition(wanted, Rendition.THUMBNAIL)
    await studio.close()
    with av.open(io.BytesIO(clip.data), "r") as container:
        video = container.streams.video[0]
        coded = video.codec_context
        assert (coded.name, coded.codec_tag, coded.profile) == ("hevc", "hvc1", "Main 10")
        assert coded.pix_fmt == "yuv420p10le"
        assert video.average_rate == 24
        assert (coded.width, coded.height) == (wanted.width, wanted.height)
        assert len(container.streams.audio) == wanted.sound
        assert container.metadata["task_id"] == wanted.task
        frames = list(container.decode(video=0))
    assert len(frames) == wanted.frames == len(sums(clip.data, "hevc"))
    if not wanted.watermark:
        found = Image.open(io.BytesIO(still.data))
        assert ImageChops.difference(picture(frames[-1]), found).getbbox() is None
    assert Image.open(io.BytesIO(small.data)).format == "WEBP"


async def test_the_same_order_gives_the_same_bytes() -> None:
    made = []
    for _ in range(2):
        studio = Studio(mode="full")
        made.append((await studio.clip(spec(**SMALL, frames=8))).data)
        await studio.close()
    assert made[0] == made[1]


async def test_a_reader_may_begin_at_every_key_frame() -> None:
    studio = Studio(mode="full")
    clip = await studio.clip(spec(**SMALL, frames=60, sound=False))
    await studio.close()
    with av.open(io.BytesIO(clip.data), "r") as container:
        keys = [one.is_keyframe for one in container.demux(video=0) if one.size]
        assert [number for number, key in enumerate(keys) if key] == [0, 48]
        container.seek(50 * 512, stream=container.streams.video[0])
        assert next(container.decode(video=0)).pts == 48 * 512


async def test_a_mov_has_a_colour_for_each_pixel() -> None:
    studio = Studio(mode="full")
    wanted = spec(**SMALL, frames=25, container="mov")
    clip, still = await studio.clip(wanted), await studio.last_frame(wanted)
    await studio.close()
    with av.open(io.BytesIO(clip.data), "r", format="mov") as container:
        coded = container.streams.video[0].codec_context
        assert (coded.name, coded.pix_fmt) == ("h264", "yuv444p")
        assert container.streams.audio[0].codec_context.name == "pcm_s16le"
        frames = list(container.decode(video=0))
    assert len(frames) == wanted.frames
    found = Image.open(io.BytesIO(still.data))
    assert ImageChops.difference(picture(frames[-1]), found).getbbox() is None


async def test_clips_of_kept_pictures_are_h264() -> None:
    studio = Studio()
    clip = await studio.clip(spec(**SMALL, frames=8))
    await studio.close()
    with av.open(io.BytesIO(clip.data), "r") as container:
        assert container.streams.video[0].codec_context.name == "h264"
