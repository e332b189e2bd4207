"""QuickTime files: the pictures of an MP4, and sound that is not compressed.

Apple, "QuickTime File Format Specification": ``ftyp`` with the brand ``qt``, and a description of
sound of version 0 whose format is ``sowt``, 16-bit samples with the lower byte in front.
"""

import struct
from collections.abc import Mapping, Sequence

from simulator.clips import mp4
from simulator.clips.mp4 import MOVIE_SCALE, PER_FRAME, Chunk, box
from simulator.clips.spec import FPS

BYTES = 2
SECOND = MOVIE_SCALE * BYTES


def movie(video: mp4.Video, sound: bytes = b"", notes: Mapping[str, str] | None = None) -> bytes:
    """The file, its index in front; ``sound`` is 48000 samples a second of one channel."""
    order, chunks = interleaved(video.samples, sound)
    kind = box(b"ftyp", b"qt  ", struct.pack(">I", 0x20050300), b"qt  ")
    starts = [start for start, _ in _spans(order, chunks)]
    head = index(video, sound, chunks, starts, notes or {})
    head = mp4.moved(head, len(kind) + len(head) + 8, chunks)
    size = sum(map(len, order)) + 8
    return b"".join((kind, head, struct.pack(">I4s", size, b"mdat"), *order))


def interleaved(video: Sequence[bytes], sound: bytes) -> tuple[list[bytes], list[Chunk]]:
    """Pictures and sound of a second side by side; a chunk of sound is one piece."""
    order: list[bytes] = []
    chunks: list[Chunk] = []
    for second, first in enumerate(range(0, len(video), FPS)):
        pictures = video[first : first + FPS]
        order.extend(pictures)
        chunks.append(Chunk(0, len(pictures)))
        if piece := sound[second * SECOND : (second + 1) * SECOND]:
            order.append(piece)
            chunks.append(Chunk(1, len(piece) // BYTES))
    return order, chunks


def _spans(order: Sequence[bytes], chunks: Sequence[Chunk]) -> list[tuple[int, int]]:
    """Where each chunk begins among the samples, and how many pieces of the order it has."""
    found, place, at = [], 0, 0
    for chunk in chunks:
        pieces = chunk.count if chunk.track == 0 else 1
        found.append((place, pieces))
        place += sum(map(len, order[at : at + pieces]))
        at += pieces
    return found


def index(
    video: mp4.Video,
    sound: bytes,
    chunks: Sequence[Chunk],
    offsets: Sequence[int],
    notes: Mapping[str, str],
) -> bytes:
    """The `moov` atom of a film, whose chunks begin at these offsets of the file."""
    places = [
        [(c.count, at) for c, at in zip(chunks, offsets, strict=True) if c.track == track]
        for track in (0, 1)
    ]
    length = len(video.samples) * PER_FRAME
    tracks = [mp4.video_track(video, places[0], length)]
    if sound:
        tracks.append(sound_track(len(sound) // BYTES, places[1], length))
    head = mp4.movie_header(length, len(tracks) + 1)
    return box(b"moov", head, *tracks, mp4.user_data(notes))


def sound_track(count: int, places: list[tuple[int, int]], length: int) -> bytes:
    """A track of samples that are all of one length."""
    runs: list[int] = []
    for number, (samples, _) in enumerate(places, 1):
        if not runs or samples != runs[-2]:
            runs += (number, samples, 1)
    table = box(
        b"stbl",
        mp4.full(b"stsd", struct.pack(">I", 1), pcm_entry()),
        mp4.full(b"stts", struct.pack(">3I", 1, count, 1)),
        mp4.full(b"stsc", struct.pack(f">{len(runs) + 1}I", len(runs) // 3, *runs)),
        mp4.full(b"stsz", struct.pack(">2I", BYTES, count)),
        mp4.full(
            b"stco", struct.pack(f">{len(places) + 1}I", len(places), *(at for _, at in places))
        ),
    )
    header = mp4.full(b"smhd", bytes(4))
    return box(
        b"trak",
        mp4.track_header(2, length, 0, 0, 0x100),
        mp4.media(MOVIE_SCALE, length, b"soun", b"Sound", header, table),
    )


def pcm_entry() -> bytes:
    """The sample entry of one channel of 16-bit PCM at 48 kHz."""
    return box(b"sowt", struct.pack(">6xH8x2H4xI", 1, 1, 8 * BYTES, MOVIE_SCALE << 16))
