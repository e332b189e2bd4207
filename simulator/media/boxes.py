"""A bounded walk over the boxes of the ISO base media family (MP4, MOV, HEIC)."""

import struct
from collections.abc import Iterator

from simulator.media.reading import Span, Unreadable

MOST_BOXES = 1_000
MOST_HEADER_BYTES = 16 * 1024 * 1024

Box = tuple[bytes, int, int]


class Boxes:
    """Reads box headers of one file, and no more than ``MOST_BOXES`` of them."""

    def __init__(self, view: memoryview) -> None:
        self.view = view
        self.left = MOST_BOXES

    def within(self, span: Span) -> Iterator[Box]:
        """Name, start and end of each box's content; ends at the first that does not fit.

        Media data alone may be cut: no header tells that it is whole.
        """
        at, end = span
        while at + 8 <= end:
            self._count()
            size, name = struct.unpack_from(">I4s", self.view, at)
            head = 8
            if size == 1 and at + 16 <= end:
                (size,) = struct.unpack_from(">Q", self.view, at + 8)
                head = 16
            stop = at + size if size else end
            if (size and size < head) or (stop > end and name != b"mdat"):
                return
            yield name, at + head, min(stop, end)
            at = stop

    def first(self, span: Span, inner: frozenset[bytes] = frozenset()) -> dict[bytes, Span]:
        """The first box of each name, looking also into those named in ``inner``."""
        found: dict[bytes, Span] = {}
        pending = [span]
        while pending:
            for name, start, end in self.within(pending.pop()):
                found.setdefault(name, (start, end))
                if name in inner:
                    pending.append((start, end))
        return found

    def _count(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise Unreadable(f"The file has more than {MOST_BOXES} boxes.")


def need(found: dict[bytes, Span], name: bytes) -> Span:
    if name not in found:
        raise Unreadable(f"The file has no whole {name.decode('latin-1')} box.")
    return found[name]


def bounded(span: Span) -> Span:
    if span[1] - span[0] > MOST_HEADER_BYTES:
        raise Unreadable(f"A header box is larger than {MOST_HEADER_BYTES} bytes.")
    return span
