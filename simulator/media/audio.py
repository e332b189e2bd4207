"""Duration and channels of an MP3 or a WAV, from its headers."""

import struct
from dataclasses import dataclass

from simulator.core.media import Facts
from simulator.media.reading import Unreadable

MOST_CHUNKS = 1_000
MOST_CHANNELS = 64
# A stream cannot know its size: its writer states nothing, or nearly 2 or 4 GiB.
UNKNOWN_SIZE = 0x7FFF_0000
# Tags that were taken off the end of an MP3 count in what its header states.
TAGS = 1_024
# Some writers leave a little padding between the ID3 tag and the first frame.
SYNC_WINDOW = 4_096

_RATES = {3: (44_100, 48_000, 32_000), 2: (22_050, 24_000, 16_000), 0: (11_025, 12_000, 8_000)}
_KBITS_1 = (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
_KBITS_2 = (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
_LAYER_3 = 1
_PCM, _FLOAT, _EXTENSIBLE = 1, 3, 0xFFFE
_GAPLESS_WRITERS = (b"LAME", b"Lavf", b"Lavc")


@dataclass(frozen=True, slots=True)
class Frame:
    """One MP3 frame header."""

    at: int
    version: int
    kbits: int
    rate: int
    channels: int
    length: int

    @property
    def samples(self) -> int:
        return 1152 if self.version == 3 else 576

    def like(self, other: "Frame | None") -> bool:
        return other is not None and (other.version, other.rate) == (self.version, self.rate)


def wav(view: memoryview) -> Facts:
    """What a RIFF WAVE file says of itself."""
    layout: tuple[int, ...] | None = None
    at = 12
    for _ in range(MOST_CHUNKS):
        name, size = struct.unpack_from("<4sI", view, at)
        if name == b"fmt ":
            layout = struct.unpack_from("<HHIIH", view, at + 8)
        elif name == b"data":
            return _wav_facts(view, layout, _wav_sound(size, len(view) - at - 8))
        at += 8 + size + size % 2
    raise Unreadable("The WAV has too many chunks ahead of its sound.")


def _wav_sound(stated: int, there: int) -> int:
    """The bytes of sound: what is there where a stream did not know."""
    if not stated or stated >= UNKNOWN_SIZE:
        return there
    if stated > there:
        raise Unreadable("The WAV is cut off.")
    return stated


def _wav_facts(view: memoryview, layout: tuple[int, ...] | None, length: int) -> Facts:
    if layout is None:
        raise Unreadable("The WAV has no fmt chunk ahead of its sound.")
    tag, channels, rate, stated, align = layout
    a_second = rate * align if tag in (_PCM, _FLOAT, _EXTENSIBLE) else stated
    if not a_second or not 0 < channels <= MOST_CHANNELS:
        raise Unreadable("The WAV states no usable sample rate or channels.")
    ms = round(1000 * length / a_second)
    return Facts("audio", "wav", len(view), ms=ms, channels=channels)


def is_mp3(head: bytes) -> bool:
    """Whether a file begins like an MP3: with a tag, or with a frame."""
    return head[:3] == b"ID3" or _frame(memoryview(head), 0) is not None


def mp3(view: memoryview) -> Facts:
    """What an MP3 says of itself: by its Xing or VBRI header, else by its size and rate."""
    first = _first_frame(view, _after_id3(view))
    samples = _counted_samples(view, first)
    if samples is None:
        tail = 128 if bytes(view[-128:-125]) == b"TAG" else 0
        ms = round((len(view) - first.at - tail) * 8 / first.kbits)
    else:
        ms = round(1000 * samples / first.rate)
    return Facts("audio", "mp3", len(view), ms=ms, channels=first.channels)


def _after_id3(view: memoryview) -> int:
    if bytes(view[:3]) != b"ID3":
        return 0
    flags, a, b, c, d = struct.unpack_from("5B", view, 5)
    if (a | b | c | d) & 0x80:
        raise Unreadable("The ID3 tag has a malformed length.")
    footer = 10 if flags & 0x10 else 0
    return int(10 + (a << 21 | b << 14 | c << 7 | d) + footer)


def _first_frame(view: memoryview, start: int) -> Frame:
    window = bytes(view[start : start + SYNC_WINDOW])
    at = window.find(0xFF)
    while at >= 0:
        frame = _frame(view, start + at)
        if frame is not None and _is_followed(view, frame):
            return frame
        at = window.find(0xFF, at + 1)
    raise Unreadable("There is no MP3 frame where one should begin.")


def _is_followed(view: memoryview, frame: Frame) -> bool:
    after = frame.at + frame.length
    return after == len(view) or frame.like(_frame(view, after))


def _frame(view: memoryview, at: int) -> Frame | None:
    if at + 4 > len(view) or view[at] != 0xFF or view[at + 1] & 0xE0 != 0xE0:
        return None
    version, layer = view[at + 1] >> 3 & 3, view[at + 1] >> 1 & 3
    step, speed, padding = view[at + 2] >> 4, view[at + 2] >> 2 & 3, view[at + 2] >> 1 & 1
    if version == 1 or layer != _LAYER_3 or step in (0, 15) or speed == 3:
        return None
    kbits = (_KBITS_1 if version == 3 else _KBITS_2)[step - 1]
    rate = _RATES[version][speed]
    length = (144_000 if version == 3 else 72_000) * kbits // rate + padding
    return Frame(at, version, kbits, rate, 1 if view[at + 3] >> 6 == 3 else 2, length)


def _counted_samples(view: memoryview, first: Frame) -> int | None:
    """Samples by the Xing, Info or VBRI header, which takes the place of the first sound."""
    if bytes(view[first.at + 36 : first.at + 40]) == b"VBRI":
        (frames,) = struct.unpack_from(">I", view, first.at + 50)
        return int(frames) * first.samples
    side = (32, 17) if first.version == 3 else (17, 9)
    at = first.at + 4 + side[first.channels == 1]
    if bytes(view[at : at + 4]) not in (b"Xing", b"Info"):
        return None
    flags, frames, size = struct.unpack_from(">III", view, at + 4)
    if flags & 3 == 3 and size > len(view) - first.at + TAGS:
        raise Unreadable("The MP3 is cut off.")
    if not flags & 1:
        return None
    return max(0, int(frames) * first.samples - _silence(view, at, flags))


def _silence(view: memoryview, at: int, flags: int) -> int:
    """The encoder's delay and padding in samples, as the LAME extension states them."""
    tag = at + 8 + sum(size for bit, size in ((1, 4), (2, 4), (4, 100), (8, 4)) if flags & bit)
    if bytes(view[tag : tag + 4]) not in _GAPLESS_WRITERS:
        return 0
    (both,) = struct.unpack_from(">I", view, tag + 20)
    return int((both >> 12 & 0xFFF) + (both & 0xFFF))
