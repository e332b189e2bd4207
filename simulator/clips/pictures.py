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


RGB = 3  # bytes of a pixel


@dataclass(frozen=True, slots=True)
class Raw:
    """RGB samples."""

    width: int
    height: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Planes:
    """Samples of luma, then of both chromas, which have half as many each way."""

    width: int
    height: int
    data: bytes


def converted(picture: Raw) -> bytes:
    """The samples of a picture of even sides as luma and both chromas."""
    return b"".join(plane.tobytes() for plane in planes(picture, picture.width, picture.height))


def cut(whole: Planes, width: int, height: int, above: float) -> list["Image"]:
    """The middle of a picture in the ratio of a size, scaled to it; ``above`` as for `filling`."""
    import av
    from PIL import Image

    ratio = width / height
    wide = min(whole.width, round(whole.height * ratio)) & ~1
    high = min(whole.height, round(wide / ratio)) & ~1
    left, top = (whole.width - wide) // 2 & ~1, round((whole.height - high) * above) & ~1
    frame = av.VideoFrame(wide, high, "yuv420p")
    at = 0
    for number, finer in enumerate((1, 2, 2)):
        size = whole.width // finer, whole.height // finer
        samples = whole.data[at : at + size[0] * size[1]]
        plane = Image.frombuffer("L", size, samples, "raw", "L", 0, 1)
        at += len(samples)
        edges = left // finer, top // finer, (left + wide) // finer, (top + high) // finer
        fill(frame, number, lined(plane.crop(edges), frame.planes[number].line_size))
    return parts(frame.reformat(width, height, "yuv420p", interpolation="BICUBIC"))


def parts(frame: "VideoFrame") -> list["Image"]:
    """The planes of a frame, without what its lines have behind them."""
    from PIL import Image

    return [
        Image.frombuffer("L", (part.width, part.height), bytes(part), "raw", "L", part.line_size, 1)
        for part in frame.planes
    ]


def lined(plane: "Image", size: int) -> bytes:
    """The samples of a plane in lines of this size."""
    return plane.tobytes("raw", "L", size, 1)


def filling(raw: Raw, ratio: float, above: float = 0.5) -> Raw:
    """The middle of the picture in a ratio; ``above`` is the part of the rest cut off there."""
    width = max(1, min(raw.width, round(raw.height * ratio)))
    height = max(1, min(raw.height, round(raw.width / ratio)))
    left, top = (raw.width - width) // 2, round((raw.height - height) * above)
    # Lines are cut out of the samples themselves: by way of an image they are copied three times.
    view, line = memoryview(raw.data), RGB * raw.width
    first = top * line + RGB * left
    starts = range(first, first + height * line, line)
    return Raw(width, height, b"".join([view[at : at + RGB * width] for at in starts]))


def planes(picture: Raw, width: int, height: int) -> list["Image"]:
    """Luma and both chromas of BT.709 in limited range, scaled."""
    import av

    frame = av.VideoFrame(picture.width, picture.height, "rgb24")
    fill(frame, 0, padded(picture, frame.planes[0].line_size))
    scaled = frame.reformat(
        width, height, "yuv420p", dst_colorspace="ITU709", interpolation="BICUBIC"
    )
    return parts(scaled)


def padded(picture: Raw, size: int) -> bytes:
    """The samples of a picture with zeros behind each line, up to the size of a line."""
    line = RGB * picture.width
    if size == line:
        return picture.data
    view, more = memoryview(picture.data), bytes(size - line)
    lines = range(0, line * picture.height, line)
    return b"".join([part for at in lines for part in (view[at : at + line], more)])


def coded(drawn: Sequence["Image"], qp: int) -> list[Foreign]:
    """The slices of a picture of whole blocks, from its luma and chromas."""
    import av

    width, height = drawn[0].size
    frame = av.VideoFrame(width, height, "yuv420p")
    for number, plane in enumerate(drawn):
        fill(frame, number, lined(plane, frame.planes[number].line_size))
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
    # Where it is whole already, nothing is copied but into the frame.
    plane.update(data if len(data) == plane.buffer_size else data.ljust(plane.buffer_size, b"\0"))


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
