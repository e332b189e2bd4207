"""The renderer that runs no encoder per clip: one kept picture, written slices, copied blocks."""

import hashlib
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import chain
from typing import TYPE_CHECKING

from simulator.clips import card, pictures, rows, scene, templates, timeline
from simulator.clips.cache import packed, unpacked
from simulator.clips.geometry import BLOCK, Box, Geometry, geometry
from simulator.clips.h264 import Picture
from simulator.clips.palette import PALETTES
from simulator.clips.spec import FPS, ClipSpec
from simulator.clips.track import Chunk, Video, chunk

if TYPE_CHECKING:
    from PIL.Image import Image

FIRST = Picture(idr=True, kept=True, frame_num=0, order=0)
SCENE_QP = 19

# White of limited range, the chroma of grey, and how much white covers.
WHITE_LUMA, GREY, VEIL = 235, 128, 0.85

# Sizes and lengths whose motion is kept, some 50 KB each.
LENGTHS = 256
# Seconds of a size, some 4 KB each: of the sizes of one dialect those that are asked for.
SECONDS = 1024


@dataclass(frozen=True, slots=True)
class Style:
    """What clips of one size may share."""

    width: int
    height: int
    number: int
    draft: bool
    fixed: bool


def style(spec: ClipSpec) -> Style:
    """What the kept pieces of a clip depend on, and nothing else of it."""
    number = chosen(spec.seed)
    return Style(spec.width, spec.height, number, spec.draft, spec.camera_fixed)


def chosen(seed: int) -> int:
    """The palette of a seed; neighbours look different."""
    return int.from_bytes(hashlib.sha256(str(seed).encode()).digest()[:4], "big") % len(PALETTES)


def template(wanted: Style) -> bytes:
    """The coded landscape row by row, then the hidden rows."""
    place = geometry(wanted.width, wanted.height)
    area = place.scene
    width, height = (area.columns + place.pan) * BLOCK, area.rows * BLOCK
    whole = scene.planes(wanted.number, wanted.draft)
    planes = pictures.cut(whole, width, height, above=0.4)
    for box in corners(place) if wanted.fixed else ():
        brighten(planes, box)
    beside = [
        rows.framed(piece.at(FIRST, (area.top + y) * place.shape.columns + area.left))
        for y, piece in enumerate(pictures.coded(planes, SCENE_QP))
    ]
    return packed((*beside, templates.rows(FIRST, place, wanted.number)))


def corners(place: Geometry) -> list[Box]:
    """The frame lines of a camera that stands still."""
    long, thin, inset = place.px(44), max(2, place.px(3)), place.px(34)
    right, bottom = place.scene.columns * BLOCK - inset, place.scene.rows * BLOCK - inset
    level = [Box(x, y, x + long, y + thin) for x in (inset, right - long) for y in (inset, bottom)]
    tops = (inset, bottom - long + thin)
    return level + [Box(x, y, x + thin, y + long) for x in (inset, right - thin) for y in tops]


def brighten(planes: list["Image"], box: Box) -> None:
    """Lay white over a part of the picture, and let some of it shine through."""
    for plane, white, finer in zip(planes, (WHITE_LUMA, GREY, GREY), (1, 2, 2), strict=True):
        left, top, right, bottom = box.left, box.top, box.right, box.bottom
        edges = left // finer, top // finer, right // finer, bottom // finer
        part = plane.crop(edges)
        plane.paste(part.point(veiled(white)), edges)


@lru_cache(maxsize=2)
def veiled(white: int) -> tuple[int, ...]:
    """What each sample becomes under white."""
    return tuple(round(old + (white - old) * VEIL) for old in range(256))


@lru_cache(maxsize=LENGTHS)
def later(width: int, height: int, frames: int, fixed: bool) -> tuple[Chunk, ...]:
    """All pictures but the first, by the second; they are the same for every task."""
    place = geometry(width, height)
    made = []
    for second in range(-(-frames // FPS)):
        beside = around(width, height, second, fixed)
        numbers = range(max(1, second * FPS), min(frames, second * FPS + FPS))
        samples = []
        for frame in numbers:
            above, below = beside[frame % FPS]
            bar = rows.barred(follower(frame), place, timeline.bar(place, frame, frames))
            samples.append(above + bar + below)
        made.append(replace(chunk(0, samples), parts=(b"".join(samples),)))
    return tuple(made)


@lru_cache(maxsize=SECONDS)
def around(width: int, height: int, second: int, fixed: bool) -> tuple[tuple[bytes, bytes], ...]:
    """What is beside the bar in the pictures of a second; clips of all lengths share it."""
    place = geometry(width, height)
    above = [
        rows.above(follower(frame), place, timeline.scene(place, frame, fixed=fixed))
        for frame in numbers(second)
    ]
    return tuple(zip(above, clocks(width, height, second), strict=True))


@lru_cache(maxsize=SECONDS)
def clocks(width: int, height: int, second: int) -> tuple[bytes, ...]:
    """What is below the bar in the pictures of a second, whether or not the camera moves."""
    place = geometry(width, height)
    return tuple(
        rows.below(follower(frame), place, timeline.clock(place, frame))
        for frame in numbers(second)
    )


def numbers(second: int) -> range:
    """The numbers of the pictures of a second."""
    return range(second * FPS, (second + 1) * FPS)


def follower(frame: int) -> Picture:
    """A picture that only moves what stands in the first one."""
    return Picture(idr=False, kept=False, frame_num=1, order=2 * frame)


@lru_cache(maxsize=4)
def kept_rows(base: bytes) -> tuple[bytes, ...]:
    """The parts of a template, for the sizes that are asked for again and again."""
    return unpacked(base)


def first(spec: ClipSpec, base: bytes) -> list[bytes]:
    """The first picture, in parts."""
    place, number = geometry(spec.width, spec.height), style(spec).number
    *beside, hidden = kept_rows(base)
    drawn = rows.lettered(FIRST, place, card.card(spec, place, number))
    drawn += rows.tabled(FIRST, place, number, card.values(spec))
    parts: list[bytes] = []
    if place.scene.left:
        for unit, neighbour in zip(drawn, beside, strict=True):
            parts += unit
            parts.append(neighbour)
    else:
        parts += (*beside, *chain.from_iterable(drawn))
    parts += (rows.footed(FIRST, place, number, spec.frames, spec.watermark), hidden)
    return parts


def video(spec: ClipSpec, base: bytes) -> Video:
    """The pictures of a clip, by the second as they lie in its file."""
    place = geometry(spec.width, spec.height)
    start, *rest = later(spec.width, spec.height, spec.frames, spec.camera_fixed)
    parts = first(spec, base)
    size = sum(map(len, parts))
    opening = Chunk(
        0,
        (*parts, *start.parts),
        start.count + 1,
        start.size + size,
        (size, *start.sizes),
    )
    return rows.video(place, (opening, *rest))
