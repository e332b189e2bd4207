"""Files that an endpoint has chosen cost a run little, and never its life or a connection."""

import io
import json
import struct
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import av
import pytest
from PIL import Image

from conformance.collect.measuring import MEMORY, Measurer
from tests.conformance.attack import Trap, trapped
from tests.conformance.test_judges import film


@pytest.fixture
def measurer() -> Iterator[Measurer]:
    """A helper process of this test."""
    made = Measurer()
    yield made
    made.close()


def written(folder: Path, raw: bytes) -> Path:
    path = folder / "file"
    path.write_bytes(raw)
    return path


def peak(measurer: Measurer) -> int:
    """Most bytes that the helper has held."""
    assert measurer._process is not None
    status = Path(f"/proc/{measurer._process.pid}/status").read_text(encoding="utf-8")
    return 1024 * next(
        int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")
    )


def test_a_clip_is_measured(tmp_path: Path, measurer: Measurer) -> None:
    found = measurer.clip(written(tmp_path, film(9)))
    assert (found["container"], found["frames"], found["sound"]) == ("mp4", 24, True)


def sdp(trap: Trap) -> bytes:
    return (
        b"v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=x\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
        b"m=video 5004 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n" + b"a=x:1\r\n" * 400
    )


def playlist(trap: Trap) -> bytes:
    line = f"#EXTINF:1,\nhttp://127.0.0.1:{trap.tcp}/leak.ts\n"
    return ("#EXTM3U\n#EXT-X-TARGETDURATION:1\n" + line * 40 + "#EXT-X-ENDLIST\n").encode()


def dash(trap: Trap) -> bytes:
    base = f"<BaseURL>http://127.0.0.1:{trap.tcp}/</BaseURL>"
    return f'<?xml version="1.0"?><MPD type="static">{base}{" " * 3000}</MPD>'.encode()


def webm(trap: Trap) -> bytes:
    file = io.BytesIO()
    with av.open(file, "w", format="webm") as box:
        stream = box.add_stream("libvpx", rate=24)
        stream.width = stream.height = 64
        box.mux(stream.encode(av.VideoFrame(64, 64, "yuv420p")))
        box.mux(stream.encode(None))
    return file.getvalue()


@pytest.mark.parametrize("made", [sdp, playlist, dash, webm])
async def test_what_is_no_mp4_is_not_opened_as_something_else(
    made: Callable[[Trap], bytes], tmp_path: Path, measurer: Measurer
) -> None:
    async with trapped() as trap:
        found = measurer.clip(written(tmp_path, made(trap)))
    assert found["problem"].startswith("it is no MP4 or MOV that can be read")
    assert "codec" not in found
    assert trap.touched == []


def boxed(raw: bytes, name: bytes, body: bytes) -> bytes:
    """A film with the content of a box replaced by one of the same length."""
    place = raw.index(name) + 4
    return raw[:place] + body + raw[place + len(body) :]


def test_a_table_that_promises_a_billion_samples_costs_little(
    tmp_path: Path, measurer: Measurer
) -> None:
    many = 200_000_000
    raw = boxed(film(None), b"stsz", struct.pack(">III", 0, 1, many))
    raw = boxed(raw, b"stsc", struct.pack(">IIIII", 0, 1, 1, many, 1))
    raw = boxed(raw, b"stts", struct.pack(">IIII", 0, 1, many, 1))
    assert "problem" in measurer.clip(written(tmp_path, raw))
    assert measurer.clip(written(tmp_path, film(None)))["frames"] == 24
    assert peak(measurer) < MEMORY


def png(side: int) -> bytes:
    """A black PNG of so many pixels a side, in a few kilobytes."""

    def chunk(name: bytes, body: bytes) -> bytes:
        check = zlib.crc32(name + body)
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", check)

    packer = zlib.compressobj(9)
    row = bytes(1 + side // 8)
    rows = b"".join(packer.compress(row) for _ in range(side)) + packer.flush()
    head = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


@pytest.mark.parametrize("side", [8000, 20_000, pytest.param(60_000, marks=pytest.mark.slow)])
def test_a_picture_is_not_decoded_where_it_is_too_large(
    side: int, tmp_path: Path, measurer: Measurer
) -> None:
    found = measurer.still(written(tmp_path, png(side)), None)
    assert "larger than the suite decodes" in found["problem"]
    assert peak(measurer) < MEMORY // 2


def large() -> bytes:
    """One picture of 48 million pixels, as a film."""
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as box:
        stream: Any = box.add_stream("mjpeg", rate=24)
        stream.width, stream.height, stream.pix_fmt = 8000, 6000, "yuvj420p"
        box.mux(stream.encode(av.VideoFrame(8000, 6000, "yuvj420p")))
        box.mux(stream.encode(None))
    return file.getvalue()


def test_a_large_film_is_not_decoded(tmp_path: Path, measurer: Measurer) -> None:
    path, small = written(tmp_path, large()), tmp_path / "still"
    assert "of 8000x6000 are larger" in measurer.clip(path)["problem"]
    Image.new("RGB", (64, 64)).save(small, "PNG")
    assert "distance" not in measurer.still(small, path)
    assert peak(measurer) < MEMORY // 2


@pytest.mark.parametrize(
    "raw", [b"", b"\x89PNG\r\n\x1a\n", png(64)[:-30], b"\xff\xd8\xff", b"P6 9"]
)
def test_a_broken_picture_is_a_problem(raw: bytes, tmp_path: Path, measurer: Measurer) -> None:
    assert "problem" in measurer.still(written(tmp_path, raw), None)
    assert "problem" in measurer.clip(written(tmp_path, raw))


def test_a_helper_that_takes_too_long_or_ends_is_started_anew(tmp_path: Path) -> None:
    path = written(tmp_path, film(None))
    hasty = Measurer(longest=0.001)
    assert hasty.clip(path)["problem"] == "it cannot be measured within 0.001 s"
    hasty.close()
    measurer = Measurer()
    assert measurer.clip(path)["frames"] == 24
    assert measurer._process is not None
    measurer._process.kill()
    measurer._process.wait()
    assert json.dumps(measurer.clip(path)["frames"]) == "24"
    measurer.close()
