"""The renderer that runs no encoder per clip: one cached picture, written slices, copied blocks."""

import asyncio
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from typing import Any

from simulator.clips import card, motion, mp4, pictures, rows, scene, stock, timeline
from simulator.clips.geometry import BLOCK, Geometry, geometry
from simulator.clips.h264 import Picture
from simulator.clips.palette import PALETTES
from simulator.clips.pictures import Fit, Raw
from simulator.clips.process import Ffmpeg
from simulator.clips.shelf import packed, unpacked
from simulator.clips.spec import ClipSpec

FIRST = Picture(idr=True, kept=True, frame_num=0, order=0)
SCENE_QP = 19


@dataclass(frozen=True, slots=True)
class Style:
    """What clips of one size may share."""

    width: int
    height: int
    number: int
    draft: bool
    fixed: bool


def style(spec: ClipSpec) -> Style:
    number = chosen(spec.seed)
    return Style(spec.width, spec.height, number, spec.draft, spec.camera_fixed)


def chosen(seed: int) -> int:
    """The palette of a seed; neighbours look different."""
    return int.from_bytes(hashlib.sha256(str(seed).encode()).digest()[:4], "big") % len(PALETTES)


async def template(wanted: Style, tool: Ffmpeg) -> bytes:
    """The coded landscape row by row, then the hidden rows."""
    place = geometry(wanted.width, wanted.height)
    area = place.scene
    columns = area.columns + place.pan
    samples = await asyncio.to_thread(scene.scene, wanted.number, wanted.draft)
    raw = Raw(scene.WIDTH, scene.HEIGHT, samples)
    fit = Fit(columns * BLOCK, area.rows * BLOCK, columns, area.rows, above=0.4)
    marks = corners(place) if wanted.fixed else None
    pieces = await pictures.encoded(tool, raw, fit, SCENE_QP, marks)
    beside = [
        rows.framed(piece.at(FIRST, (area.top + y) * place.shape.columns + area.left))
        for y, piece in enumerate(pieces)
    ]
    return packed((*beside, stock.rows(FIRST, place, wanted.number)))


def corners(place: Geometry) -> Callable[[Any], Any]:
    """The frame lines of a camera that stands still."""
    long, thin, inset = place.px(44), max(2, place.px(3)), place.px(34)
    right, bottom = place.scene.columns * BLOCK - inset, place.scene.rows * BLOCK - inset

    def drawn(picture: Any) -> Any:
        for x in (inset, right - long):
            for y in (inset, bottom):
                picture = picture.drawbox(x, y, long, thin, color="white@0.85", t="fill")
        for x in (inset, right - thin):
            for y in (inset, bottom - long + thin):
                picture = picture.drawbox(x, y, thin, long, color="white@0.85", t="fill")
        return picture

    return drawn


@lru_cache(maxsize=16)
def later(width: int, height: int, frames: int, fixed: bool) -> tuple[bytes, ...]:
    """All pictures but the first; they are the same for every task."""
    place = geometry(width, height)
    made = []
    for frame in range(1, frames):
        picture = Picture(idr=False, kept=False, frame_num=1, order=2 * frame)
        moves = timeline.moves(place, frame, frames, fixed=fixed)
        made.append(rows.framed(motion.moved(picture, place.shape, moves)))
    return tuple(made)


def first(spec: ClipSpec, base: bytes) -> bytes:
    """The first picture."""
    place, number = geometry(spec.width, spec.height), style(spec).number
    *beside, hidden = unpacked(base)
    drawn = rows.lettered(FIRST, place, card.card(spec, place, number))
    drawn += rows.tabled(FIRST, place, number, card.values(spec))
    parts: list[bytes] = []
    if place.scene.left:
        for unit, neighbour in zip(drawn, beside, strict=True):
            parts += (*unit, neighbour)
    else:
        parts += (*beside, *chain.from_iterable(drawn))
    below = rows.footed(FIRST, place, number, spec.frames, spec.watermark)
    return b"".join((*parts, below, hidden))


def video(spec: ClipSpec, base: bytes) -> mp4.Video:
    place = geometry(spec.width, spec.height)
    follow = later(spec.width, spec.height, spec.frames, spec.camera_fixed)
    return rows.video(place, (first(spec, base), *follow))
