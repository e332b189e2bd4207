"""Sample references with exactly the properties asked for."""

import io
import struct
import threading
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, replace

from PIL import Image

from simulator.core.media import Facts
from simulator.media import drawing, encoder, mux
from simulator.media.formats import FOREIGN, SAMPLES, content_type
from simulator.media.padding import padded
from simulator.media.pieces import Pieces, Run, zeros
from simulator.media.reading import Unreadable

__all__ = ["content_type", "render"]

MOST_AREA = 40_000_000
# Pictures that are coded take more memory than those that are drawn.
MOST_VIDEO_AREA = 20_000_000
# Its encoder holds every pixel four times.
MOST_WEBP_AREA = 20_000_000
# Two minutes of 4K.
MOST_PIXEL_SECONDS = 1_000_000_000
# Above so many pixels samples are made one at a time.
LARGE_AREA = 10_000_000
MOST_SAMPLES = 100_000
MOST_MS = 600_000
MOST_CHANNELS = 8
SOUND_RATE = encoder.SOUND_RATE
AAC_SAMPLES = 1_024
COLOURS = 48

_OPTIONS: dict[str, dict[str, object]] = {
    "jpeg": {"quality": 75},
    "webp": {"lossless": True, "quality": 0, "method": 0},
    "tiff": {"compression": "tiff_adobe_deflate"},
}


_LARGE = threading.Lock()


@dataclass(frozen=True, slots=True)
class Wish:
    """What a sample has to be, and what is written on its picture."""

    facts: Facts
    label: str

    def drawing(self) -> Image.Image:
        facts = self.facts
        return drawing.drawn(facts.width, facts.height, self.label, facts.face)


def render(facts: Facts, ffmpeg: str, label: str = "") -> bytes:
    """A file with these properties; its natural size if none is asked. Blocks for up to 30 s.

    Samples with another ``label`` look different.
    """
    return bytes(pieces(facts, ffmpeg, label))


def pieces(facts: Facts, ffmpeg: str, label: str = "") -> Pieces:
    """The same file without what is filled in or repeated, which may be nearly all of it."""
    if facts.format not in SAMPLES or SAMPLES[facts.format].kind != facts.kind:
        raise Unreadable(f"A sample {facts.kind} has no format {facts.format}.")
    _check(facts)
    large = facts.width * facts.height > LARGE_AREA
    with _LARGE if large else nullcontext():
        made = _MAKERS[facts.format](Wish(facts, label), ffmpeg)
    head, rest = (made, ()) if isinstance(made, bytes) else made
    return padded(facts.format, head, rest, facts.size)


def _check(facts: Facts) -> None:
    if facts.kind != "audio" and not (facts.width > 0 and facts.height > 0):
        raise Unreadable("A sample picture has a width and a height.")
    if facts.width * facts.height > MOST_AREA:
        raise Unreadable(f"A sample picture has at most {MOST_AREA} pixels.")
    if facts.format == "webp" and facts.width * facts.height > MOST_WEBP_AREA:
        raise Unreadable(f"A sample webp has at most {MOST_WEBP_AREA} pixels.")
    if facts.kind == "video" and facts.width * facts.height > MOST_VIDEO_AREA:
        raise Unreadable(f"A sample video has at most {MOST_VIDEO_AREA} pixels.")
    if facts.kind == "video" and facts.width * facts.height * facts.ms > MOST_PIXEL_SECONDS * 1000:
        raise Unreadable(
            "A sample video lasts for at most as many seconds as its pixels allow: "
            f"{MOST_PIXEL_SECONDS} pixel seconds."
        )
    if facts.kind != "image" and not 0 < facts.ms <= MOST_MS:
        raise Unreadable(f"A sample lasts from 1 to {MOST_MS} milliseconds.")
    if facts.kind == "video" and not 0 < facts.fps * facts.ms / 1000 <= MOST_SAMPLES:
        raise Unreadable(f"A sample video has from 1 to {MOST_SAMPLES} pictures.")
    least = 1 if facts.kind == "audio" else 0
    if not least <= facts.channels <= MOST_CHANNELS:
        raise Unreadable(f"A sample has from {least} to {MOST_CHANNELS} channels.")


