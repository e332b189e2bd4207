"""What moves in a clip: the landscape, the bar, the clock and the counter."""

import math
from collections.abc import Iterator

from simulator.clips.geometry import BLOCK, KNOB_BLOCKS, Area, Geometry
from simulator.clips.motion import Move
from simulator.clips.spec import FPS

QUARTERS = 4
PAN_FRAMES = 8 * FPS
SWAY_FRAMES = 6 * FPS


def scene(geometry: Geometry, frame: int, *, fixed: bool) -> list[Move]:
    """Where the blocks of the landscape come from, in the first picture."""
    return [] if fixed else [drift(geometry, frame)]


def drift(geometry: Geometry, frame: int) -> Move:
    """A slow pan to the right and back, over what is hidden there."""
    reach = (geometry.pan * BLOCK - 8) * QUARTERS
    turn = 2 * math.pi * frame / PAN_FRAMES
    return move(geometry.scene, (round(reach * (1 - math.cos(turn)) / 2), 0))


def sway(geometry: Geometry, scene: Area, frame: int) -> Move:
    """The small circles of a camera in the hand; at its edges the picture is drawn out."""
    turn = 2 * math.pi * frame / SWAY_FRAMES
    across = geometry.px(9) * QUARTERS * math.sin(turn)
    down = -geometry.px(6) * QUARTERS * (1 - math.cos(turn))
    return move(scene, (round(across), round(down)))


def move(area: Area, vector: tuple[int, int]) -> Move:
    """An area whose blocks come from elsewhere in the reference picture."""
    return Move(area.left, area.top, area.right, area.bottom, vector)


def bar(geometry: Geometry, frame: int, frames: int) -> Iterator[Move]:
    """The full part of the bar, and the knob at its end."""
    track = geometry.track
    place = round(geometry.width * frame / max(frames - 1, 1))
    reach = (KNOB_BLOCKS // 2 - 1) * BLOCK
    left = max(0, (place - reach) // BLOCK)
    right = min(geometry.scene.right, (place + reach) // BLOCK)
    down = (geometry.filled - track.top) * BLOCK * QUARTERS
    yield Move(0, track.top, left, track.bottom, (0, down))
    one, other = geometry.knobs
    near = one if abs(one * BLOCK - place) <= abs(other * BLOCK - place) else other
    across = (near * BLOCK + KNOB_BLOCKS * BLOCK // 2 - place) * QUARTERS
    down = (geometry.stock - track.top) * BLOCK * QUARTERS
    yield Move(left, track.top, right, track.bottom, (across, down))


def clock(geometry: Geometry, frame: int, start: int = 0) -> Iterator[Move]:
    """The digits that differ from those of the picture ``start``."""
    pairs = zip(places(geometry), digits(frame), digits(start), strict=True)
    for column, new, old in pairs:
        if new != old:
            yield digit(geometry, column, int(new))


def places(geometry: Geometry) -> list[int]:
    """The columns of the digits: hours, minutes, seconds and frames between colons; the counter."""
    first, step = geometry.margin // BLOCK, geometry.cell.columns
    clock = [first + place * step for place in (0, 1, 3, 4, 6, 7, 9, 10)]
    return clock + [geometry.counter + place * step for place in range(3)]


def digits(frame: int) -> str:
    """The timecode, then the number of the picture."""
    return f"{timecode(frame)}{(frame + 1) % 1000:03}"


def timecode(frame: int) -> str:
    """Hours, minutes, seconds and frames, two digits each."""
    seconds, rest = divmod(frame, FPS)
    return f"{seconds // 3600 % 100:02}{seconds // 60 % 60:02}{seconds % 60:02}{rest:02}"


def digit(geometry: Geometry, column: int, value: int) -> Move:
    """A digit of the clock, copied from the hidden rows."""
    cell, top = geometry.cell, geometry.clock.top
    across = (value * cell.columns - column) * BLOCK * QUARTERS
    down = (geometry.stock - top) * BLOCK * QUARTERS
    return Move(column, top, column + cell.columns, top + cell.rows, (across, down))
