"""A bounded walk over the boxes of the ISO base media family (MP4, MOV, HEIC)."""

import struct
from collections.abc import Iterator

from simulator.media.reading import Span, Unreadable

MOST_BOXES = 1_000
MOST_HEADER_BYTES = 16 * 1024 * 1024

# What a file consists of. Bytes of any other name that are no whole box are rubbish at its end.
TOP = frozenset(
    (
        *(b"ftyp", b"styp", b"moov", b"moof", b"mdat", b"meta", b"free", b"skip", b"wide"),
        *(b"sidx", b"ssix", b"mfra", b"uuid", b"udta", b"pdin", b"prft", b"emsg", b"pnot"),
    )
)

Box = tuple[bytes, int, int]


class Boxes:
    """Reads box headers of one file, and no more than ``MOST_BOXES`` of them."""

    def __init__(self, view: memoryview) -> None:
        self.view = view
        self.left = MOST_BOXES

    def within(self, span: Span) -> Iterator[Box]:
        """Name, start and end of each box's content; ends at the first that does not fit."""
        at, end = span
        while at + 8 <= end:
            self._count()
            size, name = struct.unpack_from(">I4s", self.view, at)
            head = 8
            if size == 1 and at + 16 <= end:
                (size,) = struct.unpack_from(">Q", self.view, at + 8)
                head = 16
            stop = at + size if size else end
            if (size and size < head) or stop > end:
                return
            yield name, at + head, stop
            at = stop

    def top(self) -> list[Box]:
        """The boxes of the file, which is refused if one of them is cut off."""
        end = len(self.view)
        boxes = list(self.within((0, end)))
        last = boxes[-1][2] if boxes else 0
        name = bytes(self.view[last + 4 : last + 8])
        if name in TOP:
            raise Unreadable(f"The file is cut off in its {name.decode()} box.")
        return boxes

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
    """The place of a box that has to be there; Unreadable where it is not."""
    if name not in found:
        raise Unreadable(f"The file has no whole {name.decode('latin-1')} box.")
    return found[name]


def bounded(span: Span) -> Span:
    """A span that is small enough to be walked over; Unreadable otherwise."""
    if span[1] - span[0] > MOST_HEADER_BYTES:
        raise Unreadable(f"A header box is larger than {MOST_HEADER_BYTES} bytes.")
    return span
