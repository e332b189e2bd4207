"""Images from users: decoded within limits, and marked where the clip bears a label."""

import io
from collections.abc import Callable
from threading import Lock
from typing import TYPE_CHECKING, Any

from simulator.clips import fonts, label
from simulator.clips.geometry import Geometry
from simulator.clips.pictures import Raw
from simulator.clips.spec import Picture

if TYPE_CHECKING:
    from PIL.Image import Image

ORIENTATION = 0x0112
# The modes that Pillow averages as they are, without a copy.
SHRINKING = frozenset({"L", "RGB", "CMYK", "YCbCr"})
FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF")
# More than any document allows of a picture; decoded, each takes four bytes.
MOST_PIXELS = 40_000_000
# One at a time is decoded: with two threads at work the largest would be there twice.
_ONE = Lock()


def unreadable() -> tuple[type[Exception], ...]:
    """What Pillow raises for a file that it cannot, or had better not, decode."""
    from PIL import Image

    bombs = (Image.DecompressionBombError, Image.DecompressionBombWarning)
    return (OSError, ValueError, SyntaxError, *bombs)


def opened(data: bytes, width: int, height: int) -> Raw | None:
    """The image, no larger than it need be; None where it cannot be read."""
    small = _decoded(data, width, height)
    return None if small is None else Raw(small.width, small.height, small.tobytes())


def thumbnail(picture: Picture, width: int, height: int) -> "Image | None":
    """The picture cut to size, or None where nobody can tell what it shows."""
    if picture.kind != "image" or picture.data is None:
        return None
    from PIL import ImageOps

    small = _decoded(picture.data, width * 2, height * 2)
    return None if small is None else ImageOps.fit(small, (width, height))


def _decoded(data: bytes, width: int, height: int) -> "Image | None":
    """The image, upright, in RGB, and still at least of this size where it was.

    It is made smaller before anything else: each conversion, and each turn, is a copy.
    """
    from PIL import Image, ImageOps

    try:
        with _ONE, Image.open(io.BytesIO(data), formats=FORMATS) as image:
            if image.width * image.height > MOST_PIXELS:
                return None
            image.draft("RGB", (width, height))
            across, down = image.size
            if image.getexif().get(ORIENTATION, 1) > 4:  # it lies on its side
                across, down = down, across
            factor = min(across // width, down // height)
            small: Image.Image = image
            if factor > 1 and image.mode in SHRINKING:
                small = image.reduce(factor)
            elif factor > 1:
                small = image.convert("RGB").reduce(factor)
            turned = ImageOps.exif_transpose(small)
            return turned if turned.mode == "RGB" else turned.convert("RGB")
    except unreadable():
        return None


def labelled(place: Geometry) -> Callable[[Any], Any]:
    """The label, drawn by ffmpeg."""
    box, size = label.on_picture(place), label.size(place)

    def drawn(picture: Any) -> Any:
        under = picture.drawbox(box.left, box.top, box.width, box.height, "black@0.55", t="fill")
        return under.drawtext(
            text=label.MARK,
            fontfile=str(fonts.FOLDER / fonts.TEXT),
            fontsize=size,
            fontcolor="white",
            x=box.left + place.px(label.PAD),
            y=f"{box.top}+({box.height}-ascent+descent)/2-{round(size * 0.12)}",
            expansion="none",
        )

    return drawn
