"""Whether a picture's file reaches its own end, or was cut off ahead of it."""

import re
import struct
from collections.abc import Mapping

from simulator.media.reading import Unreadable

# A PNG of 64 MiB in the 8 KiB chunks that libpng writes has fewer.
MOST_CHUNKS = 10_000
# Tables of strips are ascending almost everywhere: the last ones reach furthest.
MOST_STRIPS = 64
TAIL = 64 * 1024
# Phones append short movies of a few megabytes to their photos.
MOST_TRAILER = 8 * 1024 * 1024

_PNG_END = b"\0\0\0\0IEND\xaeB`\x82"
_JPEG_END = re.compile(rb"\xff\xd9")
_GIF_END = b"\0;"
_STRIPS, _TILES = (273, 279), (324, 325)
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}
_LETTERS = {3: "H", 4: "I"}

Entries = Mapping[int, tuple[int, int, int]]


def cut_off(name: str) -> Unreadable:
    """What is said of a file that ends too soon."""
    return Unreadable(f"The {name} is cut off.")


def png(view: memoryview) -> None:
    """There is picture data, and IEND at the end or, ahead of foreign bytes, where chunks lead."""
    ended = bytes(view[-12:]) == _PNG_END
    data = False
    at = 8
    for _ in range(MOST_CHUNKS):
        if at + 12 > len(view):
            raise cut_off("PNG")
        length, name = struct.unpack_from(">I4s", view, at)
        data = data or name == b"IDAT"
        if name == b"IEND" or (data and ended):
            break
        at += 12 + length
    if not data:
        raise Unreadable("The PNG has no picture data.")


def jpeg(view: memoryview, start: int) -> None:
    """The marker of the end stands last, near the end, or ahead of what a phone appended.

    Picture data never holds it; what comes ahead of ``start``, like a preview, may.
    """
    if bytes(view[-2:]) == b"\xff\xd9":
        return
    if _JPEG_END.search(view, max(start, len(view) - TAIL)):
        return
    if not _JPEG_END.search(view, start, start + MOST_TRAILER):
        raise cut_off("JPEG")


def gif(view: memoryview) -> None:
    """The trailer comes behind the empty block that ends a picture; zeros may follow."""
    if bytes(view[-2:]) != _GIF_END and not bytes(view[-TAIL:]).rstrip(b"\0").endswith(_GIF_END):
        raise cut_off("GIF")


def stated(name: str, size: int, view: memoryview) -> None:
    """A file of at least the size that its header states."""
    if size > len(view):
        raise cut_off(name)


def tiff(view: memoryview, order: str, entries: Entries) -> None:
    """The entries' values lie within the file, and so do the last strips or tiles."""
    for kind, count, at in entries.values():
        size = _SIZES.get(kind, 0) * count
        if size > 4:
            stated("TIFF", struct.unpack_from(order + "I", view, at)[0] + size, view)
    for offsets, counts in (_STRIPS, _TILES):
        if offsets in entries and counts in entries:
            starts = _last(view, order, *entries[offsets])
            lengths = _last(view, order, *entries[counts])
            ends = [start + length for start, length in zip(starts, lengths, strict=False)]
            stated("TIFF", max(ends, default=0), view)


def _last(view: memoryview, order: str, kind: int, count: int, at: int) -> tuple[int, ...]:
    """The last values of an entry, which stand in it if they are short enough."""
    if kind not in _LETTERS:
        return ()
    if _SIZES[kind] * count > 4:
        (at,) = struct.unpack_from(order + "I", view, at)
    skipped = max(0, count - MOST_STRIPS)
    layout = f"{order}{count - skipped}{_LETTERS[kind]}"
    found: tuple[int, ...] = struct.unpack_from(layout, view, at + _SIZES[kind] * skipped)
    return found
