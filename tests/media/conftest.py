"""The ffmpeg of the tests, and one small good file of each format."""

import imageio_ffmpeg
import pytest

from simulator.media.formats import FORMATS
from simulator.media.samples import render

from .witness import small


@pytest.fixture(scope="session")
def ffmpeg() -> str:
    return str(imageio_ffmpeg.get_ffmpeg_exe())


@pytest.fixture(scope="session")
def goods(ffmpeg: str) -> dict[str, bytes]:
    return {name: render(small(name), ffmpeg) for name in FORMATS}
