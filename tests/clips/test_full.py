"""The renderer that leaves all to ffmpeg keeps the same promises."""

import asyncio
import io

import pytest
from PIL import Image, ImageChops

from simulator.clips.spec import ClipSpec
from simulator.clips.studio import Studio, label_box
from tests.clips.decoders import picture, seen, sums
from tests.clips.specs import image, slow, spec
from tests.clips.test_matrix import judge

ORDERS = [
    slow(spec(frames=49, watermark=True)),
    slow(spec(width=1470, height=630, frames=48, camera_fixed=True, sound=False)),
    spec(width=560, height=752, frames=40, draft=True, tier="flex", prompt="\u98ce\u7b5d"),
    slow(spec(width=834, height=1112, frames=30, first=image(2), last=image(5), watermark=True)),
    slow(spec(width=854, height=480, frames=60, first=image(3))),
]


@pytest.mark.parametrize("wanted", ORDERS)
async def test_it_is_exact_and_ends_on_the_last_frame(wanted: ClipSpec) -> None:
    studio = Studio(mode="full")
    await judge(studio, wanted)
    clip, still = await asyncio.gather(studio.clip(wanted), studio.last_frame(wanted))
    assert sums(clip.data, "h264") == sums(clip.data, "libopenh264")
    found = Image.open(io.BytesIO(still.data))
    difference = ImageChops.difference(picture(seen(clip.data).frames[-1]), found).getbbox()
    if wanted.watermark:
        box = label_box(wanted, "full")
        assert difference is not None
        assert difference[0] >= box.left
        assert difference[1] >= box.top
        assert difference[2] <= box.right
        assert difference[3] <= box.bottom
    else:
        assert difference is None
    await studio.close()


async def test_the_same_order_gives_the_same_bytes() -> None:
    made = []
    for _ in range(2):
        studio = Studio(mode="full")
        made.append(await studio.clip(spec(frames=24)))
        await studio.close()
    assert made[0] == made[1]
