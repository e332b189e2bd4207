"""Files that other writers made are measured as FFmpeg and Pillow measure them."""

import io
import struct
from dataclasses import replace
from pathlib import Path
from typing import Any

import av
import pytest
from PIL import Image

from simulator.core.media import Facts
from simulator.media.probe import Unreadable, probe

from .hostile import box, moov, mp4, stbl, trak
from .witness import look


def movie(target: Any, name: str, flags: str = "", sound: bool = True, frames: int = 48) -> None:
    """Two seconds by FFmpeg's own encoder and writer."""
    options = {"movflags": flags} if flags else {}
    with av.open(target, "w", format=name, options=options) as out:
        video = out.add_stream("libx264", rate=24, options={"preset": "ultrafast"})
        video.width, video.height, video.pix_fmt = 320, 240, "yuv420p"
        noise = out.add_stream("aac", rate=48_000, layout="mono") if sound else None
        for _ in range(frames):
            out.mux(video.encode(av.VideoFrame(320, 240, "yuv420p")))
        out.mux(video.encode(None))
        if noise is not None:
            tone(out, noise)


def tone(out: Any, stream: Any) -> None:
    """Two seconds of silence, in frames that every sample rate divides into."""
    size = stream.rate // 25
    for number in range(50):
        frame = av.AudioFrame(format="fltp", layout="mono", samples=size)
        frame.sample_rate, frame.pts = stream.rate, number * size
        for plane in frame.planes:
            plane.update(bytes(plane.buffer_size))
        out.mux(stream.encode(frame))
    out.mux(stream.encode(None))


def sound(name: str, codec: str, rate: int, options: dict[str, str] | None = None) -> bytes:
    target = io.BytesIO()
    with av.open(target, "w", format=name, options=options or {}) as out:
        tone(out, out.add_stream(codec, rate=rate, layout="mono"))
    return target.getvalue()


@pytest.mark.parametrize("name", ["mp4", "mov"])
@pytest.mark.parametrize("flags", ["", "faststart", "frag_keyframe+empty_moov", "dash"])
@pytest.mark.parametrize("with_sound", [True, False])
def test_movies_of_another_writer(name: str, flags: str, with_sound: bool, tmp_path: Path) -> None:
    target = tmp_path / f"movie.{name}"
    movie(str(target), name, flags, with_sound)
    data = target.read_bytes()
    facts, seen = probe(data), look(data, name)
    assert (facts.kind, facts.format, facts.width, facts.height) == ("video", name, 320, 240)
    assert facts.ms == pytest.approx(seen.ms, abs=1)
    assert facts.ms == pytest.approx(2000, abs=50)
    assert facts.fps == pytest.approx(seen.fps, abs=0.001)
    assert facts.channels == seen.channels == int(with_sound)
    assert probe(memoryview(data)) == facts


def test_a_sound_in_a_movie_box_is_audio() -> None:
    facts = probe(sound("mp4", "aac", 48_000))
    assert (facts.kind, facts.format, facts.channels) == ("audio", "mp4", 1)
    assert facts.ms == pytest.approx(2000, abs=25)


@pytest.mark.parametrize("rate", [48_000, 44_100, 22_050, 11_025])
@pytest.mark.parametrize("options", [{}, {"write_xing": "0"}, {"id3v2_version": "0"}])
def test_mp3_of_each_version(rate: int, options: dict[str, str]) -> None:
    data = sound("mp3", "libmp3lame", rate, options)
    facts = probe(data)
    assert (facts.kind, facts.format, facts.channels) == ("audio", "mp3", 1)
    # Without the Xing header the encoder's own silence counts too, and bytes give the time.
    assert facts.ms == pytest.approx(2000, abs=200 if "write_xing" in options else 0)
    assert facts.ms == pytest.approx(look(data, "mp3").ms, abs=1)


def test_mp3_with_a_vbri_header() -> None:
    frame = b"\xff\xfb\x90\xc4" + bytes(413)  # 128 kbit/s, 44.1 kHz, mono: 417 bytes
    first = frame[:36] + b"VBRI" + bytes(10) + struct.pack(">I", 100) + frame[54:]
    assert probe(first + frame * 3) == Facts("audio", "mp3", 4 * 417, ms=2612, channels=1)


def test_mp3_ends_ahead_of_its_last_tag() -> None:
    frame = b"\xff\xfb\x90\x04" + bytes(413)
    assert probe(frame * 10 + b"TAG" + bytes(125)).ms == probe(frame * 10).ms == 261


def test_wav_of_floats_with_a_list_chunk() -> None:
    data = sound("wav", "pcm_f32le", 44_100)
    assert probe(data) == Facts("audio", "wav", len(data), ms=2000, channels=1)


