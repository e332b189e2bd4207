"""Images from users: decoded within limits, and marked where the clip bears a label."""

import io
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from simulator.clips import fonts, label
from simulator.clips.geometry import Geometry
from simulator.clips.pictures import Raw
from simulator.clips.spec import Picture

if TYPE_CHECKING:
    from PIL.Image import Image

FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF")
MOST_PIXELS = 64_000_000


def unreadable() -> tuple[type[Exception], ...]:
    """What Pillow raises for a file that it cannot, or had better not, decode."""
    from PIL import Image

    bombs = (Image.DecompressionBombError, Image.DecompressionBombWarning)
    return (OSError, ValueError, SyntaxError, *bombs)


def opened(data: bytes, width: int, height: int) -> Raw | None:
    """The image, no larger than it need be; None where it cannot be read."""
    from PIL import Image, ImageOps

    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as image:
            if image.width * image.height > MOST_PIXELS:
                return None
            image.draft("RGB", (width, height))
            upright = ImageOps.exif_transpose(image).convert("RGB")
    except unreadable():
        return None
    factor = min(upright.width // width, upright.height // height)
    small = upright.reduce(factor) if factor > 1 else upright
    return Raw(small.width, small.height, small.tobytes())


def thumbnail(picture: Picture, width: int, height: int) -> "Image | None":
    """The picture cut to size, or None where nobody can tell what it shows."""
    if picture.kind != "image" or picture.data is None:
        return None
    from PIL import Image, ImageOps

    try:
        with Image.open(io.BytesIO(picture.data), formats=FORMATS) as image:
            if image.width * image.height > MOST_PIXELS:
                return None
            image.draft("RGB", (width * 2, height * 2))
            return ImageOps.fit(image.convert("RGB"), (width, height))
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
