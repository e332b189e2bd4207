"""Facts about a delivered file, read from its bytes."""

import io
import struct
from collections.abc import Iterator, Mapping
from typing import Any


def facts(raw: bytes) -> Mapping[str, Any]:
    """What a clip is: container, codec, size, rate, frames, length, sound; or `problem`."""
    import av

    found: dict[str, Any] = {"bytes": len(raw), "container": container(raw)}
    found["faststart"] = faststart(raw)
    try:
        with av.open(io.BytesIO(raw)) as box:
            if not box.streams.video:
                return {**found, "problem": "it has no picture"}
            found |= _video(box)
            if (promised := box.streams.video[0].frames) > found["frames"]:
                text = f"it ends after {found['frames']} of its {promised} pictures"
                return {**found, "problem": text}
    except (av.FFmpegError, ValueError, EOFError) as fault:
        reason = getattr(fault, "strerror", None) or fault
        return {**found, "problem": f"it is no video that can be read: {reason}"[:200]}
    return found


def _video(box: Any) -> Mapping[str, Any]:
    stream = box.streams.video[0]
    frames = sum(1 for packet in box.demux(stream) if packet.size)
    rate = float(stream.average_rate or 0)
    length = float(stream.duration * stream.time_base) if stream.duration else frames / (rate or 1)
    sound = box.streams.audio
    return {
        "codec": stream.codec_context.name,
        "width": stream.codec_context.width,
        "height": stream.codec_context.height,
        "fps": round(rate, 3),
        "frames": frames,
        "seconds": round(length, 4),
        "sound": bool(sound) and _heard(box, sound[0]),
        "channels": sound[0].codec_context.channels if sound else 0,
    }


def _heard(box: Any, track: Any) -> bool:
    """Whether a track holds anything but silence; one that cannot be decoded is given credit."""
    import av

    box.seek(0)
    try:
        return any(any(bytes(plane)) for frame in box.decode(track) for plane in frame.planes)
    except av.FFmpegError:
        return True


def still(raw: bytes, clip: bytes | None) -> Mapping[str, Any]:
    """What a picture is, and how far it is from the clip's last frame (0: equal, 255: opposite)."""
    from PIL import Image, ImageChops, ImageStat

    try:
        with Image.open(io.BytesIO(raw)) as picture:
            picture.load()
            found = {
                "format": (picture.format or "").lower(),
                "width": picture.width,
                "height": picture.height,
            }
            last = _last(clip) if clip else None
            if last is not None and last.size == picture.size:
                differ = ImageChops.difference(picture.convert("RGB"), last)
                found["distance"] = round(max(ImageStat.Stat(differ).mean), 2)
    except (OSError, ValueError) as fault:
        reason = getattr(fault, "strerror", None)
        return {"problem": f"it is no picture that can be read{f': {reason}' if reason else ''}"}
    return found


def _last(raw: bytes) -> Any:
    import av

    picture: Any = None
    try:
        with av.open(io.BytesIO(raw), "r") as box:
            for frame in box.decode(video=0):
                picture = frame
    except (av.FFmpegError, ValueError, EOFError):
        return None
    return picture.to_image() if picture is not None else None


def container(raw: bytes) -> str:
    """The container by its first bytes."""
    if raw[4:8] == b"ftyp":
        return "mov" if raw[8:12] == b"qt  " else "mp4"
    if raw[:4] == b"\x1aE\xdf\xa3":
        return "webm"
    if raw[:1] in (b"{", b"<"):
        return "text"
    return "unknown"


def faststart(raw: bytes) -> bool:
    """Whether the index of an MP4 file stands before its media."""
    names = list(_boxes(raw))
    if b"moov" not in names or b"mdat" not in names:
        return False
    return names.index(b"moov") < names.index(b"mdat")


def _boxes(raw: bytes) -> Iterator[bytes]:
    place = 0
    while place + 8 <= len(raw):
        size, name = struct.unpack_from(">I4s", raw, place)
        if size == 1 and place + 16 <= len(raw):
            size = struct.unpack_from(">Q", raw, place + 8)[0]
        yield name
        if size < 8:
            return
        place += size
