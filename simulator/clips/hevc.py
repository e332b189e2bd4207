"""The parts of H.265 around what x265 has coded: its NAL units, and its sample entry in a file.

Which clips come in it: "Create a video generation task", Ark documentation 82379/1520757, read
autumn 2026: 4k of Seedance 2.0 and 1080p of 2.5 are 10-bit H.265 tagged `hvc1`, and all else H.264,
a MOV too. Numbers in brackets are clauses and tables of ITU-T H.265 (08/2021).
"""

import struct
from enum import IntEnum

from simulator.clips.bits import unescape
from simulator.clips.spec import ClipSpec

# Profile, tier and level stand behind the two bytes of a unit's header and one byte more [7.3.3].
PROFILE = slice(3, 15)
DEPTH = 10


class Unit(IntEnum):
    """nal_unit_type [7-1]; what is below 32 are slices, of which these two begin anew."""

    IDR_W_RADL = 19
    IDR_N_LP = 20
    VPS = 32
    SPS = 33
    PPS = 34
    DELIMITER = 35


KEYS = (Unit.IDR_W_RADL, Unit.IDR_N_LP)
SETS = (Unit.VPS, Unit.SPS, Unit.PPS)


def applies(spec: ClipSpec) -> bool:
    """Whether the model would deliver this clip as H.265."""
    new = spec.resolution == "4k" or (spec.tier == "2.5" and spec.resolution == "1080p")
    return new and spec.container == "mp4"


def kind(unit: bytes) -> int:
    """The nal_unit_type of a unit [7.3.1.2]."""
    return unit[0] >> 1 & 63


def configuration(vps: bytes, sps: bytes, pps: bytes) -> bytes:
    """The `hvcC` record of 4:2:0 at 10 bits (ISO/IEC 14496-15, 8.3.3.1)."""
    profile = unescape(sps[: PROFILE.stop + 8])[PROFILE]
    # No bound on slices or threads, one layer in time that may be entered anywhere, lengths of 4.
    about = struct.pack(">HBBBBHB", 0xF000, 0xFC, 0xFD, *[0xF8 | DEPTH - 8] * 2, 0, 0x0F)
    arrays = [
        struct.pack(">BHH", 0x80 | name, 1, len(unit)) + unit
        for name, unit in zip(SETS, (vps, sps, pps), strict=True)
    ]
    return b"\1" + profile + about + bytes((len(arrays),)) + b"".join(arrays)
