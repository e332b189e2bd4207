import pytest

from simulator.clips.spec import ClipSpec
from simulator.clips.studio import Studio, StudioError
from tests.clips.decoders import seen

SPEC = ClipSpec(
    task="cgt-20260101000000-abcde",
    dialect="ark",
    model="doubao-seedance-2-0-260128",
    mode="text to video",
    prompt="A red kite over a grey sea",
    resolution="480p",
    ratio="16:9",
    width=864,
    height=496,
    frames=97,
    seed=7,
    digest="0f" * 16,
)


async def test_a_clip_has_the_asked_size_and_frames() -> None:
    studio = Studio()
    clip = await studio.clip(SPEC)
    shown = seen(clip.data)
    assert (shown.width, shown.height, len(shown.frames)) == (864, 496, 97)
    await studio.close()


async def test_a_missing_ffmpeg_is_one_plain_sentence() -> None:
    studio = Studio(ffmpeg="/nonexistent/ffmpeg", mode="full")
    with pytest.raises(StudioError, match=r"^ffmpeg cannot be started: No such file"):
        await studio.clip(SPEC)
    await studio.close()
