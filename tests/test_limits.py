"""Bounds on reference media, at each limit, one below and one above."""

import pytest

from simulator.core.limits import Limits, check_media
from simulator.core.media import Facts
from simulator.core.problems import Refusal

VIDEO = Limits(
    formats=frozenset({"mp4", "mov"}),
    size=1000,
    side=(300, 6000),
    ratio=(0.4, 2.5),
    pixels=(409_600, 927_408),
    seconds=(2000, 15000),
    total=15000,
    fps=(24, 60),
)


def facts(**also: object) -> Facts:
    given = {"format": "mp4", "size": 1000, "width": 1280, "height": 720, "ms": 5000, "fps": 24}
    return Facts("video", **{**given, **also})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "also",
    [
        {},
        {"format": "mov"},
        {"width": 640, "height": 640},
        {"width": 834, "height": 1112},
        {"ms": 2000},
        {"ms": 15000},
        {"fps": 60},
        {"width": 1200, "height": 480},
    ],
)
def test_inside(also: dict[str, object]) -> None:
    check_media([("f", facts(**also))], VIDEO)


@pytest.mark.parametrize(
    ("also", "aspect"),
    [
        ({"format": "png"}, "format"),
        ({"size": 1001}, "size"),
        ({"width": 299, "height": 700}, "width"),
        ({"width": 6001, "height": 3000}, "width"),
        ({"width": 700, "height": 299}, "height"),
        ({"width": 3000, "height": 6001}, "height"),
        ({"width": 1501, "height": 600}, "ratio"),
        ({"width": 600, "height": 1501}, "ratio"),
        ({"width": 640, "height": 639}, "pixels"),
        ({"width": 834, "height": 1113}, "pixels"),
        ({"ms": 1999}, "seconds"),
        ({"ms": 15001}, "seconds"),
        ({"fps": 23.9}, "fps"),
        ({"fps": 60.1}, "fps"),
    ],
)
def test_outside(also: dict[str, object], aspect: str) -> None:
    with pytest.raises(Refusal) as caught:
        check_media([("good", facts()), ("bad", facts(**also))], VIDEO)
    problem = caught.value.problem
    assert (problem.field, problem.aspect) == ("bad", aspect)


def test_the_sum() -> None:
    check_media([("a", facts(ms=7500)), ("b", facts(ms=7500))], VIDEO)
    with pytest.raises(Refusal) as caught:
        check_media([("a", facts(ms=7500)), ("b", facts(ms=7501))], VIDEO)
    assert caught.value.problem.aspect == "total"


def test_what_is_not_known_is_trusted() -> None:
    check_media([("a", None), ("b", facts())], VIDEO)
    check_media([], VIDEO)
    check_media([("a", facts(format="webm", size=9**9))], Limits())
