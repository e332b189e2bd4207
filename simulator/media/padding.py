"""Filling a file up to an exact size by what its format allows and readers skip."""

import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass

from simulator.media.reading import Unreadable

MOST_SIZE = 250_000_000


@dataclass(frozen=True, slots=True)
class Filler:
    """``fill`` adds so many bytes, which are never fewer than ``least``."""

    least: int
    fill: Callable[[bytes, int], bytes]


def pad(name: str, data: bytes, size: int) -> bytes:
    """The file at exactly ``size`` bytes, or with as little filling as its format has if 0."""
    filler = FILLERS[name]
    least = len(data) + filler.least
    if size > MOST_SIZE:
        raise Unreadable(f"A sample has at most {MOST_SIZE} bytes.")
    if size and size < least:
        raise Unreadable(f"A sample {name} with these properties has at least {least} bytes.")
    return filler.fill(data, (size or least) - len(data))


def _png(data: bytes, extra: int) -> bytes:
    """A private ancillary chunk behind IHDR."""
    body = b"paDd" + bytes(extra - 12)
    chunk = struct.pack(">I", extra - 12) + body + struct.pack(">I", zlib.crc32(body))
    return data[:33] + chunk + data[33:]


def _parts(total: int, most: int) -> list[int]:
    """The total in as few nearly equal parts as ``most`` allows."""
    count = -(-total // most)
    return [total // count + (index < total % count) for index in range(count)]


def _jpeg(data: bytes, extra: int) -> bytes:
    """Comment segments behind APP0."""
    (length,) = struct.unpack_from(">H", data, 4)
    segments = (
        b"\xff\xfe" + struct.pack(">H", part - 2) + bytes(part - 4)
        for part in _parts(extra, 2 + 0xFFFF)
    )
    return data[: 4 + length] + b"".join(segments) + data[4 + length :]


def _gif(data: bytes, extra: int) -> bytes:
    """A comment extension, which only GIF89a has, ahead of the trailer."""
    blocks = (bytes([part - 1]) + bytes(part - 1) for part in _parts(extra - 3, 256))
    return b"GIF89a" + data[6:-1] + b"\x21\xfe" + b"".join(blocks) + b"\x00" + data[-1:]


def _bmp(data: bytes, extra: int) -> bytes:
    return data[:2] + struct.pack("<I", len(data) + extra) + data[6:] + bytes(extra)


def _tail(data: bytes, extra: int) -> bytes:
    return data + bytes(extra)


def _riff(data: bytes, extra: int) -> bytes:
    """A chunk that readers skip; chunks are even, so an odd byte stands behind the RIFF."""
    odd = extra % 2
    chunk = b"JUNK" + struct.pack("<I", extra - odd - 8) + bytes(extra - odd - 8)
    return data[:4] + struct.pack("<I", len(data) - 8 + extra - odd) + data[8:] + chunk + bytes(odd)


def _free(data: bytes, extra: int) -> bytes:
    return data + struct.pack(">I4s", extra, b"free") + bytes(extra - 8)


def _id3(data: bytes, extra: int) -> bytes:
    """Padding at the end of the ID3 tag."""
    old = sum(byte << 7 * (3 - index) for index, byte in enumerate(data[6:10]))
    size = bytes((old + extra) >> shift & 0x7F for shift in (21, 14, 7, 0))
    return data[:6] + size + data[10 : 10 + old] + bytes(extra) + data[10 + old :]


FILLERS: dict[str, Filler] = {
    "png": Filler(12, _png),
    "jpeg": Filler(4, _jpeg),
    "webp": Filler(8, _riff),
    "gif": Filler(5, _gif),
    "bmp": Filler(0, _bmp),
    "tiff": Filler(0, _tail),
    "heic": Filler(8, _free),
    "heif": Filler(8, _free),
    "mp4": Filler(8, _free),
    "mov": Filler(8, _free),
    "mp3": Filler(0, _id3),
    "wav": Filler(8, _riff),
}
