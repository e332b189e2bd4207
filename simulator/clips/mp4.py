"""MP4 files whose index stands in front of the samples (ISO/IEC 14496-12 and -14)."""

import struct
from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import accumulate, chain

from simulator.clips import hevc
from simulator.clips.spec import FPS
from simulator.clips.track import Chunk, Video, chunk

MOVIE_SCALE = 48000
PER_FRAME = MOVIE_SCALE // FPS
VIDEO_SCALE = 12288
PER_PACKET = 1024
MATRIX = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
UNDETERMINED = 0x55C4
VISIBLE = 3
HIGH_444 = 244
STCO = b"stco\0\0\0\0"

# Boxes that clips of a size or a length have in common, some 100 bytes each.
HEADERS = 256

# AAC LC, 48000 Hz, one channel (ISO/IEC 14496-3, 1.6.2.1).
AAC_MONO = bytes((0x11, 0x88))


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
    chunks = interleaved(video.seconds, sound)
    kind = box(b"ftyp", b"isom", struct.pack(">I", 0x200), b"isomiso2avc1mp41")
    return written(kind, index(video, sound, chunks, notes or {}), chunks)


def written(kind: bytes, head: bytes, chunks: Sequence[Chunk]) -> bytes:
    """The file of an index whose chunks lie behind it, one after the other."""
    head = moved(head, len(kind) + len(head) + 8, chunks)
    size = sum(one.size for one in chunks) + 8
    parts = chain.from_iterable(one.parts for one in chunks)
    return b"".join((kind, head, struct.pack(">I4s", size, b"mdat"), *parts))


def moved(head: bytes, start: int, chunks: Sequence[Chunk]) -> bytes:
    """The index with all chunks lying so much further on; its first boxes name no text."""
    made, at = bytearray(head), 0
    for track in (0, 1):
        count = sum(one.track == track for one in chunks)
        if count:
            at = made.index(STCO + struct.pack(">I", count), at) + 12
            places = struct.unpack_from(f">{count}I", made, at)
            struct.pack_into(f">{count}I", made, at, *(start + place for place in places))
    return bytes(made)


