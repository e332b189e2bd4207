"""Coded rows of a card, and pictures put together from rows."""

import struct
from collections.abc import Iterable, Sequence
from functools import lru_cache

from simulator.clips import blocks, card, h264, motion, sheet, templates
from simulator.clips.geometry import Geometry
from simulator.clips.h264 import Picture
from simulator.clips.sheet import Sheet
from simulator.clips.track import Chunk, Video


def framed(unit: bytes) -> bytes:
    """A NAL unit with its length."""
    return struct.pack(">I", len(unit)) + unit


def moved(picture: Picture, place: Geometry, moves: Iterable[motion.Move]) -> bytes:
    """A picture that only moves; the bar is between two cuts, as it alone differs by length."""
    given = list(moves)
    between = barred(picture, place, given)
    return above(picture, place, given) + between + below(picture, place, given)


def above(picture: Picture, place: Geometry, moves: Iterable[motion.Move]) -> bytes:
    """What is above the bar, of a picture that only moves."""
    return framed(motion.part(picture, place.shape, moves, 0, place.track.top))


def below(picture: Picture, place: Geometry, moves: Iterable[motion.Move]) -> bytes:
    """What is below the bar, of a picture that only moves."""
    return framed(motion.part(picture, place.shape, moves, place.track.bottom, place.shape.rows))


def barred(picture: Picture, place: Geometry, moves: Iterable[motion.Move]) -> bytes:
    """The rows of the bar, of a picture that only moves."""
    return framed(motion.part(picture, place.shape, moves, place.track.top, place.track.bottom))


def lettered(picture: Picture, place: Geometry, drawn: Sheet) -> list[list[bytes]]:
    """The rows of the card, one slice each, in parts."""
    columns = place.shape.columns
    width = place.scene.left or columns
    plain, found = sheet.flat(drawn.paper), drawn.blocks()
    rows = []
    for y, row in enumerate(found, drawn.area.top):
        first = y * columns
        if row:
            cells = blocks.settled(row, width, plain)
            rows.append(blocks.row(picture, first, width, cells))
        else:
            rows.append([blocks.blank(picture, first, width, plain)])
    return rows


@lru_cache(maxsize=64)
def tabled(picture: Picture, place: Geometry, number: int, facts: card.Facts) -> list[list[bytes]]:
    """The rows with the facts, each as one part."""
    found = lettered(picture, place, card.tabled(place, number, facts))
    return [[b"".join(parts)] for parts in found]


@lru_cache(maxsize=64)
def footed(
    picture: Picture, place: Geometry, number: int, frames: int, mark: bool, start: int = 0
) -> bytes:
    """The rows below the card: the empty bar, and the clock as it stands in picture ``start``."""
    columns = place.shape.columns
    plain = sheet.flat(sheet.tones(number)["paper"])
    rail = templates.track(place, number, full=False)
    found = card.footer(place, number, frames, mark, start).blocks()
    made: list[bytes] = []
    for y in range(place.track.top, place.panel.bottom):
        if y < place.track.bottom:
            cells = [blocks.Stretch(0, (rail[y - place.track.top],))]
        else:
            cells = blocks.settled(
                found[y - place.clock.top] if y >= place.clock.top else [], columns, plain
            )
        made += blocks.row(picture, y * columns, columns, cells)
    return b"".join(made)


def video(
    place: Geometry,
    seconds: Sequence[Chunk],
    keys: Sequence[int] = (1,),
    kept: Sequence[int] = (1,),
) -> Video:
    """Pictures by the second as a track of a place, with the parameter sets of its shape."""
    sets = h264.sps(place.shape), h264.pps()
    return Video(place.width, place.height, *sets, seconds, keys, kept)
