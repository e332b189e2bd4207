"""A beep on every second, its pitches a melody of the seed, put together from packets of AAC.

A second is 46.875 packets, so a beep begins at one of eight places within its packet. Every pitch
is encoded once at each of these places; after that no encoder runs.
"""

import hashlib
import math
import sys
from array import array
from dataclasses import dataclass
from functools import lru_cache
from operator import mul

from simulator.clips.cache import packed, unpacked
from simulator.clips.mp4 import MOVIE_SCALE, PER_FRAME, PER_PACKET

PITCHES = (440.0, 495.0, 586.67, 660.0, 733.33, 880.0, 990.0, 1173.33)
PHASES = 8
PHASE_STEP = PER_PACKET // PHASES
BEEP = MOVIE_SCALE * 12 // 100
ATTACK = MOVIE_SCALE * 2 // 1000
RELEASE = MOVIE_SCALE // 100
LOUD = 11000

# Packets of one beep: one of silence before it, and some until all has died away.
SLOT = 10
BIT_RATE = 96_000


@dataclass(frozen=True, slots=True)
class Tones:
    """Encoded beeps by pitch and phase, and a packet of silence."""

    beeps: tuple[tuple[bytes, ...], ...]
    silence: bytes

    def beep(self, pitch: int, phase: int) -> tuple[bytes, ...]:
        return self.beeps[pitch * PHASES + phase]


def encoded() -> bytes:
    """Packets of AAC with every beep at every phase."""
    import av

    coder = av.CodecContext.create("aac", "w")
    coder.sample_rate, coder.layout, coder.format = MOVIE_SCALE, "mono", "fltp"
    coder.bit_rate, coder.options = BIT_RATE, {"aac_coder": "fast"}
    given = samples()
    frame = av.AudioFrame("s16", "mono", len(given) // 2)
    frame.planes[0].update(given)
    frame.sample_rate = MOVIE_SCALE
    floats = av.AudioResampler("fltp", "mono", MOVIE_SCALE).resample(frame)
    coded = [packet for part in (*floats, None) for packet in coder.encode(part)]
    return packed(map(bytes, coded))


@lru_cache(maxsize=1)
def tones(stream: bytes) -> Tones:
    """The encoder's first packet holds nothing but its delay."""
    packets = unpacked(stream)[1:]
    slots = [tuple(packets[at : at + SLOT]) for at in range(0, len(packets), SLOT)]
    return Tones(tuple(slots[: len(PITCHES) * PHASES]), packets[-SLOT])


def samples() -> bytes:
    """Every beep at every phase, then silence."""
    made = bytearray()
    for pitch in PITCHES:
        beep = sound(pitch).tobytes()
        for phase in range(PHASES):
            before = bytes(2 * (PER_PACKET + phase * PHASE_STEP))
            made += (before + beep).ljust(2 * SLOT * PER_PACKET, b"\0")
    return bytes(made) + bytes(2 * 3 * SLOT * PER_PACKET)


def sound(pitch: float) -> "array[int]":
    """One beep of a pitch in hertz, as samples."""
    turn = 2 * math.pi * pitch / MOVIE_SCALE
    waves = (math.sin(turn * at) + 0.35 * math.sin(2 * turn * at) for at in range(BEEP))
    return array("h", map(round, map(mul, loudness(), waves)))


@lru_cache(maxsize=1)
def loudness() -> tuple[float, ...]:
    """How loud every sample of a beep is; all pitches have that in common."""
    return tuple(LOUD * envelope(at) for at in range(BEEP))


def envelope(at: int) -> float:
    """A short attack, a decay, and silence at the end."""
    edges = min(1.0, at / ATTACK, (BEEP - at) / RELEASE)
    return edges * math.exp(-2.2 * at / BEEP)


def melody(seed: int, seconds: int) -> list[int]:
    """A pitch for every second."""
    made = b""
    while len(made) < seconds:
        made += hashlib.sha256(f"{seed} {len(made)}".encode()).digest()
    return [byte % len(PITCHES) for byte in made[:seconds]]


@lru_cache(maxsize=len(PITCHES))
def plain(pitch: int) -> bytes:
    """A beep and the silence after it, a second in all, not compressed."""
    beep = sound(PITCHES[pitch])
    if sys.byteorder == "big":
        beep.byteswap()
    return beep.tobytes().ljust(2 * MOVIE_SCALE, b"\0")


def uncompressed(seed: int, frames: int) -> bytes:
    """The sound of a clip as 16-bit samples, the lower byte in front."""
    length = frames * PER_FRAME
    made = b"".join(map(plain, melody(seed, -(-length // MOVIE_SCALE))))
    return made[: 2 * length]


def packets(known: Tones, seed: int, frames: int) -> list[bytes]:
    """The sound of a clip."""
    length = frames * PER_FRAME
    count = -(-length // PER_PACKET)
    made = [known.silence] * count
    for second, pitch in enumerate(melody(seed, -(-length // MOVIE_SCALE))):
        start, offset = divmod(second * MOVIE_SCALE, PER_PACKET)
        for at, packet in enumerate(known.beep(pitch, offset // PHASE_STEP), start - 1):
            if 0 <= at < count:
                made[at] = packet
    return made
