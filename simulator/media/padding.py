"""Filling a file up to an exact size by what its format allows and readers skip."""

import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass

from simulator.media.pieces import Pieces, Run, zeros
from simulator.media.reading import Unreadable

MOST_SIZE = 250_000_000


# A file as it grows: bytes, which may be changed, and runs behind them, which are not.
Parts = tuple[bytes | Run, ...]


@dataclass(frozen=True, slots=True)
class Filler:
    """``fill`` adds so many bytes, which are never fewer than ``least``.

    It is given the bytes in which the headers stand and the runs that follow them.
    """

    least: int
    fill: Callable[[bytes, tuple[Run, ...], int], Parts]


def pad(name: str, data: bytes, size: int) -> bytes:
    """The file at exactly ``size`` bytes, or with as little filling as its format has if 0."""
    return bytes(padded(name, data, (), size))


def padded(name: str, head: bytes, rest: tuple[Run, ...], size: int) -> Pieces:
    """The same of a file that goes on with runs, without holding what is filled in."""
    filler = FILLERS[name]
    least = len(Pieces.of(head, *rest)) + filler.least
    if max(size, least) > MOST_SIZE:
        raise Unreadable(f"A sample has at most {MOST_SIZE} bytes.")
    if size and size < least:
        raise Unreadable(f"A sample {name} with these properties has at least {least} bytes.")
    return Pieces.of(*filler.fill(head, rest, (size or least) - least + filler.least))


def _png(head: bytes, rest: tuple[Run, ...], extra: int) -> Parts:
    """A private ancillary chunk behind IHDR."""
    start, filling = struct.pack(">I", extra - 12) + b"paDd", zeros(extra - 12)
    checksum = zlib.crc32(b"paDd")
    for portion in filling.read(0, filling.size):
        checksum = zlib.crc32(portion, checksum)
    return head[:33] + start, filling, struct.pack(">I", checksum) + head[33:], *rest


def _equal(total: int, most: int) -> tuple[int, int, int]:
    """The total in as few nearly equal parts as ``most`` allows: their length, how many, and how
    many of them are longer by one."""
    count = -(-total // most)
    return total // count, count, total % count


def _jpeg(head: bytes, rest: tuple[Run, ...], extra: int) -> Parts:
    """Comment segments behind APP0."""
    (length,) = struct.unpack_from(">H", head, 4)
    part, count, longer = _equal(extra, 2 + 0xFFFF)

    def segment(size: int) -> bytes:
        return b"\xff\xfe" + struct.pack(">H", size - 2) + bytes(size - 4)

    more = (Run(segment(part + 1), longer),) if longer else ()
    segments = (*more, Run(segment(part), count - longer))
    return head[: 4 + length], *segments, head[4 + length :], *rest


def _gif(head: bytes, rest: tuple[Run, ...], extra: int) -> Parts:
    """A comment extension, which only GIF89a has, ahead of the trailer."""
    part, count, longer = _equal(extra - 3, 256)
    more = (Run(bytes([part]) + bytes(part), longer),) if longer else ()
    blocks = (*more, Run(bytes([part - 1]) + bytes(part - 1), count - longer))
    return b"GIF89a" + head[6:-1] + b"\x21\xfe", *blocks, b"\x00" + head[-1:], *rest


def _bmp(head: bytes, rest: tuple[Run, ...], extra: int) -> Parts:
    total = len(Pieces.of(head, *rest)) + extra
    return head[:2] + struct.pack("<I", total) + head[6:], *rest, zeros(extra)


def _tail(head: bytes, rest: tuple[Run, ...], extra: int) -> Parts:
    return head, *rest, zeros(extra)


def _riff(head: bytes, rest: tuple[Run, ...], extra: int) -> Parts:
    """A chunk that readers skip; chunks are even, so an odd byte stands behind the RIFF."""
    odd = extra % 2
    total = len(Pieces.of(head, *rest)) - 8 + extra - odd
    junk = b"JUNK" + struct.pack("<I", extra - odd - 8)
    start = head[:4] + struct.pack("<I", total) + head[8:]
    return start, *rest, junk, zeros(extra - odd - 8), bytes(odd)


def _free(head: bytes, rest: tuple[Run, ...], extra: int) -> Parts:
    return head, *rest, struct.pack(">I4s", extra, b"free"), zeros(extra - 8)


def _id3(head: bytes, rest: tuple[Run, ...], extra: int) -> Parts:
    """Padding at the end of the ID3 tag."""
    old = sum(byte << 7 * (3 - index) for index, byte in enumerate(head[6:10]))
    size = bytes((old + extra) >> shift & 0x7F for shift in (21, 14, 7, 0))
    start = head[:6] + size + head[10 : 10 + old]
    return start, zeros(extra), head[10 + old :], *rest


def _void(head: bytes, rest: tuple[Run, ...], extra: int) -> Parts:
    """An element that readers skip, behind the segment; its length takes eight bytes."""
    start = b"\xec\x01" + (extra - 9).to_bytes(7, "big")
    return head, *rest, start, zeros(extra - 9)


def _flac(head: bytes, rest: tuple[Run, ...], extra: int) -> Parts:
    """Blocks of padding behind the first one, which says what the stream is."""
    part, count, longer = _equal(extra, 4 + 0xFFFFFF)

    def block(size: int) -> tuple[bytes, Run]:
        return b"\x01" + (size - 4).to_bytes(3, "big"), zeros(size - 4)

    blocks = (*(block(part + 1) * longer), *(block(part) * (count - longer)))
    return head[:42], *blocks, head[42:], *rest


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
    "mkv": Filler(9, _void),
    "flac": Filler(4, _flac),
}
