"""The landscape beside the card: sky, sun and three ridges in the colours of the seed."""

import math
import threading
import zlib
from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING

from simulator.clips import pictures
from simulator.clips.palette import PALETTES, Palette, blend, palette, rgb

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageDraw import ImageDraw

WIDTH = 1280
HEIGHT = 960
FINER = 2
STEP = 8

# Who asks for what is being painted waits for it, and does not paint it again.
PAINTING = threading.Lock()

# Pillow's radial gradient is 181 where it meets the edges of its square.
FADING = [round(150 * max(0.0, 1 - distance / 181) ** 2) for distance in range(256)]


def scene(number: int, draft: bool) -> bytes:
    """RGB samples of the landscape; a draft shows its construction lines."""
    with PAINTING:
        packed = kept(number, draft)
    return zlib.decompress(packed)


@lru_cache(maxsize=2 * len(PALETTES))
def kept(number: int, draft: bool) -> bytes:
    """The same, packed: a gradient is small, and painting it takes ten times as long."""
    return zlib.compress((sketched if draft else painted)(number).tobytes(), 1)


def planes(number: int, draft: bool) -> pictures.Planes:
    """The landscape as luma and chromas: half as much to unpack, and nothing to convert."""
    with PAINTING:
        packed = kept_planes(number, draft)
    return pictures.Planes(WIDTH, HEIGHT, zlib.decompress(packed))


@lru_cache(maxsize=2 * len(PALETTES))
def kept_planes(number: int, draft: bool) -> bytes:
    """The same, packed."""
    shown = (sketched if draft else painted)(number).tobytes()
    return zlib.compress(pictures.converted(pictures.Raw(WIDTH, HEIGHT, shown)), 1)


def painted(number: int) -> "Image":
    """The landscape of a number, in colour."""
    colours = palette(number)
    picture = sky(colours)
    glow(picture, colours, number)
    for depth, tint in enumerate(colours.ridges):
        hills(picture, rgb(tint), ridge(number, depth))
    return picture


def hills(picture: "Image", tint: tuple[int, int, int], outline: list[tuple[float, float]]) -> None:
    """Lay a range of hills over the picture; its crest is drawn finer than the rest."""
    from PIL import ImageDraw

    *crest, _, _ = outline
    top = math.floor(min(y for _, y in crest)) // FINER
    foot = min(HEIGHT, math.ceil(max(y for _, y in crest)) // FINER + 1)
    moved = [(x, y - top * FINER) for x, y in outline]
    edge = shape(WIDTH, foot - top, lambda draw: draw.polygon(moved, fill=255))
    picture.paste(tint, (0, top), edge)
    ImageDraw.Draw(picture).rectangle((0, foot, WIDTH, HEIGHT), fill=tint)


def shape(width: int, height: int, drawn: Callable[["ImageDraw"], object]) -> "Image":
    """A mask with soft edges, of what is drawn in the finer measure."""
    from PIL import Image, ImageDraw

    mask = Image.new("L", (width * FINER, height * FINER))
    drawn(ImageDraw.Draw(mask))
    return mask.reduce(FINER)


def sketched(number: int) -> "Image":
    """The landscape of a number as a drawing on squared paper: a draft."""

    from PIL import Image, ImageDraw

    colours = palette(number)
    size = (WIDTH * FINER, HEIGHT * FINER)
    picture = Image.new("RGB", size, rgb(blend(colours.paper, colours.accent, 0.08)))
    draw = ImageDraw.Draw(picture)
    grid(draw, blend(colours.paper, colours.accent, 0.2))
    x, y, radius = sun(number)
    edge = (x - radius, y - radius, x + radius, y + radius)
    draw.ellipse(edge, outline=rgb(colours.accent), width=5)
    for depth in range(3):
        line = rgb(blend(colours.paper, colours.accent, 0.9 - 0.2 * depth))
        fill = rgb(blend(colours.paper, colours.accent, 0.06))
        outline = ridge(number, depth)
        draw.polygon(outline, fill=fill)
        draw.line(outline[:-2], fill=line, width=5, joint="curve")
    return picture.reduce(FINER)


def grid(draw: "ImageDraw", tint: str) -> None:
    """Draw the squares of the paper."""
    width, height = WIDTH * FINER, HEIGHT * FINER
    for at in range(0, width, 120):
        draw.line((at, 0, at, height), fill=rgb(tint), width=2)
    for at in range(0, height, 120):
        draw.line((0, at, width, at), fill=rgb(tint), width=2)


def sky(colours: Palette) -> "Image":
    """A gradient through three colours; the horizon is two thirds down."""
    from PIL import Image

    column = Image.new("RGB", (1, HEIGHT))
    for y in range(HEIGHT):
        part = min(1.0, y / HEIGHT / 0.7)
        top, middle, low = colours.sky
        near = blend(top, middle, part * 2) if part < 0.5 else blend(middle, low, part * 2 - 1)
        column.putpixel((0, y), rgb(near))
    return column.resize((WIDTH, HEIGHT), Image.Resampling.NEAREST)


def sun(number: int) -> tuple[int, int, int]:
    """Centre and radius, in the finer measure in which shapes are drawn."""
    x = WIDTH * FINER * (0.42 + 0.16 * math.sin(number * 2.4))
    y = HEIGHT * FINER * (0.40 + 0.08 * math.cos(number * 1.7))
    return round(x), round(y), round(HEIGHT * FINER * (0.085 + 0.012 * (number % 4)))


def glow(picture: "Image", colours: Palette, number: int) -> None:
    """The sun, and the light around it."""
    from PIL import Image

    x, y, radius = (side // FINER for side in sun(number))
    reach = radius * 6
    halo = Image.radial_gradient("L").point(FADING)
    light = halo.resize((2 * reach, 2 * reach), Image.Resampling.BILINEAR)
    picture.paste(rgb(colours.sun), (x - reach, y - reach), light)
    edge = (0, 0, 2 * radius * FINER, 2 * radius * FINER)
    disc = shape(2 * radius + 1, 2 * radius + 1, lambda draw: draw.ellipse(edge, fill=255))
    picture.paste(rgb(colours.sun), (x - radius, y - radius), disc)


def ridge(number: int, depth: int) -> list[tuple[float, float]]:
    """The outline of a range of hills; nearer ones are lower, and rounder."""
    base = HEIGHT * FINER * (0.60 + 0.13 * depth)
    size = HEIGHT * FINER * (0.095 - 0.012 * depth)
    turn = number * 1.9 + depth * 2.3
    line = []
    for x in range(0, WIDTH * FINER + STEP, STEP):
        far = x / (WIDTH * FINER)
        wave = math.sin(far * (9.1 - 2 * depth) + turn) + 0.5 * math.sin(far * 17.3 + 2 * turn)
        sharp = 0.28 * math.sin(far * 41 + turn * 3) if depth == 0 else 0.0
        line.append((float(x), base - size * (wave + sharp)))
    return [*line, (WIDTH * FINER + STEP, HEIGHT * FINER), (0.0, HEIGHT * FINER)]
