"""What chance decides in a run of a test is the same each time."""

from pathlib import Path

import pytest

from tests.conformance.draws import drawn
from tests.conformance.meeting import judged, recorded, serving

DRAWN = "apiyi.duration.auto"


async def length(text: str, folder: Path) -> str:
    """What is said of the length that the simulator chose."""
    with drawn(text):
        async with serving() as base:
            return judged(await recorded(base, "apiyi", (DRAWN,), folder))[DRAWN].message


async def test_the_same_text_is_the_same_draw_and_another_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = await length("a", tmp_path)
    assert await length("a", tmp_path) == first
    seen = {first}
    for number in range(4):
        monkeypatch.setenv("DRAW", str(number))
        seen.add(await length("a", tmp_path))
    assert len(seen) > 1
