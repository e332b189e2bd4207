"""Facts about a delivered file, read from its bytes, which an endpoint has chosen.

The format is fixed, never guessed: among the many that FFmpeg knows are lists of other files, and
SDP, which opens sockets. Sizes are looked at before anything is decoded.
"""

import contextlib
import io
import mmap
import struct
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

MOST_PIXELS = 40_000_000  # 8K is 33 million
MOST_PARTS = 200_000  # packets of a track, pictures or pieces of sound; half an hour has 100 000
MOST_BOXES = 10_000
FIELDS = 4  # across and down, in each of which a picture has one colour
PICTURES = ("PNG", "JPEG", "WEBP", "GIF", "BMP")

Bytes = bytes | mmap.mmap


class Beyond(ValueError):
    """A file out of bounds; the message says of which."""


@contextlib.contextmanager
def opened(path: Path) -> Iterator[Bytes]:
    """A file's bytes, without having them all in memory."""
    with path.open("rb") as file:
        if not path.stat().st_size:
            yield b""
            return
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as raw:
            yield raw


@contextlib.contextmanager
def _movie(raw: Bytes, glance: bool = False) -> Iterator[Any]:
    """An MP4 or MOV, opened as nothing else, decoded in one thread.

    At a `glance` no picture is decoded on opening: what the index and the parameter sets say
    is enough, and the first picture of a large clip takes a tenth of a second.
    """
    import av  # noqa: PLC0415 (PyAV takes a third of a second)

    file: Any = io.BytesIO(raw) if isinstance(raw, bytes) else raw
    file.seek(0)
    options = {"skip_frame": "all"} if glance else {}
    with av.open(file, "r", format="mp4", options=options) as box:
        for stream in box.streams:
            if stream.type in ("video", "audio"):
                stream.thread_type = "NONE"
        yield box


def facts(raw: Bytes, ends: bool = False) -> Mapping[str, Any]:
    """What a clip is: container, codec, size, rate, frames, length, sound; or `problem`.

    With `ends` also the colours of its `first` and `last` picture, as `colours` has them.
    """
    import av  # noqa: PLC0415 (PyAV takes a third of a second)

    found: dict[str, Any] = {"bytes": len(raw), "container": container(raw)}
    found["faststart"] = faststart(raw)
    try:
        with _movie(raw, glance=True) as box:
            if not box.streams.video:
                return {**found, "problem": "it has no picture"}
            found |= _video(box)
            if (promised := box.streams.video[0].frames) > found["frames"]:
                text = f"it ends after {found['frames']} of its {promised} pictures"
                return {**found, "problem": text}
            if ends:
                found |= _ends(box)
    except Beyond as beyond:
        return {**found, "problem": str(beyond)}
    except (av.FFmpegError, ValueError, EOFError) as fault:
        reason = getattr(fault, "strerror", None) or fault
        return {**found, "problem": f"it is no MP4 or MOV that can be read: {reason}"[:200]}
    return found


def _video(box: Any) -> Mapping[str, Any]:
    stream = box.streams.video[0]
    _bounded(stream)
    frames = sum(1 for packet in _few(box.demux(stream), "packets") if packet.size)
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


def _ends(box: Any) -> Mapping[str, Any]:
    """The colours of the first picture and the last, without all that is between."""
    box.seek(0)
    first = next(box.decode(box.streams.video[0]))
    last = _ending(box) or first
    return {"first": colours(first.to_image()), "last": colours(last.to_image())}


def _ending(box: Any) -> Any:
    """The last picture; before the last second only those are decoded that others refer to."""
    if (last := _closing(box)) is not None:
        return last
    stream = box.streams.video[0]
    end = stream.duration or 0
    late = end - int(1 / stream.time_base)
    last, seen = None, False
    for packet in _towards(box, end):
        early = packet.pts is not None and packet.pts < late
        seen = seen or (not early and packet.size > 0)
        stream.codec_context.skip_frame = "NONREF" if early else "DEFAULT"
        for frame in packet.decode():
            last = frame
    return last if seen else _slowly(box)


def _closing(box: Any) -> Any:
    """The last picture of an H.264 clip, by decoding of all others only what others refer to.

    Of other codecs not even the last second can be skipped so: in H.265 a picture that is marked
    as no reference may be one for pictures of higher layers.
    """
    stream = box.streams.video[0]
    if stream.codec_context.name != "h264":
        return None
    end = stream.duration or 0
    shown = (packet.pts for packet in _towards(box, end) if packet.size)
    latest = max((pts for pts in shown if pts is not None), default=None)
    last = None
    for packet in _towards(box, end):
        stream.codec_context.skip_frame = "DEFAULT" if packet.pts == latest else "NONREF"
        for frame in packet.decode():
            last = frame
    return last if last is not None and last.pts == latest else None


def _towards(box: Any, end: int) -> Iterator[Any]:
    """The packets of the pictures from the last key picture on."""
    stream = box.streams.video[0]
    box.seek(end, stream=stream)
    return _few(box.demux(stream), "packets")


def _slowly(box: Any) -> Any:
    """The last picture of a clip that has none in its last second."""
    box.seek(0)
    last = None
    for frame in _few(box.decode(box.streams.video[0]), "pictures"):
        last = frame
    return last


