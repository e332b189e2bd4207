"""A file that was cut off is refused wherever its headers show it, whoever wrote it."""

import io
import random
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from simulator.media.formats import FORMATS
from simulator.media.padding import pad
from simulator.media.probe import Unreadable, probe

from .test_probe import movie, sound

NEAR = 300
STEPS = 300

PICTURES: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("png", "RGB", {}),
    ("jpeg", "RGB", {"quality": 95}),
    ("jpeg", "RGB", {"progressive": True, "exif": b"Exif\0\0" + bytes(3_000)}),
    ("webp", "RGB", {"quality": 90}),
    ("webp", "RGB", {"lossless": True}),
    ("gif", "P", {}),
    ("bmp", "RGB", {}),
    ("tiff", "RGB", {}),
    ("tiff", "RGB", {"compression": "tiff_lzw"}),
    ("tiff", "RGB", {"compression": "tiff_adobe_deflate", "tiffinfo": {278: 1}}),
)


def cuts(data: bytes, whole: int) -> Iterator[bytes]:
    """The file cut at many places, near both ends at each, ahead of the last that counts."""
    places = {*range(min(NEAR, whole)), *range(max(0, whole - NEAR), whole)}
    for at in sorted(places | set(range(0, whole, 1 + whole // STEPS))):
        yield data[:at]


def accepted(data: bytes, whole: int) -> list[int]:
    """The places at which a cut goes unnoticed."""
    found = []
    for cut in cuts(data, whole):
        try:
            probe(cut)
        except Unreadable:
            continue
        found.append(len(cut))
    return found


def counted(name: str, data: bytes) -> int:
    """Where the last byte stands that anybody needs: filling at the end is none."""
    if name in ("mp4", "mov", "heic", "heif"):
        at = data.index(b"mdat") - 4
        return at + int.from_bytes(data[at : at + 4])
    if name == "webp":
        return 8 + int.from_bytes(data[4:8], "little")
    return data.index(b"JUNK") if name == "wav" else len(data)


def noise(mode: str) -> Image.Image:
    size = (160, 120)
    picture = Image.frombytes("RGB", size, random.Random(3).randbytes(3 * size[0] * size[1]))
    return picture.quantize(64) if mode == "P" else picture.convert(mode)


@pytest.mark.parametrize("name", [name for name in FORMATS if name != "mp3"])
@pytest.mark.parametrize("filled", [0, 40_000])
def test_a_sample_cut_anywhere_is_refused(name: str, filled: int, goods: dict[str, bytes]) -> None:
    data = goods[name]
    if filled and name != "tiff":  # whose filling comes last, so that nobody needs it
        data = pad(name, data, len(data) + filled)
    assert probe(data).size == len(data)
    assert accepted(data, counted(name, data)) == []


@pytest.mark.parametrize(("name", "mode", "options"), PICTURES)
def test_a_picture_of_another_writer_cut_anywhere_is_refused(
    name: str, mode: str, options: dict[str, Any]
) -> None:
    out = io.BytesIO()
    noise(mode).save(out, name, **options)
    data = out.getvalue()
    assert (probe(data).width, probe(data).height) == (160, 120)
    assert accepted(data, len(data)) == []


@pytest.mark.parametrize("flags", ["", "faststart"])
@pytest.mark.parametrize("name", ["mp4", "mov"])
def test_a_movie_of_another_writer_cut_anywhere_is_refused(
    name: str, flags: str, tmp_path: Path
) -> None:
    target = tmp_path / f"movie.{name}"
    movie(str(target), name, flags)
    data = target.read_bytes()
    assert accepted(data, len(data)) == []


def test_fragments_may_end_only_where_one_ends() -> None:
    target = io.BytesIO()
    movie(target, "mp4", "frag_keyframe+empty_moov", frames=400)
    data = target.getvalue()
    ends = [found.start() - 4 for found in re.finditer(b"moof|mfra", data)][1:]
    assert ends
    rubbish = range(8)  # a box header that is not whole could be anything
    assert set(accepted(data, len(data))) <= {end + more for end in ends for more in rubbish}


@pytest.mark.parametrize("codec", ["pcm_s16le", "pcm_f32le"])
def test_a_wav_of_another_writer_cut_anywhere_is_refused(codec: str) -> None:
    data = sound("wav", codec, 44_100)
    assert accepted(data, len(data)) == []


def test_an_mp3_is_refused_where_its_first_frame_counts_more(goods: dict[str, bytes]) -> None:
    data = goods["mp3"]
    assert [length for length in accepted(data, len(data)) if length < len(data) - 1_100] == []