def _image(wish: Wish, _: str) -> bytes:
    out = io.BytesIO()
    kind = wish.facts.format
    with wish.drawing() as drawn:
        if kind in ("jpeg", "webp"):
            drawn = drawn.convert("RGB")
        elif drawn.mode == "RGB":
            # A sixth of the time of the usual way, and nobody sees a difference.
            quick = Image.Quantize.FASTOCTREE if kind == "png" else None
            drawn = drawn.quantize(COLOURS, method=quick)
        drawn.save(out, kind, **_OPTIONS.get(kind, {}))
    return out.getvalue()


def _webp(wish: Wish, cmd: str) -> bytes:
    """Extended, because only that layout may hold chunks that readers skip."""
    facts, data = wish.facts, _image(wish, cmd)
    sides = (facts.width - 1).to_bytes(3, "little") + (facts.height - 1).to_bytes(3, "little")
    head = b"VP8X" + (10).to_bytes(4, "little") + bytes(4) + sides
    size = len(data) - 8 + len(head)
    return b"RIFF" + size.to_bytes(4, "little") + b"WEBP" + head + data[12:]


def _heic(wish: Wish, cmd: str) -> bytes:
    facts = wish.facts
    coded = encoder.pictures(_png(wish), facts.format, "25", 1, cmd)
    hvcc = encoder.hevc_configuration(coded.stsd)
    return mux.still(facts.format, facts.width, facts.height, hvcc, coded.samples[0])


def _png(wish: Wish) -> bytes:
    out = io.BytesIO()
    with wish.drawing() as drawn:
        drawn.save(out, "png", compress_level=1)
    return out.getvalue()


def _video(wish: Wish, cmd: str) -> tuple[bytes, tuple[Run, ...]]:
    """Two pictures take turns, so the length of a video costs next to nothing.

    They are two because neighbouring IDR pictures have to differ in their id. The first of the
    three that are made carries the encoder's signature and is left out.
    """
    facts = wish.facts
    scale = round(1000 * facts.fps)
    coded = encoder.pictures(_png(wish), facts.format, f"{scale}/1000", 3, cmd)
    turns, count = coded.samples[1:], -(-facts.ms * scale // 1_000_000)
    size = facts.width, facts.height
    tracks = [mux.Track(b"vide", coded.stsd, turns, count, scale, 1000, *size)]
    if facts.channels:
        sound = encoder.sounds(facts.format, facts.channels, cmd)
        last, count = sound.samples[-1:], -(-facts.ms * SOUND_RATE // (1000 * AAC_SAMPLES))
        tracks.append(mux.Track(b"soun", sound.stsd, last, count, SOUND_RATE, AAC_SAMPLES))
    return mux.movie(facts.format, facts.ms, tracks)


def _mp3(wish: Wish, cmd: str) -> bytes:
    facts = wish.facts
    return encoder.mp3(facts.ms, facts.channels, cmd)


def _wav(wish: Wish, _: str) -> tuple[bytes, tuple[Run, ...]]:
    """Silence, which is nothing but zeros behind the header."""
    facts = wish.facts
    frame = 2 * facts.channels
    size = facts.ms * SOUND_RATE // 1000 * frame
    layout = (b"fmt ", 16, 1, facts.channels, SOUND_RATE, SOUND_RATE * frame, frame, 16)
    head = struct.pack("<4sI4s", b"RIFF", 36 + size, b"WAVE")
    head += struct.pack("<4sIHHIIHH", *layout) + struct.pack("<4sI", b"data", size)
    return head, (zeros(size),)


def _foreign(wish: Wish, cmd: str) -> bytes:
    """A sample of a usual format, written anew: it differs in its format and in nothing else."""
    usual = "mp4" if wish.facts.kind == "video" else "wav"
    made = _MAKERS[usual](Wish(replace(wish.facts, format=usual), wish.label), cmd)
    head, rest = (made, ()) if isinstance(made, bytes) else made
    return encoder.rewritten(bytes(Pieces.of(head, *rest)), wish.facts.format, cmd)


Made = bytes | tuple[bytes, tuple[Run, ...]]
_MAKERS: dict[str, Callable[[Wish, str], Made]] = {
    "png": _image,
    "jpeg": _image,
    "webp": _webp,
    "gif": _image,
    "bmp": _image,
    "tiff": _image,
    "heic": _heic,
    "heif": _heic,
    "mp4": _video,
    "mov": _video,
    "mp3": _mp3,
    "wav": _wav,
    **dict.fromkeys(FOREIGN, _foreign),
}
