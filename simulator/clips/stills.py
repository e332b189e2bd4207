"""Single pictures out of a clip."""

import io
from typing import TYPE_CHECKING

from simulator.clips.geometry import Box

if TYPE_CHECKING:
    from av import VideoFrame
    from PIL.Image import Image


def last_picture(clip: bytes) -> "Image":
    """The last decoded picture of an MP4."""
    import av

    with av.open(io.BytesIO(clip), "r", format="mp4") as container:
        *_, last = container.decode(video=0)
    return image(last.reformat(format="rgb24"))


def image(colours: "VideoFrame") -> "Image":
    """A decoded picture whose pixels are red, green and blue."""
    from PIL import Image

    plane = colours.planes[0]
    size = (colours.width, colours.height)
    return Image.frombuffer("RGB", size, bytes(plane), "raw", "RGB", plane.line_size, 1)


def patched(picture: "Image", other: "Image", box: Box) -> "Image":
    """The picture with a part of another."""
    edges = (box.left, box.top, box.right, box.bottom)
    made = picture.copy()
    made.paste(other.crop(edges), edges)
    return made


def png(picture: "Image") -> bytes:
    """A picture as a PNG, packed quickly rather than small."""
    made = io.BytesIO()
    picture.save(made, "PNG", compress_level=1)
    return made.getvalue()
