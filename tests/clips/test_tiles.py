"""References on the card are called as prompts call them, and show what is known of them."""

import pytest

from simulator.clips import tiles
from simulator.clips.geometry import Box, geometry
from simulator.clips.layout import Layout
from simulator.clips.sheet import Sheet
from simulator.clips.spec import Picture
from tests.clips.specs import image

UNKNOWN = Picture("image", "image")
NAMED = Picture("image", "kite.png")
PLACE = geometry(864, 496)


def drawn(picture: Picture, title: str = "Image 1") -> bytes:
    layout = Layout(Sheet(PLACE.panel, 0), PLACE, 0)
    tiles.tile(layout, picture, title, Box(32, 320, 98, 364))
    return layout.sheet.planes(864, 496)


def test_each_kind_is_counted_on_its_own() -> None:
    pictures = [UNKNOWN, Picture("video", "video"), NAMED, Picture("audio", "a"), UNKNOWN]
    assert [*tiles.titles(pictures)] == ["Image 1", "Video 1", "Image 2", "Audio 1", "Image 3"]


@pytest.mark.parametrize(
    ("name", "more"),
    [("", False), ("video", False), ("inline video", False), ("walk.mp4", True), ("image", True)],
)
def test_a_name_that_is_the_kind_tells_nothing(name: str, more: bool) -> None:
    assert tiles.says_more(Picture("video", name)) == more
    assert (drawn(Picture("video", name)) != drawn(Picture("video", ""))) == more


@pytest.mark.parametrize("picture", [UNKNOWN, NAMED, Picture("image", "", image(3))])
def test_every_tile_bears_its_title(picture: Picture) -> None:
    assert drawn(picture) != drawn(picture, "Image 2")


def test_a_broken_picture_is_named() -> None:
    assert drawn(Picture("image", "kite.png", b"broken")) == drawn(NAMED)
