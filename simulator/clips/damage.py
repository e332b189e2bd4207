"""Clips that are not what was ordered: wrong by a known amount, or cut."""

import struct

from msgspec.structs import replace

from simulator.clips.spec import ClipSpec

SMALLEST = 256


def truncated(clip: bytes, part: float = 0.5) -> bytes:
    """The beginning of a clip; its index promises samples that are not there."""
    return clip[: int(len(clip) * part)]


def other_length(spec: ClipSpec, frames: int = -24) -> ClipSpec:
    """An order for a clip that is longer or shorter than promised."""
    return replace(spec, frames=max(2, spec.frames + frames))


def other_size(spec: ClipSpec, part: float = 0.5) -> ClipSpec:
    """An order for a clip of another size, with even sides."""
    width, height = (
        max(SMALLEST, round(side * part / 2) * 2) for side in (spec.width, spec.height)
    )
    return replace(spec, width=width, height=height)


def silent(spec: ClipSpec) -> ClipSpec:
    """An order for the same clip without a sound track."""
    return replace(spec, sound=False)


def exchanged(spec: ClipSpec) -> ClipSpec:
    """An order whose first picture is the last, and the other way round."""
    return replace(spec, first=spec.last, last=spec.first)


def unpictured(spec: ClipSpec) -> ClipSpec:
    """The same order without the pictures with which the clip begins and ends."""
    return replace(spec, first=None, last=None)


def other_rate(clip: bytes, times: float = 1.25) -> bytes:
    """The same pictures at another rate: only the time in which the pictures are counted changes.

    The sound, if there is any, keeps its length. A file that counts no time, as the picture of a
    last frame, stays as it is.
    """
    at = clip.find(b"mdhd") + 4
    if at < 4:
        return clip
    (scale,) = struct.unpack_from(">I", clip, at + 12)
    made = bytearray(clip)
    struct.pack_into(">I", made, at + 12, round(scale * times))
    return bytes(made)
