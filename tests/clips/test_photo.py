"""Pictures of users: decoded within limits of memory, upright, and no larger than need be."""

import io
import struct
import subprocess
import sys
import zlib

import pytest
from PIL import Image

from simulator.clips import photo
from simulator.clips.spec import Picture

GROWTH = """
import resource, sys
from PIL import Image, PngImagePlugin, ImageOps
from simulator.clips import photo
from simulator.clips.spec import Picture
data = sys.stdin.buffer.read()
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
assert photo.opened(data, 1280, 720) is not None
assert photo.thumbnail(Picture("image", "x", data), 300, 200) is not None
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def deep_png(side: int) -> bytes:
    """A square PNG of 16 bits a channel, compressed to next to nothing."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        )

    head = struct.pack(">IIBBBBB", side, side, 16, 2, 0, 0, 0)
    press, row = zlib.compressobj(1), bytes(1 + side * 6)
    body = b"".join([*(press.compress(row) for _ in range(side)), press.flush()])
    parts = chunk(b"IHDR", head), chunk(b"IDAT", body), chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def test_a_large_picture_is_held_once() -> None:
    """Four bytes a pixel are Pillow's own; there was another copy for each thing done with it."""
    side = 4000
    command = [sys.executable, "-c", GROWTH]
    ran = subprocess.run(command, input=deep_png(side), capture_output=True, check=True)
    assert int(ran.stdout) * 1024 < 1.6 * 4 * side * side


def test_more_pixels_than_any_document_allows_are_not_decoded() -> None:
    assert photo.opened(deep_png(6400), 1280, 720) is None


@pytest.mark.parametrize("mode", ["RGB", "L", "P", "RGBA", "LA", "1", "CMYK", "I;16"])
@pytest.mark.parametrize("turned", [1, 6])
def test_every_mode_is_made_small_and_upright(mode: str, turned: int) -> None:
    kind = "TIFF" if mode == "CMYK" else "PNG"
    image, out = Image.new(mode, (400, 200)), io.BytesIO()
    exif = image.getexif()
    exif[photo.ORIENTATION] = turned
    image.save(out, kind, exif=exif)
    raw = photo.opened(out.getvalue(), 40, 40)
    assert raw is not None
    assert len(raw.data) == raw.width * raw.height * 3
    assert (raw.width > raw.height) == (turned == 1)
    assert 40 <= min(raw.width, raw.height) <= 80
    cut = photo.thumbnail(Picture("image", "x", out.getvalue()), 30, 20)
    assert cut is not None
    assert (cut.size, cut.mode) == ((30, 20), "RGB")
