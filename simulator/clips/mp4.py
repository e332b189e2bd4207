"""MP4 files whose index stands in front of the samples (ISO/IEC 14496-12 and -14)."""

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate

from simulator.clips.spec import FPS

MOVIE_SCALE = 48000
PER_FRAME = MOVIE_SCALE // FPS
VIDEO_SCALE = 12288
PER_PACKET = 1024
MATRIX = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
UNDETERMINED = 0x55C4
VISIBLE = 3
STCO = b"stco\0\0\0\0"

# AAC LC, 48000 Hz, one channel (ISO/IEC 14496-3, 1.6.2.1).
AAC_MONO = bytes((0x11, 0x88))


@dataclass(frozen=True, slots=True)
class Video:
    """Coded pictures: each sample is a picture's NAL units with their lengths in front.

    ``keys`` numbers the key frames, ``kept`` all pictures that others refer to.
    """

    width: int
    height: int
    sps: bytes
    pps: bytes
    samples: Sequence[bytes]
    keys: Sequence[int] = (1,)
    kept: Sequence[int] = (1,)

    def ending(self) -> "Video":
        """The last picture and those it refers to; samples count from one."""
        last = len(self.samples)
        wanted = {number for number in self.kept if number >= self.keys[-1]} | {last}
        samples = [self.samples[number - 1] for number in sorted(wanted)]
        return replace(self, samples=samples, keys=(1,), kept=(1,))

    def excerpt(self, numbers: Sequence[int]) -> tuple["Video", frozenset[int]]:
        """Some pictures and those they refer to; and where in it those are, from zero."""
        wanted = sorted({one for one in self.kept if one < max(numbers)} | {*numbers})
        samples = [self.samples[one - 1] for one in wanted]
        keys = [at for at, one in enumerate(wanted, 1) if one in {*self.keys}]
        kept = [at for at, one in enumerate(wanted, 1) if one in {*self.kept}]
        places = frozenset(at for at, one in enumerate(wanted) if one in {*numbers})
        return replace(self, samples=samples, keys=keys, kept=kept), places


def box(kind: bytes, *parts: bytes) -> bytes:
    """A box: size, kind, body (ISO/IEC 14496-12, 4.2)."""
    body = b"".join(parts)
    return struct.pack(">I4s", len(body) + 8, kind) + body


def full(kind: bytes, *parts: bytes, version: int = 0, flags: int = 0) -> bytes:
    """A full box: one with a version and flags."""
    return box(kind, struct.pack(">I", version << 24 | flags), *parts)


def sample(units: Sequence[bytes]) -> bytes:
    """NAL units as one sample."""
    return b"".join(part for unit in units for part in (struct.pack(">I", len(unit)), unit))


def movie(
    video: Video, sound: Sequence[bytes] = (), notes: Mapping[str, str] | None = None
) -> bytes:
    """The file; ``notes`` become its metadata."""
    order, chunks = interleaved(video.samples, sound)
    kind = box(b"ftyp", b"isom", struct.pack(">I", 0x200), b"isomiso2avc1mp41")
    length = len(video.samples) * PER_FRAME
    starts = chunk_starts(order, chunks)
    head = index(video, sound, chunks, starts, length, notes or {})
    head = moved(head, len(kind) + len(head) + 8, chunks)
    size = sum(map(len, order)) + 8
    return b"".join((kind, head, struct.pack(">I4s", size, b"mdat"), *order))


def moved(head: bytes, start: int, chunks: Sequence["Chunk"]) -> bytes:
    """The index with all chunks lying so much further on; its first boxes name no text."""
    made, at = bytearray(head), 0
    for track in (0, 1):
        count = sum(chunk.track == track for chunk in chunks)
        if count:
            at = made.index(STCO + struct.pack(">I", count), at) + 12
            places = struct.unpack_from(f">{count}I", made, at)
            struct.pack_into(f">{count}I", made, at, *(start + place for place in places))
    return bytes(made)


