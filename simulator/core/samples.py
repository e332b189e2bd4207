"""Media in the example orders of dialects: what stands there until a client puts its own in."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from simulator.core.media import MediaKind

# What examples ask for: of text alone, of pictures, of a video and a sound, of two frames.
TEXT = "A paper boat sails down a rainy street, the camera low above the water"
IMAGES = "The lighthouse keeper of image 1 waves at the ship of image 2 in the evening light"
SOUND = "Follow the camera of the video past the market stalls, to the rhythm of the music"
FRAMES = "The empty table of the first picture becomes the laid one of the last"


@dataclass(frozen=True, slots=True)
class Sample:
    """A piece of media in an example: the ``number``-th of its kind, and how an order carries it.

    ``link`` is an address, ``inline`` a ``data:`` URL and ``file`` the bytes, as a form has them.
    """

    kind: MediaKind
    number: int = 1
    form: Literal["link", "inline", "file"] = "link"
    upright: bool = False


def link(kind: MediaKind, number: int = 1, *, upright: bool = False) -> Sample:
    """An address of a sample, of an ``upright`` picture where that is wanted."""
    return Sample(kind, number, "link", upright)


def inline(kind: MediaKind, number: int = 1) -> Sample:
    """A sample as a ``data:`` URL."""
    return Sample(kind, number, "inline")


def file(kind: MediaKind, number: int = 1) -> Sample:
    """A sample's bytes."""
    return Sample(kind, number, "file")


def filled(order: Any, put: Callable[[Sample], Any]) -> Any:
    """An example order with something in the place of each sample."""
    if isinstance(order, Sample):
        return put(order)
    if isinstance(order, Mapping):
        return {name: filled(value, put) for name, value in order.items()}
    return [filled(item, put) for item in order] if isinstance(order, list) else order
