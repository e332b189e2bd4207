"""Writing an MP4, MOV or HEIC around coded samples."""

import struct
from collections.abc import Sequence
from dataclasses import dataclass

from simulator.media.pieces import Run
from simulator.media.reading import Unreadable

MOVIE_SCALE = 1_000
_UNITY = struct.pack(">9I", 1 << 16, 0, 0, 0, 1 << 16, 0, 0, 0, 1 << 30)
_SELF_CONTAINED = b"\x00\x00\x00\x01"


@dataclass(frozen=True, slots=True)
class Track:
    """One track of a movie: ``delta`` is the ticks of a sample, ``scale`` those of a second.

    Its samples take turns until there are ``count``.
    """

    handler: bytes
    stsd: bytes
    turns: Sequence[bytes]
    count: int
    scale: int
    delta: int
    width: int = 0
    height: int = 0

    @property
    def runs(self) -> tuple[Run, ...]:
        """The samples as they stand in the file."""
        rounds, over = divmod(self.count, len(self.turns))
        return Run(b"".join(self.turns), rounds), Run(b"".join(self.turns[:over]))

    @property
    def sizes(self) -> list[int]:
        rounds, over = divmod(self.count, len(self.turns))
        once = [len(turn) for turn in self.turns]
        return once * rounds + once[:over]


def box(name: bytes, *parts: bytes) -> bytes:
    """A box: size, name, body."""
    body = b"".join(parts)
    return struct.pack(">I4s", 8 + len(body), name) + body


def full(name: bytes, *parts: bytes) -> bytes:
    """A full box of version 0, without flags."""
    return box(name, bytes(4), *parts)


def words(*values: int) -> bytes:
    """Numbers as 32 bits each, the high byte first."""
    return struct.pack(f">{len(values)}I", *values)


def movie(name: str, ms: int, tracks: Sequence[Track]) -> tuple[bytes, tuple[Run, ...]]:
    """A whole movie, its headers first; each track is played for exactly ``ms``."""
    brands = b"qt  " + bytes(4) + b"qt  " if name == "mov" else b"isom\0\0\2\0isomiso2avc1mp41"
    ftyp = box(b"ftyp", brands)
    data = [sum(run.size for run in track.runs) for track in tracks]
    before = len(ftyp) + len(_moov(name, ms, tracks, [0] * len(tracks))) + 8
    if before + sum(data) > 0xFFFF_FFFF:
        raise Unreadable("A sample video has fewer than 4 GiB.")
    offsets = [before + sum(data[:index]) for index in range(len(data))]
    mdat = struct.pack(">I4s", 8 + sum(data), b"mdat")
    runs = tuple(run for track in tracks for run in track.runs)
    return ftyp + _moov(name, ms, tracks, offsets) + mdat, runs


def _moov(name: str, ms: int, tracks: Sequence[Track], offsets: Sequence[int]) -> bytes:
    mvhd = words(0, 0, MOVIE_SCALE, ms, 1 << 16) + b"\1\0" + bytes(10) + _UNITY + bytes(24)
    traks = (
        _trak(name, ms, number, track, offset)
        for number, (track, offset) in enumerate(zip(tracks, offsets, strict=True), 1)
    )
    return box(b"moov", full(b"mvhd", mvhd, words(len(tracks) + 1)), *traks)


def _trak(name: str, ms: int, number: int, track: Track, offset: int) -> bytes:
    volume = b"\1\0" if track.handler == b"soun" else b"\0\0"
    tkhd = words(3, 0, 0, number, 0, ms) + bytes(12) + volume + bytes(2) + _UNITY
    side = words(track.width << 16, track.height << 16)
    edits = full(b"elst", words(1, ms, 0, 1 << 16))
    mdhd = words(0, 0, track.scale, track.delta * track.count) + b"\x55\xc4\0\0"
    hdlr = (b"mhlr" if name == "mov" else bytes(4)) + track.handler + bytes(13)
    media = full(b"mdhd", mdhd), full(b"hdlr", hdlr), _minf(track, offset)
    return box(b"trak", box(b"tkhd", tkhd, side), box(b"edts", edits), box(b"mdia", *media))


def _minf(track: Track, offset: int) -> bytes:
    sound = track.handler == b"soun"
    header = full(b"smhd", bytes(4)) if sound else box(b"vmhd", _SELF_CONTAINED, bytes(8))
    dinf = box(b"dinf", full(b"dref", words(1), box(b"url ", _SELF_CONTAINED)))
    count = track.count
    sizes = words(*track.sizes)
    table = (
        box(b"stsd", track.stsd),
        full(b"stts", words(1, count, track.delta)),
        full(b"stsc", words(1, 1, count, 1)),
        full(b"stsz", words(0, count), sizes),
        full(b"stco", words(1, offset)),
    )
    return box(b"minf", header, dinf, box(b"stbl", *table))


def still(name: str, width: int, height: int, hvcc: bytes, sample: bytes) -> bytes:
    """A HEIC or HEIF of one HEVC picture."""
    brand = b"heic" if name == "heic" else b"mif1"
    ftyp = box(b"ftyp", brand, bytes(4), b"mif1heic")
    before = len(ftyp) + len(_meta(width, height, hvcc, 0, len(sample))) + 8
    meta = _meta(width, height, hvcc, before, len(sample))
    return ftyp + meta + box(b"mdat", sample)


def _meta(width: int, height: int, hvcc: bytes, offset: int, length: int) -> bytes:
    item = struct.pack(">HHH", 1, 0, 1) + words(offset, length)
    infe = box(b"infe", b"\2\0\0\0", struct.pack(">HH", 1, 0), b"hvc1\0")
    owned = box(b"ipco", box(b"hvcC", hvcc), full(b"ispe", words(width, height)))
    used = full(b"ipma", words(1), struct.pack(">HBBB", 1, 2, 0x81, 0x02))
    return full(
        b"meta",
        full(b"hdlr", bytes(4), b"pict", bytes(13)),
        full(b"pitm", struct.pack(">H", 1)),
        full(b"iloc", b"\x44\x00", struct.pack(">H", 1), item),
        full(b"iinf", struct.pack(">H", 1), infe),
        box(b"iprp", owned, used),
    )
