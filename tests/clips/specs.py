"""Orders to render in tests."""

import io
from functools import cache
from typing import Any

import pytest
from msgspec.structs import replace
from PIL import Image

from simulator.clips import scene
from simulator.clips.spec import ClipSpec

TABLE = (
    *((864, 496), (752, 560), (640, 640), (560, 752), (496, 864), (992, 432)),
    *((1280, 720), (1112, 834), (960, 960), (834, 1112), (720, 1280), (1470, 630)),
    *((1920, 1080), (1664, 1248), (1440, 1440), (1248, 1664), (1080, 1920), (2206, 946)),
    *((3840, 2160), (3326, 2494), (2880, 2880), (2494, 3326), (2160, 3840), (4398, 1886)),
)
OLDER = (
    *((864, 480), (736, 544), (960, 416), (1248, 704), (1120, 832), (1504, 640)),
    *((1920, 1088), (2176, 928), (854, 480)),
)
TWO_K = (
    *((2560, 1440), (2224, 1668), (1920, 1920)),
    *((1668, 2224), (1440, 2560), (2940, 1260)),
)
SIZES = (*TABLE, *OLDER, *TWO_K)

PLAIN = ClipSpec(
    task="cgt-20260101000000-abcde",
    dialect="ark",
    model="doubao-seedance-2-0-260128",
    mode="Text to video",
    prompt="A red kite over a grey sea",
    resolution="480p",
    ratio="16:9",
    width=864,
    height=496,
    frames=97,
    seed=7,
    digest="0f" * 16,
)


def spec(**changes: Any) -> ClipSpec:
    return replace(PLAIN, **changes)


def slow(wanted: ClipSpec) -> Any:
    """The same for the slow proofs alone."""
    return pytest.param(wanted, marks=pytest.mark.slow)


@cache
def image(number: int, width: int = 800, height: int = 600, kind: str = "PNG") -> bytes:
    """A picture that a user might send."""
    size = (scene.WIDTH, scene.HEIGHT)
    made = io.BytesIO()
    view = Image.frombytes("RGB", size, scene.scene(number, False)).resize((width, height))
    view.save(made, kind)
    return made.getvalue()
