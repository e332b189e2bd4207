"""The parts of H.264 around the blocks: parameter sets, slice headers, NAL units.

Numbers in brackets are clauses and tables of ITU-T H.264 (08/2021).
"""

from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from typing import NamedTuple

from simulator.clips.bits import Bits, Reader, escape, unescape
from simulator.clips.spec import FPS

FRAME_NUM_BITS = 4
POC_BITS = 16
BASE_QP = 26

# level_idc, MaxMBPS, MaxFS; 3.1 is the first that lets a vector reach 512 rows.
LEVELS = (
    (31, 108000, 3600),
    (32, 216000, 5120),
    (40, 245760, 8192),
    (50, 589824, 22080),
    (51, 983040, 36864),
    (60, 4177920, 139264),
)


class Unit(IntEnum):
    """nal_unit_type [7-1]."""

    SLICE = 1
    IDR = 5
    SPS = 7
    PPS = 8


class Shape(NamedTuple):
    """A picture of ``columns`` by ``rows`` blocks, of which the top left pixels are shown."""

    width: int
    height: int
    columns: int
    rows: int


class Picture(NamedTuple):
    """Where a coded picture stands in the stream."""

    idr: bool
    kept: bool
    frame_num: int
    order: int
    idr_id: int = 0


def level(shape: Shape) -> int:
    """The lowest level of H.264 (table A-1) that has room for a shape at 24 pictures a second."""
    blocks = shape.columns * shape.rows
    for name, per_second, per_picture in LEVELS:
        if blocks <= per_picture and blocks * FPS <= per_second:
            return name
    raise ValueError(f"no level has room for {shape.width}x{shape.height}")


def unit(kind: Unit, importance: int, payload: bytes) -> bytes:
    """A NAL unit without start code or length."""
    return bytes((importance << 5 | kind,)) + escape(payload)


@lru_cache(maxsize=128)
def sps(shape: Shape) -> bytes:
    """Constrained Baseline, one reference picture, 24 pictures a second, BT.709 [7.3.2.1.1]."""
    bits = Bits().put(66, 8).put(0b11000000, 8).put(level(shape), 8).ue(0)
    bits.ue(FRAME_NUM_BITS - 4).ue(0).ue(POC_BITS - 4).ue(1).put(0, 1)
    bits.ue(shape.columns - 1).ue(shape.rows - 1).put(0b11, 2)
    right = (shape.columns * 16 - shape.width) // 2
    bottom = (shape.rows * 16 - shape.height) // 2
    bits.put(1, 1).ue(0).ue(right).ue(0).ue(bottom)
    vui(bits.put(1, 1))
    return unit(Unit.SPS, 3, bits.stop().bytes())


def vui(bits: Bits) -> None:
    """Square pixels, limited range BT.709, a fixed rate, nothing reordered [E.1.1]."""
    bits.put(1, 1).put(1, 8).put(0, 1)
    bits.put(1, 1).put(5, 3).put(0, 1).put(1, 1).put(1, 8).put(1, 8).put(1, 8)
    bits.put(0, 1).put(1, 1).put(1, 32).put(2 * FPS, 32).put(1, 1).put(0, 3)
    bits.put(1, 1).put(1, 1).ue(0).ue(0).ue(16).ue(16).ue(0).ue(1)


@lru_cache(maxsize=1)
def pps() -> bytes:
    """CAVLC, one slice group, deblocking switched by the slices [7.3.2.2]."""
    bits = Bits().ue(0).ue(0).put(0, 2).ue(0).ue(0).ue(0).put(0, 3)
    bits.se(0).se(0).se(0).put(0b100, 3)
    return unit(Unit.PPS, 3, bits.stop().bytes())


def header(picture: Picture, first: int, *, intra: bool, qp: int = BASE_QP) -> Bits:
    """A slice header that switches deblocking off [7.3.3]."""
    # What is alike in thousands of slices is put together once: only the order is their own.
    number = picture.idr_id if picture.idr else None
    start, length = opening(picture.frame_num, number, first, intra)
    end, count = closing(picture.idr, picture.kept, intra, qp)
    order = picture.order % (1 << POC_BITS)
    return Bits((start << POC_BITS | order) << count | end, length + POC_BITS + count)


