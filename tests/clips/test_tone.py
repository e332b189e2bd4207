import io
from array import array

import av

from simulator.clips import tone
from simulator.clips.studio import Studio
from tests.clips.specs import spec

RATE = 48000


def heard(clip: bytes) -> "array[float]":
    """The samples of a clip's sound."""
    made = array("f")
    with av.open(io.BytesIO(clip), "r") as container:
        for frame in container.decode(audio=0):
            made.frombytes(bytes(frame.planes[0])[: 4 * frame.samples])
    return made


async def test_a_beep_begins_on_every_second(studio: Studio) -> None:
    sound = heard((await studio.clip(spec(frames=10 * 24))).data)
    for second in range(1, 10):
        start = second * RATE
        assert max(map(abs, sound[start - RATE // 2 : start - 10])) < 0.01
        onset = next(at for at in range(start - 10, start + RATE) if abs(sound[at]) > 0.05)
        assert 0 <= onset - start < RATE // 500
    assert max(map(abs, sound[:2000])) > 0.1


async def test_silence_is_no_track(studio: Studio) -> None:
    clip = await studio.clip(spec(sound=False))
    with av.open(io.BytesIO(clip.data), "r") as container:
        assert not container.streams.audio


def test_a_melody_belongs_to_its_seed() -> None:
    assert tone.melody(7, 15) == tone.melody(7, 30)[:15]
    assert len({tuple(tone.melody(seed, 15)) for seed in range(50)}) == 50
