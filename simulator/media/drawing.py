"""The picture of a sample: a landscape with its label, which also chooses the colours."""

import colorsys
import math
import re
from zlib import crc32

from PIL import Image, ImageDraw, ImageFont

# Up to so many pixels a picture is drawn twice as large, so that its edges are smooth.
SMOOTH = 1 << 20
BANDS = 5
STEPS = 96
GOLDEN = 0.618034

_NUMBER = re.compile(r"[0-9]{1,4}")

# Ellipses in hundredths of the picture: head, two eyes, mouth.
_FACE = (
    (30, 15, 70, 85, "skin"),
    (38, 38, 45, 45, "dark"),
    (55, 38, 62, 45, "dark"),
    (41, 64, 59, 70, "dark"),
)

RGB = tuple[int, int, int]


def drawn(width: int, height: int, text: str, face: bool = False) -> Image.Image:
    """A picture of exactly this size; a large one has a palette, which keeps it small in memory."""
    colours = scheme(text)
    if width * height <= SMOOTH:
        double = Image.new("RGB", (2 * width, 2 * height), colours["paper"])
        paint(ImageDraw.Draw(double), double.size, (width, height), text, colours, face)
        return double.reduce(2)
    flat = Image.new("P", (width, height))
    flat.putpalette([part for colour in colours.values() for part in colour])
    indices = {name: place for place, name in enumerate(colours)}
    paint(ImageDraw.Draw(flat), flat.size, (width, height), text, indices, face)
    return flat


def scheme(text: str) -> dict[str, RGB]:
    """Colours that differ for neighbouring numbers and for other names."""
    hue = (0.58 + GOLDEN * seed(text)) % 1

    def tone(turn: float, strength: float, light: float) -> RGB:
        red, green, blue = colorsys.hls_to_rgb((hue + turn) % 1, light, strength)
        return round(255 * red), round(255 * green), round(255 * blue)

    sky = {f"sky{band}": tone(0.03 * band, 0.45, 0.3 + 0.08 * band) for band in range(BANDS)}
    return {
        "paper": tone(0, 0.45, 0.3),
        **sky,
        "sun": tone(0.2, 0.9, 0.92),
        "far": tone(0.06, 0.36, 0.3),
        "near": tone(0.1, 0.4, 0.17),
        "ink": (255, 255, 255),
        "skin": (232, 200, 168),
        "dark": (48, 40, 40),
    }


def seed(text: str) -> int:
    """The number in a label, which chooses the colours; else one made from its text."""
    number = _NUMBER.search(text)
    return int(number[0]) if number else crc32(text.encode()) % 89 if text else 0


def paint(
    pen: ImageDraw.ImageDraw,
    size: tuple[int, int],
    said: tuple[int, int],
    text: str,
    colours: dict[str, RGB] | dict[str, int],
    face: bool,
) -> None:
    """Sky in bands, a sun, two ranges of hills, the name, and below it the size in pixels."""
    width, height = size
    turn = seed(text)
    for band in range(BANDS):
        edges = (0, height * band * 0.7 / BANDS, width, height)
        pen.rectangle(edges, fill=colours[f"sky{band}"])
    side = 0.15 if turn % 2 else 0.85
    disc(pen, (width * side, height * (0.3 + 0.08 * math.sin(turn))), min(size) * 0.12, colours)
    pen.polygon(hills(width, height, 0.62, turn), fill=colours["far"])
    pen.polygon(hills(width, height, 0.8, turn + 2), fill=colours["near"])
    if face:
        for left, top, right, bottom, name in _FACE:
            corners = (left * width, top * height, right * width, bottom * height)
            pen.ellipse([round(value / 100) for value in corners], fill=colours[name])
        return
    write(
        pen,
        text,
        (width, 0.44 * height),
        min(0.42 * height, 1.1 * width / max(len(text), 2)),
        colours,
    )
    below = f"{said[0]} x {said[1]}"
    write(pen, below, (width, 0.88 * height), min(0.08 * height, 0.09 * width), colours)


def disc(
    pen: ImageDraw.ImageDraw,
    centre: tuple[float, float],
    radius: float,
    colours: dict[str, RGB] | dict[str, int],
) -> None:
    """Draw the sun."""
    x, y = centre
    pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colours["sun"])


def hills(width: int, height: int, middle: float, turn: float) -> list[tuple[float, float]]:
    """The outline of a ridge, closed along the bottom of the picture."""
    line = []
    for step in range(STEPS + 1):
        far = step / STEPS
        wave = math.sin(7 * far + turn) + 0.5 * math.sin(13 * far + 2 * turn)
        line.append((width * far, height * (middle - 0.07 * wave)))
    return [*line, (width, height), (0, height)]


def write(
    pen: ImageDraw.ImageDraw,
    text: str,
    at: tuple[float, float],
    size: float,
    colours: dict[str, RGB] | dict[str, int],
) -> None:
    """A line in the middle of the picture; nothing where no letter could be read."""
    if size < 6 or not text:
        return
    font = ImageFont.load_default(size)
    pen.text((at[0] / 2, at[1]), text, fill=colours["ink"], font=font, anchor="mm")