def interleaved(pictures: Sequence[Chunk], sound: Sequence[bytes]) -> list[Chunk]:
    """Pictures and packets of a second side by side."""
    chunks: list[Chunk] = []
    seen = heard = 0
    for second in pictures:
        seen += second.count
        until = -(-seen * PER_FRAME // PER_PACKET)
        packets = sound[heard:until]
        heard += len(packets)
        chunks.append(second)
        if packets:
            chunks.append(chunk(1, packets))
    return chunks


def placed(chunks: Sequence[Chunk], track: int) -> list[tuple[Chunk, int]]:
    """The chunks of a track, each with where it begins, in bytes from the first of all."""
    starts = accumulate((one.size for one in chunks), initial=0)
    return [(one, at) for one, at in zip(chunks, starts, strict=False) if one.track == track]


def index(
    video: Video, sound: Sequence[bytes], chunks: Sequence[Chunk], notes: Mapping[str, str]
) -> bytes:
    """The `moov` box of a film, whose chunks lie one after the other from 0 on."""
    length = video.count * PER_FRAME
    tracks = [video_track(video, placed(chunks, 0), length)]
    if sound:
        tracks.append(sound_track(len(sound), placed(chunks, 1), length))
    return box(b"moov", movie_header(length, len(tracks) + 1), *tracks, user_data(notes))


@lru_cache(maxsize=HEADERS)
def movie_header(length: int, following: int) -> bytes:
    """The `mvhd` box; `following` is the number of the next track."""
    times = struct.pack(">4I", 0, 0, MOVIE_SCALE, length)
    rest = struct.pack(">IH10x", 0x10000, 0x100) + MATRIX + bytes(24)
    return full(b"mvhd", times, rest, struct.pack(">I", following))


@lru_cache(maxsize=HEADERS)
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
    described = media_header(scale, length, handler, name)
    return box(b"mdia", described, box(b"minf", first, data_information(), table))


@lru_cache(maxsize=HEADERS)
def media_header(scale: int, length: int, handler: bytes, name: bytes) -> bytes:
    """The `mdhd` and the `hdlr` box of a track."""
    times = struct.pack(">4I2H", 0, 0, scale, length, UNDETERMINED, 0)
    says = struct.pack(">I4s12x", 0, handler) + name + b"\0"
    return full(b"mdhd", times) + full(b"hdlr", says)


@lru_cache(maxsize=1)
def data_information() -> bytes:
    """The `dinf` box that says: the samples are in this file."""
    return box(b"dinf", full(b"dref", struct.pack(">I", 1), full(b"url ", flags=1)))


def video_track(video: Video, places: Sequence[tuple[Chunk, int]], length: int) -> bytes:
    """The `trak` box of the pictures, whose chunks are in these places."""
    count = video.count
    each = VIDEO_SCALE // FPS
    table = box(
        b"stbl",
        description(video.width, video.height, video.vps, video.sps, video.pps),
        full(b"stts", struct.pack(">3I", 1, count, each)),
        full(b"stss", struct.pack(f">{len(video.keys) + 1}I", len(video.keys), *video.keys)),
        *sample_tables(places),
    )
    header = full(b"vmhd", bytes(8), flags=1)
    return box(
        b"trak",
        track_header(1, length, video.width, video.height, 0),
        media(VIDEO_SCALE, count * each, b"vide", b"Pictures", header, table),
    )


def sound_track(count: int, places: Sequence[tuple[Chunk, int]], length: int) -> bytes:
    """The `trak` box of the sound: so many packets, whose chunks are in these places."""
    last = length - (count - 1) * PER_PACKET
    table = box(
        b"stbl",
        aac_entry(),
        full(b"stts", struct.pack(">5I", 2, count - 1, PER_PACKET, 1, last)),
        *sample_tables(places),
    )
    header = full(b"smhd", bytes(4))
    return box(
        b"trak",
        track_header(2, length, 0, 0, 0x100),
        media(MOVIE_SCALE, length, b"soun", b"Sound", header, table),
    )


def sample_tables(places: Sequence[tuple[Chunk, int]]) -> tuple[bytes, ...]:
    """Which samples lie in which chunk, how long each is, and where the chunks begin."""
    sizes = [size for one, _ in places for size in one.sizes]
    return (
        chunk_runs(places),
        full(b"stsz", struct.pack(f">{len(sizes) + 2}I", 0, len(sizes), *sizes)),
        chunk_starts(places),
    )


def chunk_runs(places: Sequence[tuple[Chunk, int]]) -> bytes:
    """The `stsc` box: from which chunk on how many samples lie in each."""
    runs: list[int] = []
    for number, (one, _) in enumerate(places, 1):
        if not runs or one.count != runs[-2]:
            runs += (number, one.count, 1)
    return full(b"stsc", struct.pack(f">{len(runs) + 1}I", len(runs) // 3, *runs))


def chunk_starts(places: Sequence[tuple[Chunk, int]]) -> bytes:
    """The `stco` box: where the chunks begin."""
    starts = [at for _, at in places]
    return full(b"stco", struct.pack(f">{len(starts) + 1}I", len(starts), *starts))


@lru_cache(maxsize=HEADERS)
def description(width: int, height: int, vps: bytes, sps: bytes, pps: bytes) -> bytes:
    """The `stsd` box with the sample entry of H.264, or of H.265, which alone has a VPS.

    With its parameter sets and BT.709 colours.
    """
    start = struct.pack(">6xH16x2H2I4xH32xHh", 1, width, height, 72 << 16, 72 << 16, 1, 24, -1)
    colours = box(b"colr", b"nclx", struct.pack(">3HB", 1, 1, 1, 0))
    if vps:
        config = box(b"hvcC", hevc.configuration(vps, sps, pps))
        entry = box(b"hvc1", start, config, colours)
    else:
        entry = box(b"avc1", start, box(b"avcC", avc_configuration(sps, pps)), colours)
    return full(b"stsd", struct.pack(">I", 1), entry)


def avc_configuration(sps: bytes, pps: bytes) -> bytes:
    """What an `avcC` box holds (ISO/IEC 14496-15, 5.3.3.1)."""
    sets = struct.pack(">H", len(sps)) + sps + b"\1" + struct.pack(">H", len(pps)) + pps
    # Of the profiles that x264 is asked for, the high one of 4:4:4 alone says so: 8 bits each.
    colours = b"\xff\xf8\xf8\0" if sps[1] == HIGH_444 else b""
    return b"\1" + sps[1:4] + b"\xff\xe1" + sets + colours


@lru_cache(maxsize=1)
def aac_entry() -> bytes:
    """The `stsd` box with the sample entry of one channel of AAC-LC at 48 kHz."""
    start = struct.pack(">6xH8x2H4xI", 1, 1, 16, MOVIE_SCALE << 16)
    decoder = b"\x40\x15" + bytes(3) + struct.pack(">2I", 128000, 128000)
    stream = tagged(
        3, struct.pack(">HB", 2, 0), tagged(4, decoder, tagged(5, AAC_MONO)), tagged(6, b"\2")
    )
    return full(b"stsd", struct.pack(">I", 1), box(b"mp4a", start, full(b"esds", stream)))


def tagged(tag: int, *parts: bytes) -> bytes:
    """A descriptor of ISO/IEC 14496-1, shorter than 128 bytes."""
    body = b"".join(parts)
    return bytes((tag, len(body))) + body


def user_data(notes: Mapping[str, str]) -> bytes:
    """Metadata as iTunes writes it, which every reader knows."""
    entries = [note(name, text) for name, text in notes.items()]
    return box(b"udta", full(b"meta", METADATA, box(b"ilst", *entries)))


METADATA = full(b"hdlr", struct.pack(">I4s4s9x", 0, b"mdir", b"appl"))
COMMON = {"title": b"\xa9nam", "comment": b"\xa9cmt", "encoder": b"\xa9too"}


def note(name: str, text: str) -> bytes:
    """One entry of the metadata, under iTunes' name for it or under one of our own."""
    value = box(b"data", struct.pack(">2I", 1, 0), text.encode("utf-8", "replace"))
    return box(COMMON.get(name, b"----"), note_name(name), value)


@lru_cache(maxsize=HEADERS)
def note_name(name: str) -> bytes:
    """What stands in front of the text of an entry: nothing where the box itself has the name."""
    if name in COMMON:
        return b""
    return full(b"mean", b"com.apple.iTunes") + full(b"name", name.encode())
