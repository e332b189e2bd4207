"""Rows of blocks written without an encoder: raw samples, and copies of what is to their left."""

import struct
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from simulator.clips.bits import Bits, escape
from simulator.clips.h264 import Picture, header, slice_unit

# mb_type of an intra slice [7-11]; the raw one is followed by 256 + 64 + 64 samples.
RAW = 25
FROM_LEFT = 2

# The samples of luma in the last column of a block.
LAST = slice(15, 256, 16)

# coeff_token of no coefficients beside a raw block and beside any other [9-5].
NONE_BY_RAW = (0b000011, 6)
NONE = (1, 1)


class Stretch(NamedTuple):
    """Raw blocks side by side, the first of them in a column of the picture.

    ``chroma`` stands behind each block; it is empty where the blocks bear their own.
    """

    place: int
    blocks: Sequence[bytes]
    chroma: bytes = b""


def row(picture: Picture, first: int, width: int, stretches: Sequence[Stretch]) -> list[bytes]:
    """An intra slice of ``width`` blocks from the block ``first``, with its length, in parts.

    The stretches are in order and the first is in place 0. What lies between them repeats the
    right edge of the block to its left. No sample is zero, so only the few bytes between the raw
    blocks can look like a start code.
    """
    parts = [b"", opening(picture, first)]
    last = 0
    for place, blocks, chroma in stretches:
        if place:
            parts.append(between(place - last))
        parts += ((chroma + NEXT).join(blocks), chroma)
        last = place + len(blocks)
    parts.append(after(width - last))
    parts[0] = struct.pack(">I", sum(map(len, parts)))
    return parts


@lru_cache(maxsize=1024)
def blank(picture: Picture, first: int, width: int, plain: bytes) -> bytes:
    """A row of plain ground."""
    return b"".join(row(picture, first, width, [Stretch(0, (plain,))]))


@lru_cache(maxsize=4096)
def opening(picture: Picture, first: int) -> bytes:
    """All of a slice that stands before its first samples."""
    return slice_unit(picture, header(picture, first, intra=True).ue(RAW).align().bytes())


def settled(stretches: Sequence[Stretch], width: int, plain: bytes) -> list[Stretch]:
    """The stretches on plain ground: a plain block follows each whose right edge is not plain."""
    made: list[Stretch] = []
    free, bare = 0, False
    edge, hues = plain[LAST], plain[256:]
    for one in stretches:
        place, blocks, chroma = one
        if free < place and not bare:
            made.append(Stretch(free, (plain,)))
        made.append(one)
        free, last = place + len(blocks), blocks[-1]
        bare = last[LAST] == edge and (chroma == hues or tinted_like(last + chroma, plain))
    if free < width and not bare:
        made.append(Stretch(free, (plain,)))
    return made


def tinted_like(block: bytes, plain: bytes) -> bool:
    """Whether both have the same chroma in their last columns."""
    return block[263:320:8] == plain[263:320:8] and block[327::8] == plain[327::8]


@lru_cache(maxsize=1024)
def between(flat: int) -> bytes:
    """What stands between two raw blocks with so many copies between them."""
    return escape(copies(flat).ue(RAW).align().bytes())


@lru_cache(maxsize=1024)
def after(flat: int) -> bytes:
    """The rest of a row of slices: copies of what is to the left, for so many blocks."""
    return escape(copies(flat).stop().bytes())


NEXT = Bits().ue(RAW).align().bytes()


def copies(flat: int) -> Bits:
    """Intra 16x16 blocks with horizontal prediction of luma and chroma and no residual."""
    bits = Bits()
    for place in range(flat):
        bits.ue(FROM_LEFT).ue(1).se(0).put(*(NONE if place else NONE_BY_RAW))
    return bits
