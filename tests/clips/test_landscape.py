"""A landscape cut out of luma and chroma is the one cut out of its colours."""

import pytest
from PIL import ImageChops, ImageStat

from simulator.clips import pictures, scene
from simulator.clips.pictures import Raw


@pytest.mark.parametrize("size", [(688, 208), (576, 640), (304, 960), (1920, 1088)])
@pytest.mark.parametrize("draft", [False, True])
def test_a_landscape_is_the_same_by_either_way(size: tuple[int, int], draft: bool) -> None:
    width, height = size
    raw = Raw(scene.WIDTH, scene.HEIGHT, scene.scene(3, draft))
    usual = pictures.planes(pictures.filling(raw, width / height, above=0.4), width, height)
    found = pictures.cut(scene.planes(3, draft), width, height, above=0.4)
    for one, other, most in zip(usual, found, (1.0, 0.6, 0.6), strict=True):
        assert one.size == other.size
        assert ImageStat.Stat(ImageChops.difference(one, other)).mean[0] < most
