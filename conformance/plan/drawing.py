"""The pictures of sample references: circles around a number, in colours of their own."""

import colorsys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image

RINGS = 5
# Larger pictures are drawn small and scaled: what counts is their size.
MOST = 1 << 21


def numbered(medium: str, number: int, width: int, height: int) -> "Image":
    """An RGB picture of exactly this size with the number of the reference in its middle."""
    from PIL import Image, ImageDraw, ImageFont  # noqa: PLC0415 (Pillow, where a picture is drawn)

    finer = min(1.0, (MOST / (width * height)) ** 0.5)
    size = max(1, round(width * finer)), max(1, round(height * finer))
    picture = Image.new("RGB", size, colour(number, 0))
    pen = ImageDraw.Draw(picture)
    middle = size[0] / 2, size[1] / 2
    for ring in range(1, RINGS):
        reach = max(size) * 0.6 * (1 - ring / RINGS)
        box = (middle[0] - reach, middle[1] - reach, middle[0] + reach, middle[1] + reach)
        pen.ellipse(box, fill=colour(number, ring))
    letters = min(size)
    if letters >= 24:
        font = ImageFont.load_default(0.4 * letters)
        pen.text(middle, str(number), fill="white", font=font, anchor="mm")
        small = ImageFont.load_default(0.08 * letters)
        below = middle[0], middle[1] + 0.36 * letters
        pen.text(below, f"{medium} {width} x {height}", fill="white", font=small, anchor="mm")
    return picture.resize((width, height), Image.Resampling.BILINEAR)


def colour(number: int, ring: int) -> tuple[int, int, int]:
    """Rings get lighter outwards; neighbouring numbers are far apart on the wheel of colours."""
    hue = (0.55 + 0.381966 * number + 0.02 * ring) % 1
    red, green, blue = colorsys.hls_to_rgb(hue, 0.56 - 0.06 * ring, 0.5)
    return round(255 * red), round(255 * green), round(255 * blue)
