"""The token formula, against every sample that was captured live."""

import pytest
from msgspec.structs import replace

from simulator.core.media import Facts
from simulator.core.task import Order, Reference
from simulator.core.tokens import RATIOS, SIZES, clip_tokens, nearest_ratio


def order(resolution: str, ratio: str, seconds: int, input_ms: int = 0) -> Order:
    width, height = SIZES[resolution][ratio]
    facts = Facts("video", "mp4", 1000, 1280, 720, input_ms, 24)
    references = (Reference("video", "reference_video", facts=facts),) if input_ms else ()
    return Order(
        "m",
        "p",
        "t2v",
        resolution,
        ratio,
        width,
        height,
        seconds,
        24 * seconds,
        0,
        references=references,
    )


@pytest.mark.parametrize(
    ("resolution", "ratio", "seconds", "input_ms", "tokens"),
    [
        ("720p", "16:9", 5, 0, 108900),
        ("720p", "1:1", 5, 0, 108900),
        ("720p", "1:1", 8, 0, 173700),
        ("720p", "1:1", 10, 0, 216900),
        ("720p", "16:9", 4, 0, 87300),
        ("480p", "16:9", 4, 0, 40594),
        ("480p", "16:9", 5, 0, 50638),
        ("1080p", "16:9", 5, 0, 245025),
        ("1080p", "3:4", 15, 0, 732108),
        ("720p", "16:9", 5, 5000, 216900),
        ("720p", "4:3", 5, 0, 109586),
        ("720p", "21:9", 5, 0, 109431),
        ("480p", "4:3", 5, 0, 49761),
        ("480p", "1:1", 5, 0, 48400),
        ("1080p", "4:3", 5, 0, 245388),
        ("1080p", "21:9", 5, 0, 246593),
        ("4k", "16:9", 5, 0, 980100),
    ],
)
def test_observed_samples(
    resolution: str, ratio: str, seconds: int, input_ms: int, tokens: int
) -> None:
    assert clip_tokens(order(resolution, ratio, seconds, input_ms), observed=True) == tokens


@pytest.mark.parametrize("resolution", SIZES)
@pytest.mark.parametrize("ratio", RATIOS)
def test_documented_formula_for_every_size_and_length(resolution: str, ratio: str) -> None:
    for seconds in range(4, 16):
        given = order(resolution, ratio, seconds, 3000)
        area = given.width * given.height
        assert clip_tokens(given, observed=False) == seconds * area * 24 // 1024
        assert clip_tokens(given, observed=True) == area * (24 * (seconds + 3) + 1) // 1024


def test_an_order_by_frames_is_counted_by_its_frames() -> None:
    given = replace(order("720p", "16:9", 5), frames=29, extra={"frames": 29})
    assert clip_tokens(given, observed=True) == 1280 * 720 * 29 // 1024


@pytest.mark.parametrize(("resolution", "sizes"), SIZES.items())
def test_nearest_ratio_of_each_size_is_its_own(
    resolution: str, sizes: dict[str, tuple[int, int]]
) -> None:
    for ratio, (width, height) in sizes.items():
        assert nearest_ratio(width, height) == ratio
        assert width % 2 == height % 2 == 0
