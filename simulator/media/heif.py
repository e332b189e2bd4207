"""Width and height of the primary picture of a HEIC or HEIF file."""

from simulator.core.media import Facts
from simulator.media.boxes import Boxes, bounded, need
from simulator.media.reading import Span, Unreadable, take

HEIC_BRANDS = frozenset((b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"hevm", b"hevs"))
HEIF_BRANDS = frozenset((b"mif1", b"msf1"))
MOST_ITEMS = 1_000

_INNER = frozenset((b"iprp",))


def heif(view: memoryview) -> Facts:
    """What a HEIC or HEIF file says of its primary picture."""
    boxes = Boxes(view)
    top = {name: (start, end) for name, start, end in reversed(boxes.top())}
    start, end = bounded(need(top, b"meta"))
    found = boxes.first((start + 4, end), _INNER)
    if b"mdat" not in top and b"idat" not in found:
        raise Unreadable("The file is cut off ahead of its picture data.")
    properties = list(boxes.within(need(found, b"ipco")))
    width = height = 0
    turned = False
    for index in _primary_properties(view, found):
        if not 0 < index <= len(properties):
            raise Unreadable("The primary picture has a property that is not there.")
        name, at, stop = properties[index - 1]
        if name == b"ispe":
            width, height = take(view, (at, stop), ">II", 4)
        elif name == b"irot":
            turned = bool(view[at] & 1)  # quarter turns, so odd means on its side
    if turned:
        width, height = height, width
    name_ = "heic" if bytes(view[8:12]) in HEIC_BRANDS else "heif"
    return Facts("image", name_, len(view), width, height)


def _primary_properties(view: memoryview, found: dict[bytes, Span]) -> list[int]:
    primary = need(found, b"pitm")
    (version,) = take(view, primary, "B")
    (item,) = take(view, primary, ">I" if version else ">H", 4)
    ipma = need(found, b"ipma")
    version, wide, count = take(view, ipma, ">B2xBI")
    at, layout = 8, ">IB" if version else ">HB"
    for _ in range(min(count, MOST_ITEMS)):
        number, length = take(view, ipma, layout, at)
        at += 5 if version else 3
        if number == item:
            return _indexes(view, ipma, at, length, bool(wide & 1))
        at += length * (2 if wide & 1 else 1)
    raise Unreadable("The file says nothing of its primary picture.")


def _indexes(view: memoryview, ipma: Span, at: int, length: int, wide: bool) -> list[int]:
    cells = take(view, ipma, f">{length}{'H' if wide else 'B'}", at)
    return [cell & (0x7FFF if wide else 0x7F) for cell in cells]
