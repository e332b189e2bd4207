"""QuickTime files: the pictures of the MP4 of the same order, and sound that is not compressed."""

import io
from fractions import Fraction
from typing import Any

import av
import pytest

from simulator.clips import tone
from simulator.clips.spec import FPS
from simulator.clips.studio import Studio
from tests.clips.specs import spec
from tests.clips.test_matrix import boxes


def opened(data: bytes, kind: str = "mov") -> Any:
    return av.open(io.BytesIO(data), format=kind)


@pytest.mark.parametrize("sound", [True, False])
@pytest.mark.parametrize(("width", "height", "frames"), [(854, 480, 97), (480, 854, 25)])
async def test_a_mov_is_whole(
    studio: Studio, width: int, height: int, frames: int, sound: bool
) -> None:
    wanted = spec(width=width, height=height, frames=frames, sound=sound, container="mov")
    clip = await studio.clip(wanted)
    assert [kind for kind, *_ in boxes(clip.data)] == ["ftyp", "moov", "mdat"]
    assert clip.data[8:12] == b"qt  "
    with opened(clip.data) as file:
        video = file.streams.video[0]
        assert (video.codec_context.name, video.width, video.height) == ("h264", width, height)
        assert video.duration * video.time_base == Fraction(frames, FPS)
        assert sum(1 for _ in file.decode(video)) == frames
        assert len(file.streams.audio) == sound
        assert file.metadata["title"] == wanted.task
    if not sound:
        return
    with opened(clip.data) as file:
        heard = file.streams.audio[0]
        assert (heard.codec_context.name, heard.rate) == ("pcm_s16le", 48000)
        bytes_ = b"".join(bytes(one.planes[0])[: one.samples * 2] for one in file.decode(heard))
    assert bytes_ == tone.uncompressed(wanted.seed, frames)
    assert len(bytes_) == frames * 2000 * 2


async def test_the_pictures_are_those_of_the_mp4(studio: Studio) -> None:
    files = [await studio.clip(spec(frames=9, container=kind)) for kind in ("mp4", "mov")]
    shown = []
    for file, kind in zip(files, ("mp4", "mov"), strict=True):
        with opened(file.data, kind) as movie:
            shown.append([bytes(packet) for packet in movie.demux(movie.streams.video[0])])
    assert shown[0] == shown[1]
    assert files[0].etag != files[1].etag