@pytest.mark.parametrize(
    ("name", "mode", "options"),
    [
        ("jpeg", "RGB", {"progressive": True}),
        ("jpeg", "L", {"exif": b"Exif\0\0" + bytes(60_000)}),
        ("jpeg", "CMYK", {}),
        ("png", "RGBA", {}),
        ("png", "1", {}),
        ("webp", "RGB", {"lossless": False}),
        ("webp", "RGB", {"lossless": True}),
        ("webp", "RGBA", {"lossless": False}),
        ("webp", "RGB", {"save_all": True}),
        ("gif", "P", {}),
        ("gif", "P", {"comment": b"x"}),
        ("bmp", "RGB", {}),
        ("bmp", "1", {}),
        ("tiff", "RGB", {}),
        ("tiff", "L", {"compression": "tiff_lzw"}),
    ],
)
@pytest.mark.parametrize("size", [(1, 1), (300, 251), (517, 4001)])
def test_pictures_of_another_writer(
    name: str, mode: str, options: dict[str, Any], size: tuple[int, int]
) -> None:
    out = io.BytesIO()
    Image.new(mode, size).save(out, name, **options)
    data = out.getvalue()
    assert probe(data) == Facts("image", name, len(data), *size)


def test_bitmaps_of_other_layouts() -> None:
    core = struct.pack("<IHHHH", 12, 301, 300, 1, 24)
    from_top = struct.pack("<IiiHH", 40, 301, -300, 1, 24) + bytes(24)
    for header in (core, from_top):
        facts = probe(b"BM" + bytes(12) + header)
        assert (facts.width, facts.height) == (301, 300)


def test_tiff_of_the_other_byte_order() -> None:
    rows = struct.pack(">HHIHHHHII", 256, 3, 1, 301, 0, 257, 4, 1, 70_000 % 16_384)
    facts = probe(b"MM\0*" + struct.pack(">IH", 8, 2) + rows)
    assert (facts.width, facts.height) == (301, 70_000 % 16_384)


def heif(brand: bytes, *properties: bytes, used: bytes = b"\1\2\3", item: int = 2) -> bytes:
    """Two items, of which the second is the primary one."""
    associations = struct.pack(">IHBBHB", 2, 1, 1, 1, item, len(used)) + used
    meta = (
        box(b"pitm", bytes(4), b"\0\2"),
        box(b"iprp", box(b"ipco", *properties), box(b"ipma", bytes(4), associations)),
    )
    return box(b"ftyp", brand, bytes(4), b"mif1") + box(b"meta", bytes(4), *meta) + box(b"mdat")


def ispe(width: int, height: int) -> bytes:
    return box(b"ispe", bytes(4), struct.pack(">II", width, height))


def test_heif_measures_the_primary_picture_as_it_is_turned() -> None:
    tile, grid, turn = ispe(512, 512), ispe(4032, 3024), box(b"irot", b"\1")
    assert probe(heif(b"heic", tile, grid, turn)).width == 3024
    facts = probe(heif(b"mif1", tile, grid, box(b"irot", b"\2")))
    assert (facts.format, facts.width, facts.height) == ("heif", 4032, 3024)


def test_heif_without_a_primary_picture_is_refused() -> None:
    with pytest.raises(Unreadable, match="nothing of its primary"):
        probe(heif(b"heic", ispe(1, 1), ispe(1, 1), ispe(1, 1), item=3))
    with pytest.raises(Unreadable, match="not there"):
        probe(heif(b"heic", ispe(512, 512), used=b"\2"))
    with pytest.raises(Unreadable, match="out of bounds"):
        probe(heif(b"heic", box(b"free"), used=b"\1"))


def test_avif_is_not_a_known_format() -> None:
    for brand in (b"avif", b"mif1"):
        with pytest.raises(Unreadable, match="not a known one"):
            probe(box(b"ftyp", brand, bytes(4), b"avif") + box(b"meta", bytes(4)))


def test_a_movie_without_ftyp_is_quicktime() -> None:
    assert probe(moov(trak(stbl())) + box(b"mdat")).format == "mov"


def test_trailing_rubbish_does_not_count() -> None:
    whole = mp4(moov(trak(stbl())))
    facts = probe(whole + b"rubbish behind the last box")
    assert (facts.ms, facts.fps) == (5000, 24)
    assert facts.size == len(whole) + 27


TRAILERS = {"none": b"", "zeros": bytes(1000), "a line": b"\r\n", "words": b"and so on " * 500}


@pytest.mark.parametrize("trailer", TRAILERS)
@pytest.mark.parametrize("name", ["png", "jpeg", "bmp", "tiff", "webp", "mp4", "heic", "wav"])
def test_what_stands_behind_a_whole_file_does_not_count(
    name: str, trailer: str, goods: dict[str, bytes]
) -> None:
    data = goods[name] + TRAILERS[trailer]
    assert probe(data) == replace(probe(goods[name]), size=len(data))


def test_zeros_behind_a_gif_do_not_count(goods: dict[str, bytes]) -> None:
    assert probe(goods["gif"] + bytes(1000)).width == 301


def test_a_movie_that_a_phone_appends_to_a_photo_does_not_count(goods: dict[str, bytes]) -> None:
    assert probe(goods["jpeg"] + goods["mp4"] + bytes(1_000_000)).format == "jpeg"


def test_a_preview_that_ends_is_not_the_end() -> None:
    preview = io.BytesIO()
    Image.new("L", (16, 16)).save(preview, "jpeg")
    out = io.BytesIO()
    Image.new("RGB", (64, 48)).save(out, "jpeg", exif=b"Exif\0\0" + preview.getvalue())
    assert (probe(out.getvalue()).width, probe(out.getvalue()).height) == (64, 48)
    with pytest.raises(Unreadable, match=r"The JPEG is cut off\."):
        probe(out.getvalue()[:-2])
