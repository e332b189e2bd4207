"""What a media file is, by its own headers: no name, no content type, no decoder."""

import struct

from simulator.core.media import Facts
from simulator.media.audio import is_mp3, mp3, wav
from simulator.media.foreign import foreign, recognised
from simulator.media.heif import HEIC_BRANDS, HEIF_BRANDS, heif
from simulator.media.images import READERS, webp
from simulator.media.movie import movie
from simulator.media.reading import MOST_MS, MOST_PIXELS_A_SIDE, Unreadable

__all__ = ["Unreadable", "probe"]

_MOVIE_BOXES = frozenset((b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"pnot"))
# AVIF and other picture brands open like a movie, but are none.
_OTHER_BRANDS = frozenset((b"avis", b"jp2 ", b"jpx ", b"jxl ", b"crx "))
MOST_BRAND_BYTES = 64


def probe(data: bytes | memoryview, *, more: bool = False) -> Facts:
    """Measure the bytes from their headers, or raise ``Unreadable``.

    ``more`` formats than those that are read here are read by FFmpeg, which is not for a loop.
    """
    try:
        facts = foreign(data) if more and recognised(data) else _read(memoryview(data).cast("B"))
    except (struct.error, IndexError) as cut:
        raise Unreadable("The file ends within its headers.") from cut
    if facts.kind != "audio" and not (
        0 < facts.width <= MOST_PIXELS_A_SIDE and 0 < facts.height <= MOST_PIXELS_A_SIDE
    ):
        raise Unreadable(f"A picture of {facts.width}x{facts.height} pixels is out of bounds.")
    if facts.ms > MOST_MS:
        raise Unreadable("The file states a duration of more than a day.")
    return facts


def _read(view: memoryview) -> Facts:
    head = bytes(view[:12])
    for magic, name, reader in READERS:
        if head.startswith(magic):
            return Facts("image", name, len(view), *reader(view))
    if head[:4] == b"RIFF" and head[8:] == b"WEBP":
        return Facts("image", "webp", len(view), *webp(view))
    if head[:4] == b"RIFF" and head[8:] == b"WAVE":
        return wav(view)
    if head[4:8] in _MOVIE_BOXES:
        return _boxed(view, head[8:] if head[4:8] == b"ftyp" else b"")
    if is_mp3(head):
        return mp3(view)
    raise Unreadable("The bytes are no image, video or audio of a known format.")


def _boxed(view: memoryview, brand: bytes) -> Facts:
    if brand in _OTHER_BRANDS or b"avif" in bytes(view[8:MOST_BRAND_BYTES]):
        raise Unreadable("The picture format is not a known one.")
    if brand in HEIC_BRANDS or brand in HEIF_BRANDS:
        return heif(view)
    return movie(view)
