import io

import av
import pytest

from simulator.clips import damage
from simulator.clips.studio import Studio
from tests.clips.decoders import seen
from tests.clips.specs import spec


async def test_a_cut_clip_cannot_be_decoded_to_its_end(studio: Studio) -> None:
    clip = (await studio.clip(spec())).data
    cut = damage.truncated(clip, 0.6)
    assert clip.startswith(cut)
    assert len(cut) == int(len(clip) * 0.6)
    with av.open(io.BytesIO(cut), "r") as container:
        assert sum(packet.size > 0 for packet in container.demux(video=0)) < spec().frames


async def test_a_clip_of_another_length(studio: Studio) -> None:
    clip = await studio.clip(damage.other_length(spec(), -24))
    assert len(seen(clip.data).frames) == spec().frames - 24


@pytest.mark.parametrize("part", [0.5, 1.5, 0.01])
async def test_a_clip_of_another_size(studio: Studio, part: float) -> None:
    wanted = damage.other_size(spec(frames=20), part)
    shown = seen((await studio.clip(wanted)).data)
    assert (shown.width, shown.height) == (wanted.width, wanted.height)
    assert (shown.width, shown.height) != (spec().width, spec().height)


async def test_a_clip_of_another_rate(studio: Studio) -> None:
    clip = damage.other_rate((await studio.clip(spec())).data)
    with av.open(io.BytesIO(clip), "r") as container:
        assert container.streams.video[0].average_rate == 30
        assert len(list(container.decode(video=0))) == spec().frames
