"""Width and height of a picture, from its headers, if its file is whole by them."""

import struct
import zlib
from collections.abc import Callable

from simulator.media import endings
from simulator.media.reading import Unreadable

Size = tuple[int, int]

# Enough for 256 MiB of comment segments ahead of the frame header.
MOST_SEGMENTS = 4_200
MOST_TIFF_ENTRIES = 1_000

_FRAME_HEADERS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_BARE_MARKERS = frozenset((0x01, *range(0xD0, 0xD8)))
_PICTURE_DATA = frozenset((0xD9, 0xDA))
_BMP_HEADERS = frozenset((12, 16, 40, 52, 56, 64, 108, 124))
_TIFF_WIDTH, _TIFF_HEIGHT = 256, 257
_TIFF_SHORT, _TIFF_LONG = 3, 4


def png(view: memoryview) -> Size:
    """Width and height from the IHDR chunk, whose checksum has to be right."""
    length, name, width, height = struct.unpack_from(">I4sII", view, 8)
    (checksum,) = struct.unpack_from(">I", view, 29)
    if (length, name) != (13, b"IHDR") or zlib.crc32(view[12:29]) != checksum:
        raise Unreadable("The PNG does not begin with an intact IHDR chunk.")
    endings.png(view)
    return width, height


def jpeg(view: memoryview) -> Size:
    """Width and height from the first frame header."""
    at = 2
    for _ in range(MOST_SEGMENTS):
        if view[at] != 0xFF:
            raise Unreadable("A JPEG segment does not begin with a marker.")
        code = view[at + 1]
        if code in _FRAME_HEADERS:
            height, width = struct.unpack_from(">HH", view, at + 5)
            endings.jpeg(view, at)
            return width, height
        if code in _PICTURE_DATA:
            break
        at += _segment_length(view, at, code)
    raise Unreadable("The JPEG has no frame header ahead of its picture data.")


def _segment_length(view: memoryview, at: int, code: int) -> int:
    if code == 0xFF:  # a fill byte
        return 1
    if code in _BARE_MARKERS:
        return 2
    (length,) = struct.unpack_from(">H", view, at + 2)
    if length < 2:
        raise Unreadable("A JPEG segment is shorter than its own length field.")
    return 2 + int(length)


def gif(view: memoryview) -> Size:
    """Width and height of the logical screen."""
    width, height, _ = struct.unpack_from("<HH3s", view, 6)
    endings.gif(view)
    return width, height


def bmp(view: memoryview) -> Size:
    """Width and height from the header, of any of its known lengths."""
    size, header = struct.unpack_from("<I8xI", view, 2)
    if header not in _BMP_HEADERS:
        raise Unreadable("The BMP header has an unknown length.")
    layout = "<HHH" if header == 12 else "<iiH"
    width, height, planes = struct.unpack_from(layout, view, 18)
    if planes != 1:
        raise Unreadable("The BMP does not have exactly one plane.")
    endings.stated("BMP", size, view)
    return width, abs(height)  # a negative height means rows from the top


def tiff(view: memoryview) -> Size:
    """Width and height from the first directory."""
    order = "<" if view[0] == 0x49 else ">"
    (at,) = struct.unpack_from(order + "I", view, 4)
    (rows,) = struct.unpack_from(order + "H", view, at)
    places = range(at + 2, at + 2 + 12 * min(rows, MOST_TIFF_ENTRIES), 12)
    entries = {}
    for place in places:
        tag, kind, count = struct.unpack_from(order + "HHI", view, place)
        entries[tag] = kind, count, place + 8
    sides = [_tiff_side(view, order, entries.get(tag)) for tag in (_TIFF_WIDTH, _TIFF_HEIGHT)]
    endings.tiff(view, order, entries)
    return sides[0], sides[1]


def _tiff_side(view: memoryview, order: str, entry: tuple[int, int, int] | None) -> int:
    if entry is None or entry[0] not in (_TIFF_SHORT, _TIFF_LONG):
        raise Unreadable("The TIFF does not state its width and height.")
    kind, _, at = entry
    (side,) = struct.unpack_from(order + ("H" if kind == _TIFF_SHORT else "I"), view, at)
    return int(side)


def webp(view: memoryview) -> Size:
    """Width and height from the first chunk: extended, lossless or lossy."""
    (size,) = struct.unpack_from("<I", view, 4)
    endings.stated("WebP", 8 + size, view)
    chunk = bytes(view[12:16])
    if chunk == b"VP8X":
        low_w, high_w, low_h, high_h = struct.unpack_from("<HBHB", view, 24)
        return 1 + low_w + (high_w << 16), 1 + low_h + (high_h << 16)
    if chunk == b"VP8L" and view[20] == 0x2F:
        (bits,) = struct.unpack_from("<I", view, 21)
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    if chunk == b"VP8 " and bytes(view[23:26]) == b"\x9d\x01\x2a":
        width, height = struct.unpack_from("<HH", view, 26)
        return width & 0x3FFF, height & 0x3FFF
    raise Unreadable("The WebP does not begin with a picture.")


READERS: tuple[tuple[bytes, str, Callable[[memoryview], Size]], ...] = (
    (b"\x89PNG\r\n\x1a\n", "png", png),
    (b"\xff\xd8\xff", "jpeg", jpeg),
    (b"GIF87a", "gif", gif),
    (b"GIF89a", "gif", gif),
    (b"BM", "bmp", bmp),
    (b"II*\x00", "tiff", tiff),
    (b"MM\x00*", "tiff", tiff),
)
