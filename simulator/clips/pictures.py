"""Intra pictures from x264, one slice for each row of blocks.

They are coded in this process: starting ffmpeg costs more than all the rest.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from simulator.clips.geometry import BLOCK
from simulator.clips.h264 import Foreign, foreigners
from simulator.clips.process import StudioError
from simulator.clips.spec import FPS

if TYPE_CHECKING:
    from av import VideoFrame
    from PIL.Image import Image


@dataclass(frozen=True, slots=True)
class Raw:
    """RGB samples."""

    width: int
    height: int
    data: bytes


def filling(raw: Raw, ratio: float, above: float = 0.5) -> "Image":
    """The middle of the picture in a ratio; ``above`` is the part of the rest cut off there."""
    from PIL import Image

    whole = Image.frombuffer("RGB", (raw.width, raw.height), raw.data, "raw", "RGB", 0, 1)
    width = max(1, min(raw.width, round(raw.height * ratio)))
    height = max(1, min(raw.height, round(raw.width / ratio)))
    left, top = (raw.width - width) // 2, round((raw.height - height) * above)
    return whole.crop((left, top, left + width, top + height))


def planes(picture: "Image", width: int, height: int) -> list["Image"]:
    """Luma and both chromas of BT.709 in limited range, scaled."""
    import av
    from PIL import Image

    frame = av.VideoFrame(picture.width, picture.height, "rgb24")
    fill(frame, 0, picture.tobytes("raw", "RGB", frame.planes[0].line_size, 1))
    scaled = frame.reformat(
        width, height, "yuv420p", dst_colorspace="ITU709", interpolation="BICUBIC"
    )
    return [
        Image.frombuffer("L", (part.width, part.height), bytes(part), "raw", "L", part.line_size, 1)
        for part in scaled.planes
    ]


def coded(drawn: Sequence["Image"], qp: int) -> list[Foreign]:
    """The slices of a picture of whole blocks, from its luma and chromas."""
    import av

    width, height = drawn[0].size
    frame = av.VideoFrame(width, height, "yuv420p")
    for number, plane in enumerate(drawn):
        fill(frame, number, plane.tobytes("raw", "L", frame.planes[number].line_size, 1))
    try:
        coder = av.CodecContext.create("libx264", "w")
    except ValueError as error:
        raise StudioError("The installed PyAV cannot encode H.264.") from error
    coder.width, coder.height, coder.pix_fmt = width, height, "yuv420p"
    coder.time_base = Fraction(1, FPS)
    rows = wants(height // BLOCK)
    coder.options = {"preset": "ultrafast", "qp": str(qp), "x264-params": rows}
    return foreigners(b"".join(map(bytes, (*coder.encode(frame), *coder.encode(None)))))[0]


def fill(frame: "VideoFrame", number: int, data: bytes) -> None:
    """Put samples into a plane of a frame, whose lines may be longer."""
    plane = frame.planes[number]
    plane.update(data.ljust(plane.buffer_size, b"\0"))


def wants(rows: int) -> str:
    """What x264 is told, so that its slices can stand in any picture of ours."""
    return f"slices={rows}:" + ":".join(
        (
            "cabac=0",
            "keyint=1",
            "no-deblock=1",
            "8x8dct=0",
            "aq-mode=0",
            "psy=0",
            "chroma-qp-offset=0",
            "threads=1",
            "sliced-threads=0",
            "scenecut=0",
        )
    )