@dataclass(frozen=True, slots=True)
class Chunk:
    """Samples of one track that lie together: which track, how many."""

    track: int
    count: int


def interleaved(video: Sequence[bytes], sound: Sequence[bytes]) -> tuple[list[bytes], list[Chunk]]:
    """Pictures and packets of a second side by side."""
    order: list[bytes] = []
    chunks: list[Chunk] = []
    heard = 0
    for first in range(0, len(video), FPS):
        pictures = video[first : first + FPS]
        until = -(-(first + len(pictures)) * PER_FRAME // PER_PACKET)
        packets = sound[heard:until]
        heard += len(packets)
        for track, samples in ((0, pictures), (1, packets)):
            if samples:
                order.extend(samples)
                chunks.append(Chunk(track, len(samples)))
    return order, chunks


def chunk_starts(order: Sequence[bytes], chunks: Sequence[Chunk]) -> list[int]:
    """Where each chunk begins among the samples, in bytes from the first."""
    ends = [0, *accumulate(map(len, order))]
    firsts = [0, *accumulate(chunk.count for chunk in chunks)]
    return [ends[first] for first in firsts[:-1]]


def index(
    video: Video,
    sound: Sequence[bytes],
    chunks: Sequence[Chunk],
    offsets: Sequence[int],
    length: int,
    notes: Mapping[str, str],
) -> bytes:
    """The `moov` box of a film, whose chunks begin at these offsets of the file."""
    places = [
        [(c.count, at) for c, at in zip(chunks, offsets, strict=True) if c.track == track]
        for track in (0, 1)
    ]
    tracks = [video_track(video, places[0], length)]
    if sound:
        tracks.append(sound_track(sound, places[1], length))
    return box(b"moov", movie_header(length, len(tracks) + 1), *tracks, user_data(notes))


def movie_header(length: int, following: int) -> bytes:
    """The `mvhd` box; `following` is the number of the next track."""
    times = struct.pack(">4I", 0, 0, MOVIE_SCALE, length)
    rest = struct.pack(">IH10x", 0x10000, 0x100) + MATRIX + bytes(24)
    return full(b"mvhd", times, rest, struct.pack(">I", following))


def track_header(number: int, length: int, width: int, height: int, volume: int) -> bytes:
    """The `tkhd` box of a picture track, or of a sound track, which has a volume."""
    times = struct.pack(">5I8x", 0, 0, number, 0, length)
    kind = struct.pack(">2hH2x", 0, 0 if volume == 0 else 1, volume)
    size = struct.pack(">2I", width << 16, height << 16)
    return full(b"tkhd", times, kind, MATRIX, size, flags=VISIBLE)


def media(
    scale: int, length: int, handler: bytes, name: bytes, first: bytes, table: bytes
) -> bytes:
    """The `mdia` box of a track: its scale, its handler and its tables."""
    times = struct.pack(">4I2H", 0, 0, scale, length, UNDETERMINED, 0)
    says = struct.pack(">I4s12x", 0, handler) + name + b"\0"
    here = box(b"dinf", data_reference())
    return box(b"mdia", full(b"mdhd", times), full(b"hdlr", says), box(b"minf", first, here, table))


def data_reference() -> bytes:
    """The `dref` box that says: the samples are in this file."""
    return full(b"dref", struct.pack(">I", 1), full(b"url ", flags=1))


def video_track(video: Video, places: list[tuple[int, int]], length: int) -> bytes:
    """The `trak` box of the pictures, whose chunks are these (count, offset)."""
    count = len(video.samples)
    each = VIDEO_SCALE // FPS
    table = box(
        b"stbl",
        full(b"stsd", struct.pack(">I", 1), avc_entry(video)),
        full(b"stts", struct.pack(">3I", 1, count, each)),
        full(b"stss", struct.pack(f">{len(video.keys) + 1}I", len(video.keys), *video.keys)),
        *sample_tables(video.samples, places),
    )
    header = full(b"vmhd", bytes(8), flags=1)
    return box(
        b"trak",
        track_header(1, length, video.width, video.height, 0),
        media(VIDEO_SCALE, count * each, b"vide", b"Pictures", header, table),
    )


def sound_track(sound: Sequence[bytes], places: list[tuple[int, int]], length: int) -> bytes:
    """The `trak` box of the sound, whose chunks are these (count, offset)."""
    count = len(sound)
    last = length - (count - 1) * PER_PACKET
    table = box(
        b"stbl",
        full(b"stsd", struct.pack(">I", 1), aac_entry()),
        full(b"stts", struct.pack(">5I", 2, count - 1, PER_PACKET, 1, last)),
        *sample_tables(sound, places),
    )
    header = full(b"smhd", bytes(4))
    return box(
        b"trak",
        track_header(2, length, 0, 0, 0x100),
        media(MOVIE_SCALE, length, b"soun", b"Sound", header, table),
    )


def sample_tables(samples: Sequence[bytes], places: list[tuple[int, int]]) -> tuple[bytes, ...]:
    """Which samples lie in which chunk, how long each is, and where the chunks begin."""
    runs: list[int] = []
    before = 0
    for number, (count, _) in enumerate(places, 1):
        if count != before:
            runs += (number, count, 1)
            before = count
    sizes = list(map(len, samples))
    return (
        full(b"stsc", struct.pack(f">{len(runs) + 1}I", len(runs) // 3, *runs)),
        full(b"stsz", struct.pack(f">{len(sizes) + 2}I", 0, len(sizes), *sizes)),
        full(b"stco", struct.pack(f">{len(places) + 1}I", len(places), *(at for _, at in places))),
    )


def avc_entry(video: Video) -> bytes:
    """The sample entry of H.264, with its parameter sets and BT.709 colours."""
    start = struct.pack(
        ">6xH16x2H2I4xH32xHh", 1, video.width, video.height, 72 << 16, 72 << 16, 1, 24, -1
    )
    sets = struct.pack(">H", len(video.sps)) + video.sps + b"\1"
    sets += struct.pack(">H", len(video.pps)) + video.pps
    config = b"\1" + video.sps[1:4] + b"\xff\xe1" + sets
    colours = b"nclx" + struct.pack(">3HB", 1, 1, 1, 0)
    return box(b"avc1", start, box(b"avcC", config), box(b"colr", colours))


def aac_entry() -> bytes:
    """The sample entry of one channel of AAC-LC at 48 kHz."""
    start = struct.pack(">6xH8x2H4xI", 1, 1, 16, MOVIE_SCALE << 16)
    decoder = b"\x40\x15" + bytes(3) + struct.pack(">2I", 128000, 128000)
    stream = tagged(
        3, struct.pack(">HB", 2, 0), tagged(4, decoder, tagged(5, AAC_MONO)), tagged(6, b"\2")
    )
    return box(b"mp4a", start, full(b"esds", stream))


def tagged(tag: int, *parts: bytes) -> bytes:
    """A descriptor of ISO/IEC 14496-1, shorter than 128 bytes."""
    body = b"".join(parts)
    return bytes((tag, len(body))) + body


def user_data(notes: Mapping[str, str]) -> bytes:
    """Metadata as iTunes writes it, which every reader knows."""
    entries = [note(name, text) for name, text in notes.items()]
    handler = full(b"hdlr", struct.pack(">I4s4s9x", 0, b"mdir", b"appl"))
    return box(b"udta", full(b"meta", handler, box(b"ilst", *entries)))


COMMON = {"title": b"\xa9nam", "comment": b"\xa9cmt", "encoder": b"\xa9too"}


def note(name: str, text: str) -> bytes:
    """One entry of the metadata, under iTunes' name for it or under one of our own."""
    value = box(b"data", struct.pack(">2I", 1, 0), text.encode("utf-8", "replace"))
    if name in COMMON:
        return box(COMMON[name], value)
    return box(b"----", full(b"mean", b"com.apple.iTunes"), full(b"name", name.encode()), value)
