"""The renderer that runs no encoder per clip: one cached picture, written slices, copied blocks."""

import hashlib
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from simulator.clips import (
    blocks,
    card,
    h264,
    motion,
    mp4,
    pictures,
    scene,
    sheet,
    stock,
    text,
    timeline,
    tone,
)
from simulator.clips.geometry import BLOCK, Geometry, geometry
from simulator.clips.h264 import Picture
from simulator.clips.palette import PALETTES
from simulator.clips.pictures import Fit, Raw
from simulator.clips.process import Ffmpeg
from simulator.clips.shelf import packed, unpacked
from simulator.clips.spec import ClipSpec

FIRST = Picture(idr=True, kept=True, frame_num=0, order=0)
MARK = "AI generated"
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
    number = int.from_bytes(hashlib.sha256(str(spec.seed).encode()).digest()[:4], "big")
    return Style(spec.width, spec.height, number % len(PALETTES), spec.draft, spec.camera_fixed)


async def template(wanted: Style, tool: Ffmpeg) -> bytes:
    """The coded landscape row by row, then the hidden rows."""
    place = geometry(wanted.width, wanted.height)
    area = place.scene
    columns = area.columns + place.pan
    raw = Raw(scene.WIDTH, scene.HEIGHT, scene.scene(wanted.number, wanted.draft))
    fit = Fit(columns * BLOCK, area.rows * BLOCK, columns, area.rows, above=0.4)
    marks = corners(place) if wanted.fixed else None
    pieces = await pictures.encoded(tool, raw, fit, SCENE_QP, marks)
    rows = [
        framed(piece.at(FIRST, (area.top + y) * place.shape.columns + area.left))
        for y, piece in enumerate(pieces)
    ]
    return packed((*rows, *map(framed, stock.rows(FIRST, place, wanted.number))))


def framed(unit: bytes) -> bytes:
    return struct.pack(">I", len(unit)) + unit


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
        made.append(framed(motion.moved(picture, place.shape, moves)))
    return tuple(made)


@lru_cache(maxsize=64)
def bottom(width: int, height: int, number: int, frames: int, mark: str) -> tuple[bytes, ...]:
    """The rows below the card."""
    place = geometry(width, height)
    columns = place.shape.columns
    plain = sheet.flat(sheet.tones(number)["paper"])
    rail = stock.track(place, number, full=False)
    found = card.footer(place, number, frames, mark).blocks()
    made = []
    for y in range(place.track.top, place.panel.bottom):
        if y < place.track.bottom:
            cells = [(0, rail[y - place.track.top])]
        else:
            cells = blocks.settled(found.get(y, []), columns, plain)
        made.append(framed(blocks.row(FIRST, y * columns, columns, cells)))
    return tuple(made)


def first(spec: ClipSpec, base: bytes) -> bytes:
    """The first picture."""
    place, number = geometry(spec.width, spec.height), style(spec).number
    mark = MARK if spec.watermark else ""
    rows = unpacked(base)
    units = written(spec, place, number, rows[: place.scene.rows])
    units += bottom(spec.width, spec.height, number, spec.frames, mark)
    return b"".join((*units, *rows[place.scene.rows :]))


def written(spec: ClipSpec, place: Geometry, number: int, beside: Sequence[bytes]) -> list[bytes]:
    """The rows of the card, and of the landscape above or beside it."""
    columns = place.shape.columns
    found = card.card(spec, place, number).blocks()
    plain = sheet.flat(sheet.tones(number)["paper"])
    units = [] if place.scene.left else list(beside)
    width = place.scene.left or columns
    for y in range(place.panel.top, place.track.top):
        cells = blocks.settled(found.get(y, []), width, plain)
        units.append(framed(blocks.row(FIRST, y * columns, width, cells)))
        if place.scene.left:
            units.append(beside[y])
    return units


def clip(spec: ClipSpec, base: bytes, tones: bytes) -> bytes:
    """The MP4; ``base`` is the template, ``tones`` the encoded beeps where there is sound."""
    sound = tone.packets(tone.tones(tones), spec.seed, spec.frames) if spec.sound else []
    return mp4.movie(video(spec, base), sound, notes(spec))


def video(spec: ClipSpec, base: bytes) -> mp4.Video:
    place = geometry(spec.width, spec.height)
    follow = later(spec.width, spec.height, spec.frames, spec.camera_fixed)
    samples = (first(spec, base), *follow)
    return mp4.Video(spec.width, spec.height, h264.sps(place.shape), h264.pps(), samples)


def notes(spec: ClipSpec) -> dict[str, str]:
    """Metadata by which a program knows the task."""
    return {
        "title": spec.task,
        "comment": text.clean(spec.prompt),
        "encoder": "seedance-sim",
        "task_id": spec.task,
        "model": spec.model,
        "seed": str(spec.seed),
        "order_digest": spec.digest,
    }