def colours(picture: Any) -> list[tuple[int, int, int]]:
    """The mean colours of four times four fields of a picture, row by row."""
    from PIL import Image  # noqa: PLC0415 (Pillow, where a picture is drawn)

    small = picture.convert("RGB").resize((FIELDS, FIELDS), Image.Resampling.BOX)
    return [small.getpixel((x, y)) for y in range(FIELDS) for x in range(FIELDS)]


def picture(raw: Bytes, width: int, height: int) -> Mapping[str, Any]:
    """The colours that a picture has in a clip of this size; or `problem`.

    Nobody says how it gets there: it may be `cut` as it fills the clip, `stretched`, or `padded`,
    whole with bars at its sides.
    """
    from PIL import ImageOps  # noqa: PLC0415 (Pillow, where a picture is drawn)

    try:
        with _still(raw) as shown:
            plain, size = shown.convert("RGB"), (width, height)
            return {
                "cut": colours(ImageOps.fit(plain, size)),
                "stretched": colours(plain),
                "padded": colours(ImageOps.pad(plain, size)),
            }
    except _unreadable() as fault:
        return _problem(fault)


def _bounded(stream: Any) -> None:
    width, height = stream.codec_context.width, stream.codec_context.height
    if width * height > MOST_PIXELS:
        raise Beyond(f"its pictures of {width}x{height} are larger than the suite decodes")


def _few(found: Iterator[Any], what: str) -> Iterator[Any]:
    for number, each in enumerate(found):
        if number >= MOST_PARTS:
            raise Beyond(f"it holds more than {MOST_PARTS} {what}")
        yield each


def _heard(box: Any, track: Any) -> bool:
    """Whether a track holds anything but silence; one that cannot be decoded is given credit."""
    import av  # noqa: PLC0415 (PyAV takes a third of a second)

    box.seek(0)
    try:
        frames = _few(box.decode(track), "pieces of sound")
        return any(bytes(plane).strip(b"\0") for frame in frames for plane in frame.planes)
    except av.FFmpegError:
        return True


def still(raw: Bytes, clip: Bytes | None) -> Mapping[str, Any]:
    """What a picture is, and how far it is from the clip's last frame (0: equal, 255: opposite)."""
    from PIL import ImageChops, ImageStat  # noqa: PLC0415 (Pillow, where a picture is drawn)

    try:
        with _still(raw) as shown:
            found = {
                "format": (shown.format or "").lower(),
                "width": shown.width,
                "height": shown.height,
            }
            last = _last(clip) if clip else None
            if last is not None and last.size == shown.size:
                differ = ImageChops.difference(shown.convert("RGB"), last)
                found["distance"] = round(max(ImageStat.Stat(differ).mean), 2)
            return found
    except _unreadable() as fault:
        return _problem(fault)


@contextlib.contextmanager
def _still(raw: Bytes) -> Iterator[Any]:
    """A picture, opened as one of a few formats and decoded once its size is known."""
    from PIL import Image  # noqa: PLC0415 (Pillow, where a picture is drawn)

    Image.MAX_IMAGE_PIXELS = MOST_PIXELS
    with warnings.catch_warnings(action="ignore"):
        shown = Image.open(io.BytesIO(raw), formats=PICTURES)
    with shown:
        if shown.width * shown.height > MOST_PIXELS:
            raise Beyond(_large(f"{shown.width}x{shown.height}"))
        shown.load()
        yield shown


def _unreadable() -> tuple[type[Exception], ...]:
    from PIL import Image  # noqa: PLC0415 (Pillow, where a picture is drawn)

    return (Image.DecompressionBombError, OSError, ValueError, SyntaxError, EOFError, struct.error)


def _problem(fault: Exception) -> Mapping[str, Any]:
    from PIL import Image  # noqa: PLC0415 (Pillow, where a picture is drawn)

    if isinstance(fault, Beyond):
        return {"problem": str(fault)}
    if isinstance(fault, Image.DecompressionBombError):
        return {"problem": _large(f"more than {2 * MOST_PIXELS} pixels")}
    reason = getattr(fault, "strerror", None)
    return {"problem": f"it is no picture that can be read{f': {reason}' if reason else ''}"}


def _large(size: str) -> str:
    return f"a picture of {size} is larger than the suite decodes"


def _last(raw: Bytes) -> Any:
    import av  # noqa: PLC0415 (PyAV takes a third of a second)

    try:
        with _movie(raw, glance=True) as box:
            _bounded(box.streams.video[0])
            picture = _ending(box)
            return None if picture is None else picture.to_image()
    except (av.FFmpegError, ValueError, EOFError, IndexError):
        return None


def container(raw: Bytes) -> str:
    """The container by its first bytes."""
    if raw[4:8] == b"ftyp":
        return "mov" if raw[8:12] == b"qt  " else "mp4"
    if raw[:4] == b"\x1aE\xdf\xa3":
        return "webm"
    if raw[:1] in (b"{", b"<"):
        return "text"
    return "unknown"


def faststart(raw: Bytes) -> bool:
    """Whether the index of an MP4 file stands before its media."""
    names = list(_boxes(raw))
    if b"moov" not in names or b"mdat" not in names:
        return False
    return names.index(b"moov") < names.index(b"mdat")


def _boxes(raw: Bytes) -> Iterator[bytes]:
    place = 0
    for _ in range(MOST_BOXES):
        if place + 8 > len(raw):
            return
        size, name = struct.unpack_from(">I4s", raw, place)
        if size == 1 and place + 16 <= len(raw):
            size = struct.unpack_from(">Q", raw, place + 8)[0]
        yield name
        if size < 8:
            return
        place += size
