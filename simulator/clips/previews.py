"""Small pictures of a clip, by which people choose: a thumbnail, and a sheet of one a second."""

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING

from simulator.clips import mp4, stills
from simulator.clips.spec import FPS
from simulator.clips.track import Video

if TYPE_CHECKING:
    from PIL.Image import Image

THUMBNAIL, TILE = 640, 320
COLUMNS = 5


def thumbnail(video: Video) -> bytes:
    """The picture in the middle of the clip, as WebP."""
    (middle,) = pictures(video, [(video.count + 1) // 2], THUMBNAIL)
    made = io.BytesIO()
    middle.save(made, "WEBP", quality=80)
    return made.getvalue()


def spritesheet(video: Video) -> bytes:
    """The first picture of every second in rows of five, as JPEG."""
    from PIL import Image

    tiles = pictures(video, range(1, video.count + 1, FPS), TILE)
    width, height = tiles[0].size
    rows = -(-len(tiles) // COLUMNS)
    sheet = Image.new("RGB", (width * min(COLUMNS, len(tiles)), height * rows))
    for at, tile in enumerate(tiles):
        sheet.paste(tile, (at % COLUMNS * width, at // COLUMNS * height))
    made = io.BytesIO()
    sheet.save(made, "JPEG", quality=80)
    return made.getvalue()


def pictures(video: Video, numbers: Sequence[int], longest: int) -> list["Image"]:
    """Some pictures of a clip, counted from one, with no side longer than so many pixels."""
    import av

    held, places = video.excerpt(numbers)
    scale = min(1.0, longest / max(video.width, video.height))
    size = (max(2, round(video.width * scale)), max(2, round(video.height * scale)))
    found = []
    with av.open(io.BytesIO(mp4.movie(held)), "r", format="mp4") as container:
        for at, frame in enumerate(container.decode(video=0)):
            if at in places:  # the others are only there for these to refer to
                found.append(stills.image(frame.reformat(*size, format="rgb24")))
    return found
