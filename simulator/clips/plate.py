"""A user's picture: cut to fill the clip's, and coded."""

from typing import TYPE_CHECKING

from simulator.clips import card, pictures
from simulator.clips.geometry import Area, Geometry
from simulator.clips.h264 import Foreign
from simulator.clips.pictures import Raw
from simulator.clips.sheet import Sheet

if TYPE_CHECKING:
    from PIL.Image import Image

QP = 24


def coded(raw: Raw, place: Geometry, number: int, *, mark: bool) -> list[Foreign]:
    """The picture cut to fill the clip's, one slice for each row of blocks."""
    sheet = Sheet(Area(0, 0, place.shape.columns, place.panel.bottom), number)
    cut = pictures.filling(raw, place.width / place.height)
    shown = pictures.planes(cut, place.width, place.height)
    for canvas, plane in zip((sheet.luma, sheet.cb, sheet.cr), shown, strict=True):
        spread(canvas, plane)
    if mark:
        card.marked(sheet, place, over=True)
    return pictures.coded((sheet.luma, sheet.cb, sheet.cr), QP)


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
