"""Clips with the user's own pictures: one is coded a clip, and the card comes up over it."""

import hashlib
from functools import lru_cache
from itertools import chain

from simulator.clips import (
    blocks,
    card,
    motion,
    photo,
    plate,
    rows,
    scene,
    sheet,
    templates,
    timeline,
)
from simulator.clips.cache import packed, unpacked
from simulator.clips.fast import FIRST, style
from simulator.clips.geometry import Area, Geometry, geometry
from simulator.clips.h264 import Picture
from simulator.clips.pictures import Raw
from simulator.clips.spec import ClipSpec
from simulator.clips.track import Video, seconds

PAUSE = 12

# The last image is a key frame of its own.
SECOND = Picture(idr=True, kept=True, frame_num=0, order=0, idr_id=1)


def applies(spec: ClipSpec) -> bool:
    """Whether a clip begins or ends with a picture of the user's."""
    return spec.first is not None or spec.last is not None


def names(spec: ClipSpec) -> tuple[object, ...]:
    """What the coded pictures of a clip depend on."""
    digests = tuple(data and hashlib.sha256(data).hexdigest() for data in (spec.first, spec.last))
    return (spec.width, spec.height, spec.watermark, style(spec), *digests)


def template(spec: ClipSpec) -> bytes:
    """The coded rows of the first picture, and of the last where there is one."""
    parts = [packed(coded(FIRST, spec, spec.first))]
    if spec.last is not None:
        parts.append(packed(coded(SECOND, spec, spec.last)))
    return packed(parts)


def coded(where: Picture, spec: ClipSpec, data: bytes | None) -> list[bytes]:
    """An image, or the landscape where there is none that can be read."""
    place, number = place_of(spec), style(spec).number
    shown = photo.opened(data, spec.width, spec.height) if data else None
    raw = shown or Raw(scene.WIDTH, scene.HEIGHT, scene.scene(number, spec.draft))
    pieces = plate.coded(raw, place, number, mark=spec.watermark)
    columns = place.shape.columns
    return [rows.framed(piece.at(where, y * columns)) for y, piece in enumerate(pieces)]


def place_of(spec: ClipSpec) -> Geometry:
    """The geometry of a clip whose ground is the user's picture."""
    return geometry(spec.width, spec.height, own=True)


def video(spec: ClipSpec, base: bytes) -> Video:
    """The pictures of such a clip: the user's, the card that comes up, the last frame."""
    place, number = place_of(spec), style(spec).number
    start, *end = map(unpacked, unpacked(base))
    pause = min(PAUSE, spec.frames // 4)
    cut = spec.frames - pause if end else spec.frames
    samples = [b"".join((*start, templates.rows(FIRST, place, number)))]
    samples += stills(place, 1, pause)
    samples.append(entrance(spec, place, number, pause))
    samples += later(spec.width, spec.height, spec.frames, spec.camera_fixed)[: cut - pause - 1]
    if not end:
        return rows.video(place, seconds(samples), kept=(1, pause + 1))
    samples.append(b"".join((*end[0], blank(place, number))))
    samples += stills(place, 1, spec.frames - cut)
    return rows.video(place, seconds(samples), (1, cut + 1), (1, pause + 1, cut + 1))


def stills(place: Geometry, first: int, end: int) -> list[bytes]:
    """Pictures like the one before, counted from a key frame."""
    count = place.shape.columns * place.shape.rows
    return [
        rows.framed(motion.still(Picture(False, False, 1, 2 * frame), 0, count))
        for frame in range(first, end)
    ]


def entrance(spec: ClipSpec, place: Geometry, number: int, frame: int) -> bytes:
    """The picture with which the card appears, and which those behind it refer to."""
    where = Picture(idr=False, kept=True, frame_num=1, order=2 * frame)
    columns = place.shape.columns
    above = motion.still(where, 0, place.panel.top * columns)
    below = place.shape.rows - place.stock
    hidden = motion.still(where, place.stock * columns, below * columns)
    drawn = rows.lettered(where, place, card.banner(spec, place, number))
    foot = rows.footed(where, place, number, spec.frames, spec.watermark, frame)
    parts = chain.from_iterable(drawn)
    return b"".join((rows.framed(above), *parts, foot, rows.framed(hidden)))


@lru_cache(maxsize=16)
def later(width: int, height: int, frames: int, fixed: bool) -> tuple[bytes, ...]:
    """The pictures behind the entrance; they are the same for every task."""
    place = geometry(width, height, own=True)
    view = Area(0, 0, place.shape.columns, place.panel.top)
    start = min(PAUSE, frames // 4)
    made = []
    for frame in range(start + 1, frames):
        moves = [*timeline.bar(place, frame, frames), *timeline.clock(place, frame, start)]
        if not fixed:
            moves.append(timeline.sway(place, view, frame - start))
        where = Picture(idr=False, kept=False, frame_num=2, order=2 * frame)
        made.append(rows.moved(where, place, moves))
    return tuple(made)


def blank(place: Geometry, number: int) -> bytes:
    """Hidden rows that nothing is copied from any more."""
    columns, plain = place.shape.columns, sheet.flat(sheet.tones(number)["paper"])
    hidden = range(place.stock, place.shape.rows)
    return b"".join(blocks.blank(SECOND, y * columns, columns, plain) for y in hidden)
