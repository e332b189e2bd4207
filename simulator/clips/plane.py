"""Ink onto a plane of samples, and its parts as bytes: what Pillow does, without its questions.

A card has some hundred letters and forty columns, and Pillow asks about each what is known here.
What stands behind its methods is no public part of it: a release without that costs time and
nothing else.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from PIL.Image import Image

Edges = tuple[int, int, int, int]


def inside(thing: Any, name: str) -> Any:
    """What a release of Pillow may have; None where it has not."""
    return getattr(thing, name, None)


def ink(mask: "Image") -> Any:
    """What `inker` takes for a mask: its inside, which lives as long as it is kept."""
    made = inside(mask, "im")
    return mask if inside(made, "paste") is None else made


def inker(plane: "Image") -> Callable[[int, Edges, Any], None]:
    """What lays a tone over a plane where there is ink: `paste`, at a third of its cost."""
    paste: Callable[[int, Edges, Any], None] | None = inside(inside(plane, "im"), "paste")
    return paste or plane.paste


def cutter(plane: "Image") -> Callable[[Edges], bytes]:
    """What gives the samples of a part of a plane: `tobytes` of a crop, at a third of its cost."""
    from PIL import Image

    maker = inside(inside(Image, "core"), "raw_encoder")
    if maker is None:
        return lambda edges: plane.crop(edges).tobytes()
    samples = plane.im

    def cut(edges: Edges) -> bytes:
        left, top, right, bottom = edges
        encoder = maker("L", "L", 0, 1)
        encoder.setimage(samples, edges)
        made: bytes = encoder.encode((right - left) * (bottom - top))[2]
        return made

    return cut
