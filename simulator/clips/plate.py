"""A user's picture, coded in this process: starting ffmpeg costs more than all the rest."""

from fractions import Fraction
from typing import TYPE_CHECKING

from simulator.clips import card, pictures
from simulator.clips.geometry import BLOCK, Area, Geometry
from simulator.clips.h264 import Foreign, foreigners
from simulator.clips.pictures import Raw
from simulator.clips.process import StudioError
from simulator.clips.sheet import Sheet
from simulator.clips.spec import FPS

if TYPE_CHECKING:
    from av import VideoFrame
    from PIL.Image import Image

QP = 24


def coded(raw: Raw, place: Geometry, number: int, *, mark: bool) -> list[Foreign]:
    """The picture cut to fill the clip's, one slice for each row of blocks."""
    sheet = Sheet(Area(0, 0, place.shape.columns, place.panel.bottom), number)
    for canvas, plane in zip((sheet.luma, sheet.cb, sheet.cr), planes(raw, place), strict=True):
        spread(canvas, plane)
    if mark:
        card.marked(sheet, place, over=True)
    return foreigners(encoded(sheet))[0]


def planes(raw: Raw, place: Geometry) -> list["Image"]:
    import av
    from PIL import Image

    cut = filling(raw, place.width / place.height)
    frame = av.VideoFrame(cut.width, cut.height, "rgb24")
    fill(frame, 0, cut.tobytes("raw", "RGB", frame.planes[0].line_size, 1))
    scaled = frame.reformat(
        place.width, place.height, "yuv420p", dst_colorspace="ITU709", interpolation="BILINEAR"
    )
    return [
        Image.frombuffer("L", (part.width, part.height), bytes(part), "raw", "L", part.line_size, 1)
        for part in scaled.planes
    ]


def filling(raw: Raw, ratio: float) -> "Image":
    """The middle of the picture in the ratio of the clip."""
    from PIL import Image

    whole = Image.frombuffer("RGB", (raw.width, raw.height), raw.data, "raw", "RGB", 0, 1)
    width = max(1, min(raw.width, round(raw.height * ratio)))
    height = max(1, min(raw.height, round(raw.width / ratio)))
    left, top = (raw.width - width) // 2, (raw.height - height) // 2
    return whole.crop((left, top, left + width, top + height))


def spread(canvas: "Image", plane: "Image") -> None:
    """The plane, its edges repeated up to whole blocks."""
    width, height = plane.size
    right, bottom = canvas.width - width, canvas.height - height
    canvas.paste(plane)
    if right:
        edge = canvas.crop((width - 1, 0, width, height))
        canvas.paste(edge.resize((right, height)), (width, 0))
    if bottom:
        edge = canvas.crop((0, height - 1, canvas.width, height))
        canvas.paste(edge.resize((canvas.width, bottom)), (0, height))


def encoded(sheet: Sheet) -> bytes:
    import av

    width, height = sheet.luma.size
    frame = av.VideoFrame(width, height, "yuv420p")
    for number, plane in enumerate((sheet.luma, sheet.cb, sheet.cr)):
        fill(frame, number, plane.tobytes("raw", "L", frame.planes[number].line_size, 1))
    try:
        coder = av.CodecContext.create("libx264", "w")
    except ValueError as error:
        raise StudioError("The installed PyAV cannot encode H.264.") from error
    coder.width, coder.height, coder.pix_fmt = width, height, "yuv420p"
    coder.time_base = Fraction(1, FPS)
    wants = pictures.wants(height // BLOCK)
    coder.options = {"preset": "ultrafast", "qp": str(QP), "x264-params": wants}
    return b"".join(map(bytes, (*coder.encode(frame), *coder.encode(None))))


def fill(frame: "VideoFrame", number: int, data: bytes) -> None:
    plane = frame.planes[number]
    plane.update(data.ljust(plane.buffer_size, b"\0"))