@lru_cache(maxsize=4096)
def opening(frame_num: int, idr_id: int | None, first: int, intra: bool) -> tuple[int, int]:
    """The bits of a slice header ahead of the picture's order, and how many those are."""
    bits = Bits().ue(first).ue(2 if intra else 0).ue(0).put(frame_num, FRAME_NUM_BITS)
    if idr_id is not None:
        bits.ue(idr_id)
    return bits.value, bits.count


@lru_cache(maxsize=256)
def closing(idr: bool, kept: bool, intra: bool, qp: int) -> tuple[int, int]:
    """The bits of a slice header behind the picture's order, and how many those are."""
    bits = Bits()
    if not intra:
        bits.put(0, 2)
    if kept:
        bits.put(0, 2 if idr else 1)
    bits.se(qp - BASE_QP).ue(1)
    return bits.value, bits.count


def slice_unit(picture: Picture, payload: bytes) -> bytes:
    """A slice's payload as a NAL unit of its picture's kind."""
    kind = Unit.IDR if picture.idr else Unit.SLICE
    return unit(kind, 1 if picture.kept else 0, payload)


@dataclass(frozen=True, slots=True)
class Foreign:
    """A slice from x264 without its header, so that it can stand in another picture."""

    first: int
    qp: int
    body: Bits

    def at(self, picture: Picture, first: int) -> bytes:
        start = header(picture, first, intra=True, qp=self.qp)
        body = start.put(self.body.value, self.body.count)
        return slice_unit(picture, trimmed(body))


def trimmed(bits: Bits) -> bytes:
    """Moved bits end in the stop bit of before; only the zeros behind it change."""
    spare = (bits.value & -bits.value).bit_length() - 1
    return Bits(bits.value >> spare, bits.count - spare).align().bytes()


@dataclass(slots=True)
class Habits:
    """What the slice headers of a foreign stream depend on."""

    frame_num_bits: int = 0
    poc_type: int = 0
    qp: int = BASE_QP

    def learn_sps(self, data: bytes) -> None:
        reader = Reader(unescape(data), 24)
        reader.ue()
        self.frame_num_bits = reader.ue() + 4
        self.poc_type = reader.ue()

    def learn_pps(self, data: bytes) -> None:
        reader = Reader(unescape(data))
        reader.ue(), reader.ue(), reader.u(2), reader.ue(), reader.ue(), reader.ue(), reader.u(3)
        self.qp = BASE_QP + reader.se()

    def slice(self, data: bytes) -> Foreign:
        """An IDR slice of a stream with poc type 2 and a deblocking switch."""
        reader = Reader(unescape(data))
        first = reader.ue()
        reader.ue(), reader.ue(), reader.u(self.frame_num_bits), reader.ue(), reader.u(2)
        qp = self.qp + reader.se()
        if reader.ue() != 1:
            reader.se(), reader.se()
        return Foreign(first, qp, reader.rest())


def kind(unit: bytes) -> int:
    """The nal_unit_type of a unit [7.3.1]."""
    return unit[0] & 31


def nal_units(stream: bytes) -> list[bytes]:
    """What stands between the start codes; zeros at an end belong to the next code [B.1]."""
    return [unit.rstrip(b"\0") for unit in stream.split(b"\0\0\1")[1:]]


def foreigners(stream: bytes) -> list[list[Foreign]]:
    """The slices of each picture in an Annex B stream of intra pictures."""
    habits = Habits()
    pictures: list[list[Foreign]] = []
    for nal in nal_units(stream):
        kind, data = nal[0] & 31, nal[1:]
        if kind == Unit.SPS:
            habits.learn_sps(data)
        elif kind == Unit.PPS:
            habits.learn_pps(data)
        elif kind == Unit.IDR:
            piece = habits.slice(data)
            if piece.first == 0:
                pictures.append([])
            pictures[-1].append(piece)
    return pictures
