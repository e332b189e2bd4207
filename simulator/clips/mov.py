"""QuickTime files: the pictures of an MP4, and sound that is not compressed.

Apple, "QuickTime File Format Specification": ``ftyp`` with the brand ``qt``, and a description of
sound of version 0 whose format is ``sowt``, 16-bit samples with the lower byte in front.
"""

import struct
from collections.abc import Mapping, Sequence

from simulator.clips import mp4
from simulator.clips.mp4 import MOVIE_SCALE, PER_FRAME, box
from simulator.clips.track import Chunk, Video

BYTES = 2
SECOND = MOVIE_SCALE * BYTES


def movie(video: Video, sound: bytes = b"", notes: Mapping[str, str] | None = None) -> bytes:
    """The file, its index in front; ``sound`` is 48000 samples a second of one channel."""
    chunks = interleaved(video.seconds, sound)
    kind = box(b"ftyp", b"qt  ", struct.pack(">I", 0x20050300), b"qt  ")
    return mp4.written(kind, index(video, sound, chunks, notes or {}), chunks)


def interleaved(pictures: Sequence[Chunk], sound: bytes) -> list[Chunk]:
    """Pictures and sound of a second side by side."""
    chunks: list[Chunk] = []
    for number, second in enumerate(pictures):
        chunks.append(second)
        if piece := sound[number * SECOND : (number + 1) * SECOND]:
            chunks.append(Chunk(1, (piece,), len(piece) // BYTES, len(piece)))
    return chunks


def index(video: Video, sound: bytes, chunks: Sequence[Chunk], notes: Mapping[str, str]) -> bytes:
    """The `moov` atom of a film, whose chunks lie one after the other from 0 on."""
    length = video.count * PER_FRAME
    tracks = [mp4.video_track(video, mp4.placed(chunks, 0), length)]
    if sound:
        tracks.append(sound_track(len(sound) // BYTES, mp4.placed(chunks, 1), length))
    head = mp4.movie_header(length, len(tracks) + 1)
    return box(b"moov", head, *tracks, mp4.user_data(notes))


def sound_track(count: int, places: Sequence[tuple[Chunk, int]], length: int) -> bytes:
    """A track of samples that are all of one length."""
    table = box(
        b"stbl",
        mp4.full(b"stsd", struct.pack(">I", 1), pcm_entry()),
        mp4.full(b"stts", struct.pack(">3I", 1, count, 1)),
        mp4.chunk_runs(places),
        mp4.full(b"stsz", struct.pack(">2I", BYTES, count)),
        mp4.chunk_starts(places),
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
