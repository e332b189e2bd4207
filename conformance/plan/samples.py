"""Sample reference media with chosen properties, made on the spot."""

import io
import math
import struct
import wave
from collections.abc import Mapping
from fractions import Fraction
from typing import Any
from urllib.parse import parse_qsl

from conformance.plan.drawing import numbered

SUFFIX = {"jpeg": "jpg", "tiff": "tiff", "quicktime": "mov"}
TYPES = {
    "png": "image/png",
    "jpeg": "image/jpeg",
    "webp": "image/webp",
    "bmp": "image/bmp",
    "tiff": "image/tiff",
    "gif": "image/gif",
    "mp4": "video/mp4",
    "mov": "video/quicktime",
    "mkv": "video/x-matroska",
    "wav": "audio/wav",
    "mp3": "audio/mpeg",
    "flac": "audio/flac",
}
# Where few colours make a small file, which can be padded to more sizes.
FEW_COLOURS = {"png": 16, "gif": 16}
# Pictures a second of the first video, of the second and so on.
RATES = ("24", "30", "50")
USUAL = {"image": "png", "video": "mp4", "audio": "mp3"}


def name(medium: str, number: int, wish: str) -> str:
    """The file name of a sample on a static host."""
    properties = dict(parse_qsl(wish))
    kind = properties.pop("format", USUAL[medium])
    parts = [f"{medium}{number}", *(f"{key}-{value}" for key, value in sorted(properties.items()))]
    return "_".join(parts) + "." + SUFFIX.get(kind, kind)


def sample(medium: str, number: int, wish: str) -> tuple[bytes, str]:
    """The bytes of a sample and its content type."""
    properties = dict(parse_qsl(wish))
    kind = properties.get("format", USUAL[medium])
    made = {"image": _image, "video": _video, "audio": _audio}[medium](number, kind, properties)
    return _padded(made, kind, int(properties.get("size", 0))), TYPES[kind]


def rate(number: int) -> str:
    """Pictures a second of a video of which nothing else is said."""
    return RATES[(number - 1) % len(RATES)]


def _image(number: int, kind: str, wish: Mapping[str, str]) -> bytes:
    from PIL import Image  # noqa: PLC0415 (Pillow, where a picture is drawn)

    width, height = int(wish.get("width", 960 + 8 * number)), int(wish.get("height", 960))
    picture = numbered("image", number, width, height)
    if kind in FEW_COLOURS:
        quick = Image.Quantize.FASTOCTREE  # a sixth of the time of the usual way
        picture = picture.quantize(FEW_COLOURS[kind], method=quick, dither=Image.Dither.NONE)
    made = io.BytesIO()
    picture.save(made, kind.upper())
    return made.getvalue()


def _audio(number: int, kind: str, wish: Mapping[str, str]) -> bytes:
    seconds, channels, rate = float(wish.get("seconds", 4)), int(wish.get("channels", 1)), 16000
    tone = [int(3000 * math.sin(index * (0.05 + number / 100))) for index in range(rate)]
    frame = struct.pack(f"<{rate}h", *tone)
    total = round(seconds * rate) * 2
    mono = (frame * (int(seconds) + 1))[:total]
    if kind == "wav":
        made = io.BytesIO()
        with wave.open(made, "wb") as file:
            file.setnchannels(channels)
            file.setsampwidth(2)
            file.setframerate(rate)
            file.writeframes(mono if channels == 1 else b"".join(_doubled(mono)))
        return made.getvalue()
    return _encoded_audio(mono, rate, kind)


def _doubled(mono: bytes) -> list[bytes]:
    return [mono[place : place + 2] * 2 for place in range(0, len(mono), 2)]


def _encoded_audio(mono: bytes, rate: int, kind: str) -> bytes:
    import av  # noqa: PLC0415 (PyAV takes a third of a second)

    made = io.BytesIO()
    codec = {"mp3": "libmp3lame", "flac": "flac"}[kind]
    with av.open(made, "w", format=kind) as box:
        stream: Any = box.add_stream(codec, rate=rate)
        stream.layout = "mono"
        stream.options = {"compression_level": "9"} if kind == "mp3" else {}
        for place in range(0, len(mono), 2304):
            piece = mono[place : place + 2304]
            frame = av.AudioFrame(format="s16", layout="mono", samples=len(piece) // 2)
            frame.planes[0].update(piece.ljust(frame.planes[0].buffer_size, b"\0"))
            frame.sample_rate = rate
            for packet in stream.encode(frame):
                box.mux(packet)
        for packet in stream.encode(None):
            box.mux(packet)
    return made.getvalue()


def _video(number: int, kind: str, wish: Mapping[str, str]) -> bytes:
    import av  # noqa: PLC0415 (PyAV takes a third of a second)

    fps = Fraction(wish.get("fps", rate(number)))
    frames = round(float(wish.get("seconds", 4)) * fps)
    made = io.BytesIO()
    with av.open(made, "w", format="matroska" if kind == "mkv" else kind) as box:
        stream = box.add_stream("libx264", rate=fps)
        stream.width, stream.height = int(wish.get("width", 640)), int(wish.get("height", 640))
        even = stream.width % 2 == stream.height % 2 == 0
        stream.pix_fmt = "yuv420p" if even else "yuv444p"  # x264 halves only even sides
        stream.options = {"preset": "ultrafast", "crf": "45", "threads": "1"}
        drawn = numbered("video", number, stream.width, stream.height)
        frames_of: Any = av.VideoFrame  # its makers of pictures bear no types
        picture = frames_of.from_image(drawn).reformat(format=stream.pix_fmt)
        for place in range(frames):
            picture.pts = place
            for packet in stream.encode(picture):
                box.mux(packet)
        for packet in stream.encode(None):
            box.mux(packet)
    return made.getvalue()


def _padded(made: bytes, kind: str, size: int) -> bytes:
    missing = size - len(made)
    if missing <= 0:
        return made
    if kind in ("mp4", "mov") and missing >= 8:
        return made + struct.pack(">I4s", missing, b"free") + bytes(missing - 8)
    return made + bytes(missing)
