"""References on the card, one tile each: called as prompts call them, and what they show."""

from collections import Counter
from collections.abc import Iterator, Sequence

from simulator.clips import fonts, photo
from simulator.clips.geometry import Box
from simulator.clips.layout import Layout, one_line
from simulator.clips.sheet import Tone
from simulator.clips.spec import Picture
from simulator.clips.text import line, width

SIZE = 13


def row(layout: Layout, pictures: Sequence[Picture], bottom: float) -> float:
    """As many references as fit one row; returns where it begins."""
    high = layout.px(64) // 2 * 2
    wide = high * 3 // 2 // 2 * 2
    gap = layout.px(10)
    top = round(bottom) - high - layout.px(22)
    fit = max(1, (layout.geometry.text.width + gap) // (wide + gap))
    shown = pictures if len(pictures) <= fit else pictures[: fit - 1]
    x = layout.left
    for picture, title in zip(shown, titles(pictures), strict=False):
        tile(layout, picture, title, Box(x, top, x + wide, top + high))
        x += wide + gap
    if len(shown) < len(pictures):
        box = Box(x, top, x + wide, top + high)
        layout.sheet.rounded(box, layout.px(8), "raised")
        said(layout, f"+{len(pictures) - len(shown)}", box, layout.size(20), 0.5)
    return top


def titles(pictures: Sequence[Picture]) -> Iterator[str]:
    """Each kind is counted on its own."""
    count: Counter[str] = Counter()
    for picture in pictures:
        count[picture.kind] += 1
        yield f"{picture.kind.capitalize()} {count[picture.kind]}"


def tile(layout: Layout, picture: Picture, title: str, box: Box) -> None:
    """Draw a reference into its box: its picture with a badge, or what is known of it."""
    image = photo.thumbnail(picture, box.width, box.height)
    if image is not None:
        layout.sheet.picture(image, box.left, box.top, layout.px(8))
        badge(layout, title, box)
        return
    layout.sheet.rounded(box, layout.px(8), "raised")
    if says_more(picture):
        said(layout, title, box, layout.size(SIZE), 0.32)
        said(layout, picture.name, box, layout.size(SIZE - 2), 0.7, "soft")
    else:
        said(layout, title, box, layout.size(SIZE), 0.5)


def says_more(picture: Picture) -> bool:
    """Whether the name tells more than the kind."""
    return picture.name not in ("", picture.kind, f"inline {picture.kind}")


def badge(layout: Layout, title: str, box: Box) -> None:
    """The title in the lower left corner of a picture, on a plate whose sides are even numbers."""
    size, pad, edge = layout.size(SIZE - 3), layout.px(5), layout.px(5) // 2 * 2
    runs = line(title)
    wide, high = (round(width(runs, size)) + 2 * pad) // 2 * 2, round(size * 1.6) // 2 * 2
    left, bottom = box.left // 2 * 2 + edge, box.bottom // 2 * 2 - edge
    layout.sheet.rounded(Box(left, bottom - high, left + wide, bottom), layout.px(4), "plate")
    layout.sheet.text(runs, size, left + pad, bottom - high / 2 + size * 0.36)


def said(layout: Layout, text: str, box: Box, size: int, down: float, tone: Tone = "ink") -> None:
    """One line in the middle of a tile, so far down."""
    runs = line(one_line(text, fonts.TEXT, size, box.width * 0.86))
    left = box.left + (box.width - width(runs, size)) / 2
    layout.sheet.text(runs, size, left, box.top + box.height * down + size * 0.36, tone)
