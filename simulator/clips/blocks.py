"""Rows of blocks written without an encoder: raw samples, and copies of what is to their left."""

from collections.abc import Sequence
from functools import lru_cache

from simulator.clips.bits import Bits
from simulator.clips.h264 import Picture, header, slice_unit

# mb_type of an intra slice [7-11]; the raw one is followed by 256 + 64 + 64 samples.
RAW = 25
FROM_LEFT = 2

# coeff_token of no coefficients beside a raw block and beside any other [9-5].
NONE_BY_RAW = (0b000011, 6)
NONE = (1, 1)


def row(picture: Picture, first: int, blocks: Sequence[bytes | None]) -> bytes:
    """An intra slice; ``None`` repeats the right edge of the block to the left."""
    parts = [header(picture, first, intra=True).ue(RAW).align().bytes()]
    flat = 0
    for place, block in enumerate(blocks):
        if block is None:
            flat += 1
            continue
        if place:
            parts.append(between(flat))
        parts.append(block)
        flat = 0
    parts.append(after(flat))
    return slice_unit(picture, b"".join(parts))


@lru_cache(maxsize=1024)
def between(flat: int) -> bytes:
    """What stands between two raw blocks with so many copies between them."""
    return copies(flat).ue(RAW).align().bytes()


@lru_cache(maxsize=1024)
def after(flat: int) -> bytes:
    return copies(flat).stop().bytes()


def copies(flat: int) -> Bits:
    """Intra 16x16 blocks with horizontal prediction of luma and chroma and no residual."""
    bits = Bits()
    for place in range(flat):
        bits.ue(FROM_LEFT).ue(1).se(0).put(*(NONE if place else NONE_BY_RAW))
    return bits
